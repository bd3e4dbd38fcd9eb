//go:build opencl

package train_test

import "cenet/nn/opencl"

func init() {
	list, _ := opencl.Devices() // none: the processor alone is tested
	for _, i := range list {
		devices[i.Name] = opencl.Processor(i)
	}
}
