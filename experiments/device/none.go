//go:build !opencl

package device

import (
	"errors"

	"cenet/nn/graph"
)

func found() ([]graph.Device, error) {
	return nil, errors.New("this program was built without devices: ./reproduce.sh builds it with them, or go build -tags opencl")
}
