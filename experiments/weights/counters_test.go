package weights

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/network"
	"cenet/nn/safetensors"
)

// counted is a file of the given names, whose integers all are 3.
type counted []string

func (f counted) Names() []string                 { return f }
func (f counted) Shape(string) ([]int, bool)      { return nil, true }
func (f counted) Read(string, []float32) error    { return errors.New("none") }
func (f counted) Count(name string) (int64, bool) { return 3, name != "module.n_averaged" }

// Counters next to the weights are left out, and named.
func TestCounters(t *testing.T) {
	notes := counterNotes(counted{"conv1.weight", "n_averaged", "bn1.num_batches_tracked", "total_ops", "layer1.total_params",
		"module.n_averaged"})
	want := []string{"the weights are an average of 3 (n_averaged)", "2 counts of operations and parameters, as thop adds them (total_ops, " +
		"total_params), are not read"}
	if !slices.Equal(notes, want) {
		t.Errorf("notes %q, want %q", notes, want)
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	setup, net := forWeights(t, "resnet18", "none", 1)
	for name, ok := range map[string]bool{
		"n_averaged": true, "bn1.num_batches_tracked": true, "total_ops": true, "layer1.0.total_params": true,
		"layer1.n_averaged": false, "layer1.0.my_total_ops": false, "total": false,
	} {
		list := []safetensors.Tensor{{Name: name, Shape: []int{1}, Data: []float32{1}}}
		for _, w := range network.Of(setup).Names().Tensors(net) {
			list = append(list, safetensors.Tensor{Name: w.Name, Shape: w.Shape, Data: slices.Clone(w.Data)})
		}
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(safetensors.Write(file, list, nil), file.Close()); err != nil {
			t.Fatal(err)
		}
		setup, again := forWeights(t, "resnet18", "none", 2)
		if err := Read(network.Of(setup), again, path); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), name+`" has no place`) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
