//go:build opencl

package opencl

import (
	"fmt"
	"strings"
	"sync/atomic"
	"unsafe"
)

// pointer is the address of the first of the elements, for a call that follows in the same expression. They are in the heap, where
// they stay at their place when a stack grows.
func pointer[T any](x []T) uintptr {
	if len(x) == 0 {
		return 0
	}
	p := unsafe.Pointer(&x[0])
	if never {
		escaped.Store((*byte)(p))
	}
	return uintptr(p)
}

// escaped is never written, but the compiler does not know.
var (
	never   bool
	escaped atomic.Pointer[byte]
)

// Info describes a device.
type Info struct {
	Name, Platform, Driver string
	Memory, MaxBuffer      int64 // bytes
	Units, MHz             int   // compute units and their clock
	WorkGroup              int   // work-items of a work-group, at most
	GPU                    bool
	Float64                bool // float64 is supported
	ExactDivision          bool // division and square root in float32 can be correctly rounded

	device, platform uintptr
}

// String is one line.
func (i Info) String() string {
	float64s := ""
	if !i.Float64 {
		float64s = ", no float64"
	}
	return fmt.Sprintf("%s (%s, driver %s): %.1f GiB, %d compute units%s", i.Name, i.Platform, i.Driver, float64(i.Memory)/(1<<30), i.Units,
		float64s)
}

// Devices lists the devices of all platforms, GPUs first.
func Devices() ([]Info, error) {
	if err := load(); err != nil {
		return nil, err
	}
	var count [1]uint32
	if err := do(cl.GetPlatformIDs, 0, 0, pointer(count[:])); err != nil || count[0] == 0 {
		return nil, fmt.Errorf("opencl: OpenCL is there, but no driver of a device: install the GPU's, or pocl-opencl-icd for the CPU (%v)", err)
	}
	platforms := make([]uintptr, count[0])
	if err := do(cl.GetPlatformIDs, uintptr(count[0]), pointer(platforms), 0); err != nil {
		return nil, fmt.Errorf("opencl: listing platforms: %w", err)
	}
	var gpus, others []Info
	for _, p := range platforms {
		const all = 0xFFFFFFFF
		count[0] = 0
		if err := do(cl.GetDeviceIDs, p, all, 0, 0, pointer(count[:])); err != nil || count[0] == 0 {
			continue
		}
		ids := make([]uintptr, count[0])
		if err := do(cl.GetDeviceIDs, p, all, uintptr(count[0]), pointer(ids), 0); err != nil {
			continue
		}
		for _, id := range ids {
			if i := describe(p, id); i.GPU {
				gpus = append(gpus, i)
			} else {
				others = append(others, i)
			}
		}
	}
	return append(gpus, others...), nil
}

func describe(platform, device uintptr) Info {
	config := deviceNumber(device, 0x101B)
	return Info{
		Name: text(cl.GetDeviceInfo, device, 0x102B), Platform: text(cl.GetPlatformInfo, platform, 0x0902),
		Driver: text(cl.GetDeviceInfo, device, 0x102D),
		Memory: int64(deviceNumber(device, 0x101F)), MaxBuffer: int64(deviceNumber(device, 0x1010)),
		Units: int(deviceNumber(device, 0x1002)), MHz: int(deviceNumber(device, 0x100C)),
		WorkGroup:     int(deviceNumber(device, 0x1004)),
		GPU:           deviceNumber(device, 0x1000)&4 != 0,
		Float64:       deviceNumber(device, 0x1032) != 0,
		ExactDivision: config&(1<<7) != 0,
		device:        device, platform: platform,
	}
}

// text is a property that is a string.
func text(get, of uintptr, name uintptr) string {
	buffer, length := make([]byte, 1024), make([]uint64, 1)
	if do(get, of, name, uintptr(len(buffer)), pointer(buffer), pointer(length)) != nil {
		return ""
	}
	return strings.TrimSpace(strings.TrimRight(string(buffer[:length[0]]), "\x00"))
}

// deviceNumber is a property that is a number of up to 64 bits.
func deviceNumber(of uintptr, name uintptr) uint64 {
	value := make([]uint64, 4)
	if do(cl.GetDeviceInfo, of, name, 32, pointer(value), 0) != nil {
		return 0
	}
	return value[0]
}
