//go:build opencl

package opencl

import (
	"fmt"
	"math"
	"runtime"
)

// A Call is a kernel with its arguments and its range, which can be run again and again.
type Call struct {
	d      *Device
	name   string
	kernel uintptr
	dims   int
	global []uintptr
	local  []uintptr
	slots  []int // of the arguments: the number of each in the kernel
}

// Local is an argument: a number of bytes of local memory.
type Local int

// Options is the first argument of a call of a kernel that is compiled specially: options of the compiler, "-DTILE=8".
type Options string

// Call prepares a call of the named kernel over groups work-groups of local work-items each, in up to three dimensions. Arguments are
// Buffer (two arguments of the kernel: the pointer, and the place of the first entry, a long), int (int), int64 (long), float32, float64
// and Local. An error is kept as that of a command.
func (d *Device) Call(name string, groups, local []int, args ...any) *Call {
	c := &Call{d: d, name: name, dims: len(groups)}
	for i := range groups {
		c.global = append(c.global, uintptr(groups[i]*local[i]))
		c.local = append(c.local, uintptr(local[i]))
	}
	options := ""
	if len(args) > 0 {
		if o, ok := args[0].(Options); ok {
			options, args = string(o), args[1:]
		}
	}
	file, ok := fileOf()[name]
	if !ok {
		panic("opencl: no kernel " + name)
	}
	p, err := d.program(file, options)
	if err != nil {
		if d.err == nil {
			d.err = err
		}
		return c
	}
	text := append([]byte(name), 0)
	c.kernel = call(cl.CreateKernel, p, pointer(text), pointer(d.status))
	if err := d.created(c.kernel, "preparing the kernel "+name+" on"); err != nil {
		d.fail("preparing a call", err)
		return c
	}
	d.calls = append(d.calls, c)
	at := 0
	for i, a := range args {
		c.slots = append(c.slots, at)
		if _, ok := a.(Buffer); ok {
			at++
		}
		at++
		c.Set(i, a)
	}
	return c
}

// Set changes argument i. Between steps, which allocate nothing, those with a type in their name take its place: a conversion to any
// allocates.
func (c *Call) Set(i int, a any) {
	switch v := a.(type) {
	case Buffer:
		c.SetBuffer(i, v)
	case int:
		c.SetInt(i, v)
	case int64:
		c.set(i, 0, 8, uint64(v))
	case float32:
		c.SetFloat(i, v)
	case float64:
		c.SetDouble(i, v)
	case Local:
		c.d.fail("setting local memory of "+c.name, c.d.do(cl.SetKernelArg, c.kernel, uintptr(c.slots[i]), uintptr(v), 0))
	default:
		panic(fmt.Sprintf("opencl: argument %d of %s is of type %T", i, c.name, a))
	}
}

// SetBuffer changes argument i, a buffer.
func (c *Call) SetBuffer(i int, b Buffer) {
	c.set(i, 0, 8, uint64(b.memory))
	c.set(i, 1, 8, uint64(b.at))
}

// SetInt changes argument i, an integer.
func (c *Call) SetInt(i, v int) { c.set(i, 0, 4, uint64(uint32(int32(v)))) }

// SetFloat changes argument i, a float.
func (c *Call) SetFloat(i int, v float32) { c.set(i, 0, 4, uint64(math.Float32bits(v))) }

// SetDouble changes argument i, a double.
func (c *Call) SetDouble(i int, v float64) { c.set(i, 0, 8, math.Float64bits(v)) }

func (c *Call) set(i, further int, size uintptr, bits uint64) {
	if c.kernel == 0 {
		return
	}
	c.d.argument[0] = bits
	if err := c.d.do(cl.SetKernelArg, c.kernel, uintptr(c.slots[i]+further), size, pointer(c.d.argument)); err != nil {
		c.d.fail(fmt.Sprintf("setting argument %d of %s", i, c.name), err)
	}
}

// Run puts the call into the queue. A range without work-items is no call.
func (c *Call) Run() {
	d := c.d
	if d.err != nil || c.kernel == 0 {
		return
	}
	for _, n := range c.global {
		if n == 0 {
			return
		}
	}
	if err := d.do(cl.EnqueueNDRangeKernel, d.queue, c.kernel, uintptr(c.dims), 0, pointer(c.global), pointer(c.local), 0, 0,
		d.take()); err != nil {
		d.fail("running "+c.name, err)
		return
	}
	d.taken(c.name)
}

// timed is a command of which the time is taken.
type timed struct {
	name  string
	event uintptr
}

// take returns the place for the event of the next command.
func (d *Device) take() uintptr {
	if !d.profiling {
		return 0
	}
	return pointer(d.event)
}

func (d *Device) taken(name string) {
	if d.profiling && d.err == nil {
		d.events = append(d.events, timed{name, d.event[0]})
	}
}

// keep keeps x until here.
func keep(x any) { runtime.KeepAlive(x) }
