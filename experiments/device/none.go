//go:build !opencl

package device

import (
	"errors"

	"cenet/nn/graph"
)

func found() ([]graph.Device, error) {
	return nil, errors.New("this program was built without device support: use ./reproduce.sh, or go build -tags opencl")
}
