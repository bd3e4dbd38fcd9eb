package cli

import (
	"fmt"
	"runtime"

	"cenet/experiments/device"
	"cenet/experiments/run"
	"cenet/experiments/state"
	"cenet/nn/kernel"
)

// devices lists the devices that networks can run on.
func devices(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%-8s %s, %d processors, %s kernels\n", device.CPU, state.Processor(), runtime.GOMAXPROCS(0), kernel.Family())
	list, err := device.List()
	if err != nil {
		fmt.Fprintln(c.out, "no other device:", err)
		return nil
	}
	for _, d := range list {
		info := d.Info()
		kind := "device"
		if info.GPU {
			kind = device.GPU
		}
		bits := "same bits as the CPU"
		if info.Arithmetic != "fused" {
			bits = "other bits than the CPU: " + info.Arithmetic
		}
		fmt.Fprintf(c.out, "%-8s %s, %s, %s, %s\n", kind, info.Name, run.Bytes(int(info.Memory)), info.Platform, bits)
	}
	return nil
}
