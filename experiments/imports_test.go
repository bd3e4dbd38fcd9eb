package experiments_test

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport says what of the module each of its packages may import, from below to above: an import of a package that is not above in
// the list of the importer is an arrow that points up.
var mayImport = []struct{ pkg, imports string }{
	{"nn/kernel/elementary", ""},
	{"nn/stream", "nn/kernel/elementary"},
	{"nn/durable", ""},
	{"nn/half", ""},
	{"nn/median", ""},
	{"nn/npy", "nn/half"},
	{"nn/safetensors", "nn/half"},
	{"nn/torchfile", "nn/half"},
	{"nn/dataset/cifar", ""},
	{"nn/dataset/fetch", ""},
	{"nn/dataset/idx", ""},
	{"nn/dataset/jpeg", ""},
	{"nn/dataset", "nn/durable nn/kernel/elementary nn/stream nn/dataset/cifar nn/dataset/fetch nn/dataset/idx nn/dataset/jpeg"},
	{"nn/kernel", "nn/kernel/elementary"},
	{"nn/graph", ""},
	{"nn/graph/reference", "nn/graph nn/kernel nn/stream"},
	{"nn", "nn/graph nn/kernel nn/stream"},
	{"nn/opencl", "nn/durable nn/graph nn/kernel nn/stream"},
	{"nn/nntest", "nn nn/graph nn/graph/reference nn/kernel nn/opencl nn/stream"},
	{"nn/model", "nn"},
	{"nn/statedict", "nn nn/kernel nn/model nn/safetensors"},
	{"nn/optim", "nn/kernel/elementary nn nn/kernel"},
	{"nn/train", "nn nn/dataset nn/durable nn/graph nn/graph nn/kernel nn/optim nn/safetensors"},
	{"ce", "nn/kernel/elementary nn nn/graph nn/kernel"},
	{"nn/block", "ce nn"},
	{"nash", "ce nn/median nn/stream"},
	{"corrupt", "nn/dataset nn/stream"},
	{"ablation", "nn nn/stream"},
	{"results", "nn/durable"},
	{"results/stats", ""},
	{"results/words", "results/stats"},
	{"results/chart", "results/stats"},
	{"results/page", "results/chart results/stats results/words"},
	{"results/layout", "nn/median results results/chart results/page results/stats results/words"},
	{"results/plot", "results/chart results/words"},
	{"results/markdown", "results/page results/words"},
	{"results/terminal", "results/layout results/page results/words"},
	{"results/folder", "nn/durable results results/layout results/markdown results/page results/plot"},
	{"results/web", "nn/durable results results/chart results/folder results/page results/stats results/words"},
	{"results/web/webtest", ""},

	{"experiments", ""},
	{"experiments/code", ""},
	{"experiments/mistake", ""},
	{"experiments/weights", "experiments/mistake nn nn/dataset nn/durable nn/graph nn/kernel nn/npy nn/optim nn/safetensors nn/statedict " +
		"nn/torchfile nn/train"},
	{"experiments/spec", "experiments/mistake"},
	{"experiments/source", "experiments/mistake experiments/spec nn/dataset nn/durable"},
	{"experiments/network", "experiments/spec ce nn nn/block nn/model nn/statedict results results/chart results/stats"},
	{"experiments/spectest", "experiments/network experiments/source experiments/spec nn/dataset/cifar"},
	{"experiments/device", "experiments/mistake nn/graph nn/kernel nn/opencl"},
	{"experiments/state", "nn/durable nn/kernel results"},
	{"experiments/report", "experiments/mistake " +
		"experiments/network experiments/spec nn/dataset nn/durable nn/model results results/folder results/layout " +
		"results/page results/stats"},
	{"experiments/run", "experiments/mistake " +
		"experiments/code experiments/device experiments/network experiments/source experiments/spec " +
		"experiments/state experiments/weights " +
		"corrupt nn nn/dataset nn/graph nn/kernel nn/median nn/optim nn/stream nn/train results"},
	{"experiments/check", "experiments/run experiments/spec nash results/page"},
	{"experiments/slurm", "experiments/spec nn/durable"},
	{"experiments/trained", "experiments/mistake " +
		"experiments/network experiments/run experiments/spec experiments/state ce nash nn nn/dataset nn/stream results"},
	{"experiments/theory", "experiments/check experiments/run experiments/spec experiments/trained " +
		"nash results/chart results/page results/stats results/words"},
	{"experiments/study", "experiments/check experiments/mistake " +
		"nn/kernel/elementary experiments/network experiments/report experiments/run experiments/spec " +
		"experiments/state experiments/trained experiments/weights " +
		"ablation ce nash nn nn/median nn/statedict results/chart results/page results/stats results/words"},
	{"experiments/serve", "experiments/state results results/page results/web"},
	{"experiments/suite", "experiments/check experiments/mistake " +
		"experiments experiments/network experiments/report experiments/run experiments/source experiments/spec experiments/state " +
		"experiments/study experiments/theory experiments/trained " +
		"corrupt nash nn/dataset nn/durable results results/chart results/folder results/layout results/page results/stats results/terminal " +
		"results/web results/words"},
	{"experiments/bench", "experiments/mistake " +
		"experiments/network experiments/spec nn nn/dataset nn/graph nn/kernel nn/median nn/model nn/optim nn/stream " +
		"nn/train results results/markdown results/page"},
	{"experiments/faults", ""},
	{"experiments/cli", "experiments/mistake " +
		"experiments experiments/bench experiments/code experiments/device experiments/network experiments/report " +
		"experiments/run experiments/serve experiments/slurm experiments/spec " +
		"experiments/state experiments/study experiments/suite experiments/weights nn nn/dataset nn/durable nn/kernel nn/model results " +
		"results/folder results/layout results/page results/terminal"},
	{"", "experiments/cli"}, // main
}

// Imports point down only, also those that the tag opencl adds, and every package of the module has its place.
func TestImports(t *testing.T) {
	var out []byte
	for _, tags := range []string{"", "opencl"} {
		list, err := exec.Command("go", "list", "-tags", tags, "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "cenet/...").Output()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, list...)
	}
	above := map[string]bool{}
	allowed := map[string][]string{}
	for _, p := range mayImport {
		for _, dep := range strings.Fields(p.imports) {
			if !above[dep] {
				t.Errorf("the list lets %q import %q, which is below it", p.pkg, dep)
			}
		}
		above[p.pkg] = true
		allowed[p.pkg] = strings.Fields(p.imports)
	}
	name := func(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, "cenet"), "/") }
	seen := map[string]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		pkg := name(words[0])
		seen[pkg] = true
		list, ok := allowed[pkg]
		if !ok {
			t.Errorf("%q is not in the list of this test: give it its place", pkg)
			continue
		}
		for _, dep := range words[1:] {
			if (dep == "cenet" || strings.HasPrefix(dep, "cenet/")) && !slices.Contains(list, name(dep)) {
				t.Errorf("%q imports %q, which the list does not allow", pkg, name(dep))
			}
		}
	}
	for _, p := range mayImport {
		if !seen[p.pkg] {
			t.Errorf("%q is in the list, and no package of the module", p.pkg)
		}
	}
}
