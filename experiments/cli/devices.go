package cli

import (
	"fmt"
	"runtime"

	"cenet/experiments/device"
	"cenet/experiments/run"
	"cenet/experiments/state"
	"cenet/nn/kernel"
)

// devices lists what networks can run on.
func devices(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%-8s %s, %d processors, kernels of the family %s\n", device.CPU, state.Processor(), runtime.GOMAXPROCS(0), kernel.Family())
	list, err := device.List()
	if err != nil {
		fmt.Fprintln(c.out, "no other:", err)
		return nil
	}
	for _, d := range list {
		info := d.Info()
		kind := "device"
		if info.GPU {
			kind = device.GPU
		}
		bits := "with the bits of the CPU"
		if info.Arithmetic != "fused" {
			bits = "with bits of its own: " + info.Arithmetic
		}
		fmt.Fprintf(c.out, "%-8s %s, %s, %s, %s\n", kind, info.Name, run.Bytes(int(info.Memory)), info.Platform, bits)
	}
	return nil
}
