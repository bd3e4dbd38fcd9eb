//go:build opencl

package device

import (
	"cenet/nn/graph"
	"cenet/nn/opencl"
)

func found() (list []graph.Device, err error) {
	infos, err := opencl.Devices()
	for _, i := range infos {
		list = append(list, opencl.Processor(i))
	}
	return list, err
}
