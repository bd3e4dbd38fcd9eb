// Package device finds the devices that networks can run on, other than the CPU.
package device

import (
	"errors"
	"fmt"
	"strings"

	"cenet/experiments/mistake"
	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// Names that mean no single device.
const (
	CPU = "cpu"
	GPU = "gpu" // every GPU
)

// A Pool is a set of devices that run jobs. Each device runs one job at a time, or the number that Share sets. The nil Pool is the CPU.
type Pool struct {
	free chan graph.Device
	info graph.DeviceInfo
}

// List returns the devices of this machine. Without devices, the error says why in one line.
func List() ([]graph.Device, error) {
	list, err := found()
	if err == nil && len(list) == 0 {
		err = errors.New("the driver is installed, but has no device")
	}
	return list, err
}

// Find returns the devices that a name means: "" and "cpu" the CPU, "gpu" all GPUs, else all devices whose name contains it, in any
// case. The error is a mistake.Error of one line.
func Find(name string) (*Pool, error) {
	if IsCPU(name) {
		return nil, nil
	}
	all, err := List()
	if err != nil {
		return nil, wrong(name, err)
	}
	return choose(name, all)
}

// IsCPU reports whether a name means the CPU.
func IsCPU(name string) bool { return name == "" || strings.EqualFold(name, CPU) }

func choose(name string, all []graph.Device) (*Pool, error) {
	var chosen []graph.Device
	var names []string
	for _, d := range all {
		info := d.Info()
		names = append(names, info.Name)
		if strings.EqualFold(name, GPU) && info.GPU || strings.Contains(strings.ToLower(info.Name), strings.ToLower(name)) {
			chosen = append(chosen, d)
		}
	}
	if chosen == nil {
		if strings.EqualFold(name, GPU) {
			return nil, wrong(name, fmt.Errorf("there is no GPU; there is %s", mistake.Quote(strings.Join(names, ", "))))
		}
		return nil, wrong(name, fmt.Errorf("unknown device; %s", mistake.NearestOf(name, append(names, CPU, GPU))))
	}
	return NewPool(chosen)
}

func wrong(name string, err error) error {
	return mistake.Errorf("--device %s: %w", name, err)
}

// NewPool makes a pool of devices. Their arithmetic must be the same, so that results do not depend on the device.
func NewPool(list []graph.Device) (*Pool, error) {
	p := &Pool{free: make(chan graph.Device, len(list)), info: list[0].Info()}
	for _, d := range list {
		if a := d.Info().Arithmetic; a != p.info.Arithmetic {
			return nil, mistake.Errorf("--device: %s computes by %q, %s by %q: name one of them",
				p.info.Name, p.info.Arithmetic, d.Info().Name, a)
		}
		p.free <- d
	}
	return p, nil
}

// Share lets each device run n jobs at a time: one small network leaves most of a GPU idle. Call it before Take.
func (p *Pool) Share(n int) {
	if p == nil {
		return
	}
	shared := make(chan graph.Device, n*len(p.free))
	for range cap(p.free) {
		d := <-p.free
		for range n {
			shared <- d
		}
	}
	p.free = shared
}

// Len is the number of jobs that run at a time, 0 for the CPU.
func (p *Pool) Len() int {
	if p == nil {
		return 0
	}
	return cap(p.free)
}

// Name is the name of the first device, "" for the CPU.
func (p *Pool) Name() string {
	if p == nil {
		return ""
	}
	return p.info.Name
}

// GPU is the name of the first device if it is a GPU, else "".
func (p *Pool) GPU() string {
	if p == nil || !p.info.GPU {
		return ""
	}
	return p.info.Name
}

// Arithmetic describes the arithmetic that the bits of results depend on, as kernel.Arithmetic does.
func (p *Pool) Arithmetic() string {
	if p == nil {
		return kernel.Arithmetic()
	}
	return p.info.Arithmetic
}

// Take waits for a free device. Return it with Give. Take returns nil for the CPU.
func (p *Pool) Take() graph.Device {
	if p == nil {
		return nil
	}
	return <-p.free
}

// Give returns a device to the pool.
func (p *Pool) Give(d graph.Device) {
	if p != nil {
		p.free <- d
	}
}
