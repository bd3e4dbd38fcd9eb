package device

import (
	"strings"
	"testing"

	"cenet/nn/graph"
)

type fake graph.DeviceInfo

func (f fake) Info() graph.DeviceInfo { return graph.DeviceInfo(f) }
func (f fake) Open(*graph.Graph, graph.Options) (graph.Executor, error) {
	return nil, nil
}

// A name means the CPU, all GPUs or the devices whose name contains it. Other names are refused in one line that suggests the nearest.
func TestChoose(t *testing.T) {
	all := []graph.Device{
		fake{Name: "Acme X100", GPU: true, Arithmetic: "fused"}, fake{Name: "Acme X100", GPU: true, Arithmetic: "fused"},
		fake{Name: "pocl cpu", Arithmetic: "fused"}, fake{Name: "Old G1", Arithmetic: "own"},
	}
	for name, want := range map[string]int{"gpu": 2, "GPU": 2, "x100": 2, "pocl": 1, "old g1": 1} {
		p, err := choose(name, all)
		if err != nil || p.Len() != want {
			t.Errorf("%s: %d devices, want %d; %v", name, p.Len(), want, err)
		}
	}
	p, err := choose("x100", all)
	if err != nil {
		t.Fatal(err)
	}
	p.Share(3)
	taken := map[graph.Device]int{}
	for range p.Len() {
		taken[p.Take()]++
	}
	if taken[all[0]] != 6 { // both devices are equal as map keys
		t.Errorf("%v: want each device three times", taken)
	}
	for name, want := range map[string]string{"x200": "nearest: \"", "1": "name one of them"} {
		if _, err := choose(name, all); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := choose("gpu", all[2:]); err == nil || !strings.Contains(err.Error(), "no GPU") {
		t.Errorf("error %v", err)
	}
	for _, name := range []string{"", "cpu", "CPU"} {
		if p, err := Find(name); p != nil || err != nil || p.Len() != 0 || p.Take() != nil {
			t.Errorf("%q: %v, %v", name, p, err)
		}
	}
}
