package layout

import (
	"cenet/results"
	"slices"
	"testing"
)

// A trial's machine is named with the device that the network ran on, and without what then does not count.
func TestMachines(t *testing.T) {
	p := results.Provenance{CPU: "Acme 9", Cores: 16, Workers: 5, Kernels: "avx512", Version: "abc"}
	onDevice := p
	onDevice.Device = "Acme X100"
	got := machines("trained on", []results.Provenance{p, onDevice})
	want := []string{"trained on Acme 9, 16 cores, 5 workers, avx512 kernels, cenet abc",
		"trained on Acme X100 with Acme 9, 16 cores, cenet abc"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
