// Package device finds what networks can run on beside the CPU.
package device

import (
	"errors"
	"fmt"
	"strings"

	"cenet/experiments/spec"
	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// Names of devices that are none's own.
const (
	CPU = "cpu"
	GPU = "gpu" // every one
)

// A Pool is the devices that work is shared out to, each of them to one piece of work at a time, or to as many as Share says. The nil Pool
// is the CPU.
type Pool struct {
	free chan graph.Device
	info graph.DeviceInfo
}

// List returns the devices there are, or why there are none, in one line.
func List() ([]graph.Device, error) {
	list, err := found()
	if err == nil && len(list) == 0 {
		err = errors.New("the driver is there, and has no device")
	}
	return list, err
}

// Find returns the devices that a name means: "" and "cpu" the CPU, "gpu" all GPUs, else all devices with the name in theirs, in
// whatever case. The error is an InputError of one line.
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

// IsCPU tells whether a name means the CPU.
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
			return nil, wrong(name, fmt.Errorf("there is no GPU; there is %s", spec.Quote(strings.Join(names, ", "))))
		}
		return nil, wrong(name, fmt.Errorf("there is no such device; %s", spec.NearestOf(name, append(names, CPU, GPU))))
	}
	return NewPool(chosen)
}

func wrong(name string, err error) error {
	return &spec.InputError{Err: fmt.Errorf("--device %s: %w", name, err)}
}

// NewPool makes a pool of devices, which must compute the same.
func NewPool(list []graph.Device) (*Pool, error) {
	p := &Pool{free: make(chan graph.Device, len(list)), info: list[0].Info()}
	for _, d := range list {
		if a := d.Info().Arithmetic; a != p.info.Arithmetic {
			return nil, &spec.InputError{Err: fmt.Errorf("--device: %s computes by %q, %s by %q: name one of them", p.info.Name, p.info.Arithmetic, d.Info().Name, a)}
		}
		p.free <- d
	}
	return p, nil
}

// Share has each device given to n pieces of work at a time: one small network leaves most of a GPU idle. It is to be called before Take.
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

// Len is how many pieces of work run at a time, 0 where it is the CPU.
func (p *Pool) Len() int {
	if p == nil {
		return 0
	}
	return cap(p.free)
}

// Name is that of the first device, "" where it is the CPU.
func (p *Pool) Name() string {
	if p == nil {
		return ""
	}
	return p.info.Name
}

// GPU is the name of the devices where they are GPUs, else "".
func (p *Pool) GPU() string {
	if p == nil || !p.info.GPU {
		return ""
	}
	return p.info.Name
}

// Arithmetic is what the bits of results depend on, as kernel.Arithmetic has it.
func (p *Pool) Arithmetic() string {
	if p == nil {
		return kernel.Arithmetic()
	}
	return p.info.Arithmetic
}

// Take waits for a device that is free, which Give gives back. It returns nil where it is the CPU.
func (p *Pool) Take() graph.Device {
	if p == nil {
		return nil
	}
	return <-p.free
}

// Give gives back what Take returned.
func (p *Pool) Give(d graph.Device) {
	if p != nil {
		p.free <- d
	}
}
