package network

import (
	"path"
	"slices"
	"strings"

	"cenet/nn/model"
)

// ofCE are the blocks that run package ce.
var ofCE = []string{"ce", "bd", "ir", "iternorm"}

// sharedFiles are called as a block or a backbone, and others run them, too.
var sharedFiles = []string{"nn/se.go", "nn/model/resnet.go", "nn/model/vgg.go"}

// Runs reports whether a source, or an entry of a registry as FILE[ENTRY], takes part in computing networks of a backbone with a block. Not
// counted are those of other blocks and backbones: package ce, nn/BLOCK.go, nn/block/BLOCK.go, nn/model/BACKBONE.go, and the entries in the
// registries.
func Runs(source, block, backbone string) bool {
	file, entry, isEntry := strings.Cut(strings.TrimSuffix(source, "]"), "[")
	dir, stem := path.Dir(file), strings.TrimSuffix(path.Base(file), ".go")
	_, isBlock := Blocks[stem]
	switch {
	case Studies(source):
		return false
	case isEntry && dir == "nn/model":
		return entry == backbone
	case isEntry:
		return entry == block
	case slices.Contains(sharedFiles, file):
		return true
	case dir == "ce":
		return slices.Contains(ofCE, block)
	case (dir == "nn" || dir == "nn/block") && isBlock:
		return stem == block
	case dir == "nn/model" && isBackbone(stem):
		return strings.HasPrefix(backbone, stem)
	}
	return true
}

// Studies reports whether a source belongs to the studies of trained networks, and not to training.
func Studies(source string) bool {
	return slices.ContainsFunc([]string{"ablation/", "experiments/study/", "experiments/trained/"},
		func(dir string) bool { return strings.HasPrefix(source, dir) })
}

// isBackbone reports whether the names of some backbones begin with a word.
func isBackbone(stem string) bool {
	for name := range model.Backbones {
		if strings.HasPrefix(name, stem) {
			return true
		}
	}
	return false
}
