package weights

import (
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/statedict"
)

// starting is a narrow ResNet-20 to start from a file.
func starting(t *testing.T, block string, classes int) (*spec.Setup, *nn.Network) {
	t.Helper()
	setup, err := network.Paper("resnet20", block)
	if err != nil {
		t.Fatal(err)
	}
	setup.Model.Width = 0.125
	net, err := network.New(&setup, nn.Shape{N: 1, H: 32, W: 32, C: 3}, classes, nn.Options{Seed: 3, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return &setup, net
}

func startFrom(t *testing.T, s *spec.Setup, net *nn.Network, path string) ([]string, error) {
	t.Helper()
	hash, err := Hash(path)
	if err != nil {
		t.Fatal(err)
	}
	return Start(network.Of(s), net, path, hash)
}

// A file of PyTorch's starts a network without a block as it is; with other classes the classifier, and with a block the block, keep their
// initial values, and the lines name them.
func TestStart(t *testing.T) {
	const path = "testdata/start.pth"
	for _, c := range []struct {
		block   string
		classes int
		lines   []string
	}{
		{"none", 7, []string{"107 tensors are read into resnet20 with none", "ignored: counters (21)"}},
		{"none", 4, []string{"105 tensors are read", "ignored: fc.weight and fc.bias, a classifier of 7 classes; counters (21)",
			"starts fresh: fc.weight, fc.bias"}},
		{"se", 7, []string{"107 tensors are read", "ignored: counters (21)", "starts fresh: channel blocks (9, with 36 tensors, such as layer1.0.se."}},
		{"ce", 4, []string{"105 tensors are read", "ignored: fc.weight and fc.bias", "starts fresh: fc.weight, fc.bias, channel blocks (10, with "}},
	} {
		s, net := starting(t, c.block, c.classes)
		_, before := starting(t, c.block, c.classes)
		lines, err := startFrom(t, s, net, path)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) != len(c.lines) {
			t.Errorf("%s, %d classes: lines %q", c.block, c.classes, lines)
		}
		for i := range min(len(lines), len(c.lines)) {
			if !strings.Contains(lines[i], c.lines[i]) {
				t.Errorf("%s, %d classes: line %q, want %q in it", c.block, c.classes, lines[i], c.lines[i])
			}
		}
		initial := network.Of(s).Names().Tensors(before)
		for i, w := range network.Of(s).Names().Tensors(net) {
			_, _, blocked := statedict.InBlock(w.Path)
			fresh := blocked || c.classes != 7 && strings.HasPrefix(w.Name, "fc.")
			if fresh != slices.Equal(w.Data, initial[i].Data) {
				t.Errorf("%s, %d classes: %s keeps its initial values: %v", c.block, c.classes, w.Name, !fresh)
			}
			if v := w.Values(); w.Name == "layer1.0.conv1.weight" && (v[0] != 5 || v[35] != 5+35.0/1024) {
				t.Errorf("%s: %v", w.Name, v)
			}
		}
	}
}

// Whatever else a file lacks or has is one line that names the file, the tensor, its shape and the nearest name.
func TestStartRefused(t *testing.T) {
	whole, net := starting(t, "se", 7)
	for _, c := range []struct {
		name, want string
		change     func(list []statedict.Tensor) []statedict.Tensor
	}{
		{"no tensor", `no tensor "layer1.0.conv1.weight" of shape [2 2 3 3], which the network has (resnet20 with se); nearest: "layer1.0.conv2.weight"`,
			func(l []statedict.Tensor) []statedict.Tensor { return without(l, "layer1.0.conv1.weight") }},
		{"no classifier", `no tensor "fc.bias" of shape [7], which the network has: a file to start from must have a classifier, ` +
			`of any number of classes (resnet20 with se); nearest: "`,
			func(l []statedict.Tensor) []statedict.Tensor { return without(l, "fc.bias") }},
		{"half a block", `no tensor "layer1.0.se.fc1.bias" of shape [4], which the network has`,
			func(l []statedict.Tensor) []statedict.Tensor { return without(l, "layer1.0.se.fc1.bias") }},
		{"another shape", `tensor "layer1.0.bn1.weight" has the shape [3], expected [2]`,
			func(l []statedict.Tensor) []statedict.Tensor { return with(l, "layer1.0.bn1.weight", []int{3}, 1) }},
		{"a classifier of other inputs", `tensor "fc.weight" has the shape [5 9], expected [7 8]`,
			func(l []statedict.Tensor) []statedict.Tensor { return with(l, "fc.weight", []int{5, 9}, 1) }},
		{"a classifier that contradicts itself", `tensor "fc.bias" has the shape [6], expected [7]`,
			func(l []statedict.Tensor) []statedict.Tensor {
				return with(with(l, "fc.bias", []int{6}, 1), "fc.weight", []int{5, 8}, 1)
			}},
		{"one too many", `tensor "layer9.weight" has no place in the network (resnet20 with se); nearest: "conv1.weight"`,
			func(l []statedict.Tensor) []statedict.Tensor { return with(l, "layer9.weight", []int{1}, 1) }},
		{"not finite", `tensor "bn1.bias" has an element that is not finite`,
			func(l []statedict.Tensor) []statedict.Tensor {
				return with(l, "bn1.bias", []int{2}, float32(math.Inf(1)))
			}},
	} {
		path := filepath.Join(t.TempDir(), "w.safetensors")
		list := c.change(network.Of(whole).Names().Tensors(net))
		if err := writeOutput(path, func(w io.Writer) error { return statedict.Write(w, list, nil) }); err != nil {
			t.Fatal(err)
		}
		s, fresh := starting(t, "se", 7)
		_, err := startFrom(t, s, fresh, path)
		if err == nil || !strings.HasPrefix(err.Error(), path+": "+c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
	s, fresh := starting(t, "none", 7)
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := Write(network.Of(whole), net, nil, path); err != nil {
		t.Fatal(err)
	}
	if _, err := startFrom(t, s, fresh, path); err == nil || !strings.Contains(err.Error(), `tensor "layer1.0.se.fc1.`) {
		t.Errorf("blocks that the network lacks: %v", err)
	}
	hash, _ := Hash(path)
	if err := os.WriteFile(path, []byte("other"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(network.Of(whole), net, path, hash); err == nil || !strings.Contains(err.Error(),
		"has changed since the run began: its SHA-256 was "+hash[:12]) {
		t.Errorf("a file that changes: %v", err)
	}
	if _, err := startFrom(t, whole, net, path); err == nil || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("no file of weights: %v", err)
	}
	if _, err := Hash(path + "x"); err == nil || err.Error() != path+"x: no such file or directory" {
		t.Errorf("a missing file: %v", err)
	}
}

func without(list []statedict.Tensor, name string) []statedict.Tensor {
	return slices.DeleteFunc(list, func(w statedict.Tensor) bool { return w.Name == name })
}

// with puts a tensor of one value into a list, in the place of one of that name.
func with(list []statedict.Tensor, name string, shape []int, value float32) []statedict.Tensor {
	var names statedict.Names
	w := names.Tensor("x/"+name, []int{nn.Size(shape)}, slices.Repeat([]float32{value}, nn.Size(shape)))
	w.Name, w.Shape = name, shape
	return append(without(list, name), w)
}

// Patterns freeze the parameters whose PyTorch names they match; one that matches none, is not valid or leaves nothing to train is an
// error.
func TestFrozen(t *testing.T) {
	s, net := starting(t, "ce", 7)
	for patterns, want := range map[string]string{
		"":                             "",
		"conv1.weight bn1.*":           "stem/bn/beta stem/bn/gamma stem/conv/weight",
		"layer1.[01].bn?.bias":         "stage1/unit0/bn1/beta stage1/unit0/bn2/beta stage1/unit1/bn1/beta stage1/unit1/bn2/beta",
		"*.running_mean":               `"*.running_mean" matches no parameter of resnet20 with ce; nearest: "`,
		"conv1.weight layre1.*":        `"layre1.*" matches no parameter of resnet20 with ce; nearest: "layer1.0"`,
		"layer1.[":                     `"layer1.[" is not a valid pattern`,
		"conv1.* bn1.* ce1.* layer* *": "\"conv1.* bn1.* ce1.* layer* *\" freezes all parameters of resnet20 with ce",
	} {
		frozen, err := Frozen(network.Of(s), net.Params, patterns)
		got := strings.Join(slices.Sorted(maps.Keys(frozen)), " ")
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.HasPrefix(got, want)) {
			t.Errorf("%q: %s\nwant %s", patterns, got, want)
		}
	}
}
