//go:build opencl

package device

import (
	"cenet/nn/graph"
	"cenet/nn/opencl"
)

func found() ([]graph.Device, error) { return opencl.Graphs() }
