//go:build opencl

package opencl

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"

	"github.com/ebitengine/purego"
)

// cl has the functions of OpenCL 1.2 that are used, each by its name without the prefix cl. All their arguments are integers and pointers.
var cl struct {
	GetPlatformIDs, GetPlatformInfo, GetDeviceIDs, GetDeviceInfo                   uintptr
	CreateContext, ReleaseContext, CreateCommandQueue, ReleaseCommandQueue, Finish uintptr
	CreateBuffer, ReleaseMemObject, EnqueueReadBuffer, EnqueueWriteBuffer          uintptr
	EnqueueFillBuffer, EnqueueMapBuffer                                            uintptr
	CreateProgramWithSource, CreateProgramWithBinary, BuildProgram, GetProgramInfo uintptr
	GetProgramBuildInfo, ReleaseProgram                                            uintptr
	CreateKernel, SetKernelArg, ReleaseKernel, EnqueueNDRangeKernel, ReleaseEvent  uintptr
	GetEventProfilingInfo                                                          uintptr
}

// libraries are the names of the libraries to try: a loader of several drivers, or the only driver itself.
func libraries() []string {
	if name := os.Getenv("CENET_OPENCL"); name != "" {
		return []string{name}
	}
	if runtime.GOOS == "darwin" {
		return []string{"/System/Library/Frameworks/OpenCL.framework/OpenCL"}
	}
	return []string{
		"libOpenCL.so.1", "libOpenCL.so", "/usr/local/nvidia/lib64/libOpenCL.so.1",
		"libnvidia-opencl.so.1", "/usr/local/nvidia/lib64/libnvidia-opencl.so.1", "/usr/lib/x86_64-linux-gnu/libnvidia-opencl.so.1",
		"libamdocl64.so",
	}
}

var load = sync.OnceValue(func() error {
	var lib uintptr
	var failed []string
	for _, name := range libraries() {
		l, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err == nil {
			lib = l
			break
		}
		failed = append(failed, err.Error())
	}
	if lib == 0 {
		return fmt.Errorf("opencl: no OpenCL found; install the GPU's driver, and ocl-icd-libopencl1 where it brings no libOpenCL.so.1, "+
			"or name the library in CENET_OPENCL (%s)", strings.Join(failed, "; "))
	}
	find := func(name string) (uintptr, error) { return purego.Dlsym(lib, name) }
	if _, err := find("clGetPlatformIDs"); err != nil {
		// A driver itself may show but a function that finds the others.
		by, err := purego.Dlsym(lib, "clGetExtensionFunctionAddress")
		if err != nil {
			return errors.New("opencl: the library of CENET_OPENCL is not one of OpenCL: it lacks clGetPlatformIDs")
		}
		find = func(name string) (uintptr, error) {
			text := append([]byte(name), 0)
			if f := call(by, pointer(text)); f != 0 {
				return f, nil
			}
			return 0, fmt.Errorf("it lacks %s", name)
		}
	}
	for f, v := range reflect.ValueOf(&cl).Elem().Fields() {
		address, err := find("cl" + f.Name)
		if err != nil {
			return fmt.Errorf("opencl: the library of OpenCL is older than 1.2: %w", err)
		}
		v.SetUint(uint64(address))
	}
	return nil
})

// call calls a function and returns what it returns.
//
//go:uintptrescapes
func call(f uintptr, args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(f, args...)
	return r
}

// A status is what most functions return.
type status int32

var statusNames = map[status]string{
	-1: "device not found", -2: "device not available", -3: "compiler not available", -4: "out of device memory", -5: "out of resources",
	-6: "out of host memory", -11: "the program does not compile", -14: "an earlier command failed", -30: "invalid value",
	-33: "invalid device", -34: "invalid context", -36: "invalid queue", -38: "invalid buffer", -42: "invalid binary",
	-43: "invalid build options", -44: "invalid program", -45: "invalid program executable", -46: "invalid kernel name",
	-48: "invalid kernel", -49: "invalid argument index", -50: "invalid argument value", -51: "invalid argument size",
	-52: "invalid kernel arguments", -53: "invalid work dimension", -54: "invalid work-group size", -55: "invalid work-item size",
	-59: "invalid operation", -61: "buffer larger than the device allows", -63: "invalid global work size", -1001: "no platform",
}

func (s status) Error() string {
	if name, ok := statusNames[s]; ok {
		return fmt.Sprintf("%s (OpenCL error %d)", name, int32(s))
	}
	return fmt.Sprintf("OpenCL error %d", int32(s))
}

// do calls a function that returns a status.
//
//go:uintptrescapes
func do(f uintptr, args ...uintptr) error { return statusOf(purego.SyscallN(f, args...)) }

// statusOf is the error of a function that returned a status.
func statusOf(r, _, _ uintptr) error {
	if s := status(int32(r)); s != 0 {
		return s
	}
	return nil
}

// do calls a function that returns a status, in steps that are repeated: it allocates nothing. What the arguments point to must be
// in the heap and be kept by others.
func (d *Device) do(f uintptr, args ...uintptr) error {
	n := copy(d.args, args)
	return statusOf(purego.SyscallN(f, d.args[:n]...))
}
