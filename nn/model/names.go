package model

import (
	"fmt"
	"strconv"
	"strings"
)

// TorchName returns the name that a parameter or buffer of a backbone, or a layer, has in torchvision's state dictionaries:
// "layer1.0.conv1" of "stage1/unit0/conv1". A channel block is called block ("se", "ce") where it is in a unit with named parts, and else
// by its place; TorchName does not rename a block's own parts: it keeps the path after the site. What torchvision does not have
// keeps its path, with dots.
func TorchName(backbone, path, block string) string {
	if torch := Backbones[backbone].Torch; torch != nil {
		path = torch(path, block)
	}
	return strings.ReplaceAll(path, "/", ".")
}

func residualNames(path, block string) string {
	if rest, ok := strings.CutPrefix(path, "stem/"); ok {
		return replaceFirst(rest, "conv", "conv1", "bn", "bn1", "block", block+"1")
	}
	return residualName(path, block)
}

func shuffleNames(path, _ string) string { return shuffleName(path) }
func mobileNames(path, _ string) string  { return mobileName(path) }

func alexNames(path, _ string) string {
	return chainName(path, []int{0, 3, 6, 8, 10}, 0, "classifier.1", "classifier.4", "classifier.6")
}

func vggNames(depth string) func(path, block string) string {
	return func(path, _ string) string {
		return chainName(path, nil, 3, "classifier.0", "classifier.3", "classifier.6", vggDepths[depth]...)
	}
}

// replaceFirst replaces the beginning of a path, up to a slash or its end, by pairs of old and new.
func replaceFirst(path string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if rest, ok := strings.CutPrefix(path, pairs[i]); ok && (rest == "" || rest[0] == '/') {
			return pairs[i+1] + rest
		}
	}
	return path
}

// inUnit takes "stage2/unit0/conv1/weight" apart; ok is false for what is in no unit.
func inUnit(path string) (stage, unit int, rest string, ok bool) {
	parts := strings.SplitN(path, "/", 3)
	if len(parts) < 3 || !strings.HasPrefix(parts[0], "stage") || !strings.HasPrefix(parts[1], "unit") {
		return 0, 0, "", false
	}
	stage, err1 := strconv.Atoi(parts[0][len("stage"):])
	unit, err2 := strconv.Atoi(parts[1][len("unit"):])
	return stage, unit, parts[2], err1 == nil && err2 == nil
}

func residualName(path, block string) string {
	stage, unit, rest, ok := inUnit(path)
	if !ok {
		return path
	}
	return fmt.Sprintf("layer%d.%d.", stage, unit) + replaceFirst(rest,
		"shortcut/conv", "downsample.0", "shortcut/bn", "downsample.1", "block", block, "block1", block+"1", "block2", block+"2")
}

// chainName is for convolutions in a row, one a unit: they are at the places given, or each is several places long with
// one place for a pooling after each stage. The last names are those of the linear layers.
func chainName(path string, places []int, length int, fc1, fc2, fc3 string, units ...int) string {
	stage, unit, rest, ok := inUnit(path)
	if !ok {
		return replaceFirst(path, "fc1", fc1, "fc2", fc2, "fc3", fc3)
	}
	var at int
	if places != nil {
		at = places[stage-1]
	} else {
		for _, n := range units[:stage-1] {
			at += length*n + 1
		}
		at += length * unit
	}
	feature := func(i int) string { return fmt.Sprintf("features.%d", i) }
	switch {
	case rest == "bias":
		return feature(at) + ".bias"
	case places == nil:
		rest = replaceFirst(rest, "conv", feature(at), "bn", feature(at+1))
	default:
		rest = replaceFirst(rest, "conv", feature(at))
	}
	return replaceFirst(rest, "bn", fmt.Sprintf("bn%d", stage), "block", fmt.Sprintf("block%d.%d", stage, unit))
}

func mobileName(path string) string {
	stage, unit, rest, ok := inUnit(path)
	if !ok {
		return replaceFirst(path, "stem/conv", "features.0.0", "stem/bn", "features.0.1",
			"head/conv", "features.18.0", "head/bn", "features.18.1", "fc", "classifier.1")
	}
	number := 1 + unit // of the unit in the network
	for _, units := range []int{1, 2, 3, 4, 3, 3}[:stage-1] {
		number += units
	}
	prefix := fmt.Sprintf("features.%d.conv.", number)
	if stage == 1 { // without expansion
		return prefix + replaceFirst(rest, "depthwise/conv", "0.0", "depthwise/bn", "0.1", "project/conv", "1", "project/bn", "2", "block", "3")
	}
	return prefix + replaceFirst(rest, "expand/conv", "0.0", "expand/bn", "0.1", "depthwise/conv", "1.0", "depthwise/bn", "1.1",
		"project/conv", "2", "project/bn", "3", "block", "4")
}

func shuffleName(path string) string {
	stage, unit, rest, ok := inUnit(path)
	if !ok {
		return replaceFirst(path, "stem/conv", "conv1.0", "stem/bn", "conv1.1", "head/conv", "conv5.0", "head/bn", "conv5.1")
	}
	return fmt.Sprintf("stage%d.%d.", stage+1, unit) + replaceFirst(rest,
		"left/depthwise/conv", "branch1.0", "left/depthwise/bn", "branch1.1", "left/pointwise/conv", "branch1.2", "left/pointwise/bn",
		"branch1.3",
		"expand/conv", "branch2.0", "expand/bn", "branch2.1", "depthwise/conv", "branch2.3", "depthwise/bn", "branch2.4",
		"project/conv", "branch2.5", "project/bn", "branch2.6", "block", "branch2.7")
}
