package experiments

import (
	"os/exec"
	"strings"
	"testing"
)

// elementaryFunctions stands below everything, as package math does.
const elementaryFunctions = "cenet/nn/kernel/elementary"

// Imports point down only.
func TestImportDirections(t *testing.T) {
	allowed := map[string][]string{ // package: what of the module it may depend on
		elementaryFunctions:      {},
		"cenet/nn/kernel":        {},
		"cenet/nn/stream":        {},
		"cenet/nn/durable":       {},
		"cenet/nn/dataset/idx":   {},
		"cenet/nn/dataset/cifar": {},
		"cenet/nn/dataset/fetch": {},
		"cenet/nn/dataset/jpeg":  {},
		"cenet/nn/dataset":       {"cenet/nn/dataset/idx", "cenet/nn/dataset/cifar", "cenet/nn/dataset/fetch", "cenet/nn/dataset/jpeg", "cenet/nn/stream"},
		"cenet/nn/graph":         {},
		"cenet/nn":               {"cenet/nn/graph", "cenet/nn/kernel", "cenet/nn/stream"},
		"cenet/nn/model":         {"cenet/nn", "cenet/nn/graph", "cenet/nn/kernel", "cenet/nn/stream"},
		"cenet/nn/optim":         {"cenet/nn", "cenet/nn/graph", "cenet/nn/kernel", "cenet/nn/stream"},
		"cenet/ce":               {"cenet/nn", "cenet/nn/graph", "cenet/nn/kernel", "cenet/nn/stream"},
		"cenet/nash":             {"cenet/ce", "cenet/nn", "cenet/nn/graph", "cenet/nn/kernel", "cenet/nn/stream"},
		"cenet/corrupt":          {"cenet/nn/dataset", "cenet/nn/dataset/idx", "cenet/nn/dataset/cifar", "cenet/nn/dataset/fetch", "cenet/nn/dataset/jpeg", "cenet/nn/stream"},
		"cenet/ablation":         {"cenet/nn", "cenet/nn/graph", "cenet/nn/kernel", "cenet/nn/stream"},
		"cenet/results":          {"cenet/nn/durable"},
	}
	for pkg, list := range allowed {
		out, err := exec.Command("go", "list", "-deps", pkg).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, dep := range strings.Fields(string(out)) {
			if !strings.HasPrefix(dep, "cenet") || dep == pkg {
				continue
			}
			ok := dep == elementaryFunctions
			for _, a := range list {
				ok = ok || a == dep
			}
			if !ok {
				t.Errorf("%s imports %s", pkg, dep)
			}
		}
	}
}
