//go:build opencl

package opencl

import (
	"fmt"
	"sync"
	"unsafe"
)

// Device is a device that was opened: a context, which all that are of one device share, so that commands of one may run at the same time
// as those of another, and a queue, whose commands run one after the other. Commands do not return errors; the first is kept and returned
// by Err, Finish and Read. It is for one goroutine at a time.
type Device struct {
	Info

	context, queue uintptr
	profiling      bool
	largeTiles     bool // also where the device is no GPU
	err            error
	programs       map[string]uintptr // by file
	calls          []*Call
	buffers        []uintptr
	argument       []uint64 // of the call that is prepared
	status         []int32
	event          []uintptr
	held           unsafe.Pointer // what is copied, so that it is in the heap
	args           []uintptr      // of the function that is called
	events         []timed
}

// Open opens a device. With profiling, times of commands are taken, see Times.
func Open(i Info, profiling bool) (*Device, error) {
	d := &Device{Info: i, profiling: profiling, programs: map[string]uintptr{}, argument: make([]uint64, 1), status: make([]int32, 1),
		event: make([]uintptr, 1), args: make([]uintptr, 16)}
	if !i.Float64 {
		return nil, fmt.Errorf("opencl: %s has no float64, which sums and the Newton iteration need; choose another device", i.Name)
	}
	if err := d.join(); err != nil {
		return nil, err
	}
	flags := uintptr(0)
	if profiling {
		flags = 2
	}
	d.queue = call(cl.CreateCommandQueue, d.context, i.device, flags, pointer(d.status))
	if err := d.created(d.queue, "creating a queue on"); err != nil {
		d.leave()
		return nil, err
	}
	return d, nil
}

// A sharedContext is the context of a device that is open, and how many share it.
type sharedContext struct {
	context uintptr
	users   int
}

// contexts are those of the devices that are open.
var contexts = struct {
	sync.Mutex
	of map[uintptr]*sharedContext // by device
}{of: map[uintptr]*sharedContext{}}

// join takes the device's context, which leave gives back.
func (d *Device) join() error {
	contexts.Lock()
	defer contexts.Unlock()
	s := contexts.of[d.device]
	if s == nil {
		ids, properties := []uintptr{d.device}, []uintptr{0x1084, d.platform, 0}
		s = &sharedContext{context: call(cl.CreateContext, pointer(properties), 1, pointer(ids), 0, 0, pointer(d.status))}
		if err := d.created(s.context, "opening"); err != nil {
			return err
		}
		contexts.of[d.device] = s
	}
	d.context = s.context
	s.users++
	return nil
}

func (d *Device) leave() {
	contexts.Lock()
	defer contexts.Unlock()
	s := contexts.of[d.device]
	if s.users--; s.users == 0 {
		call(cl.ReleaseContext, s.context)
		delete(contexts.of, d.device)
	}
}

// created returns the error of what should have made an object.
func (d *Device) created(object uintptr, doing string) error {
	if s := status(d.status[0]); object == 0 || s != 0 {
		return fmt.Errorf("opencl: %s %s: %w", doing, d.Name, s)
	}
	return nil
}

// Close waits for the commands and releases everything that was made with the device.
func (d *Device) Close() {
	call(cl.Finish, d.queue)
	for _, c := range d.calls {
		call(cl.ReleaseKernel, c.kernel)
	}
	for _, p := range d.programs {
		call(cl.ReleaseProgram, p)
	}
	for _, b := range d.buffers {
		call(cl.ReleaseMemObject, b)
	}
	call(cl.ReleaseCommandQueue, d.queue)
	d.leave()
	d.queue, d.context = 0, 0
}

// Err is the first error of the commands so far.
func (d *Device) Err() error { return d.err }

func (d *Device) fail(doing string, err error) {
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("opencl: %s on %s: %w", doing, d.Name, err)
	}
}

// Finish waits until all commands have run.
func (d *Device) Finish() error {
	d.fail("waiting for commands", d.do(cl.Finish, d.queue))
	return d.err
}

// Buffer is a range of the device's memory, in entries of 4 bytes.
type Buffer struct {
	memory uintptr
	at, n  int
}

// Len is the number of entries.
func (b Buffer) Len() int { return b.n }

// Nil reports whether b is the zero Buffer.
func (b Buffer) Nil() bool { return b.memory == 0 }

// Slice is the entries lo to hi−1.
func (b Buffer) Slice(lo, hi int) Buffer {
	if lo < 0 || hi < lo || hi > b.n {
		panic(fmt.Sprintf("opencl: slice %d:%d of a buffer of %d", lo, hi, b.n))
	}
	return Buffer{b.memory, b.at + lo, hi - lo}
}

// From is the entries from lo on.
func (b Buffer) From(lo int) Buffer { return b.Slice(lo, b.n) }

// Alloc allocates n entries of 4 bytes, whose contents are undefined. Buffers live until the device is closed or they are freed.
func (d *Device) Alloc(n int) (Buffer, error) {
	if 4*int64(n) > d.MaxBuffer {
		return Buffer{}, fmt.Errorf("opencl: %.2f GiB in one piece are more than the %.2f that %s allows; use a smaller batch",
			float64(n)/(1<<28), float64(d.MaxBuffer)/(1<<30), d.Name)
	}
	m := call(cl.CreateBuffer, d.context, 1, uintptr(4*max(n, 1)), 0, pointer(d.status))
	if err := d.created(m, fmt.Sprintf("allocating %.2f GiB on", float64(n)/(1<<28))); err != nil {
		return Buffer{}, fmt.Errorf("%w; use a smaller batch", err)
	}
	d.buffers = append(d.buffers, m)
	return Buffer{m, 0, n}, nil
}

// HostMemory allocates n floats of the host's memory from which Write and WriteLater are faster: those that the device may read by itself.
// It lives until the device is closed.
func (d *Device) HostMemory(n int) ([]float32, error) {
	const readWrite, allocHost = 1, 1 << 4
	m := call(cl.CreateBuffer, d.context, readWrite|allocHost, uintptr(4*max(n, 1)), 0, pointer(d.status))
	if err := d.created(m, "allocating memory of the host for"); err != nil {
		return nil, err
	}
	d.buffers = append(d.buffers, m)
	const wait, both = 1, 3
	p := call(cl.EnqueueMapBuffer, d.queue, m, wait, both, 0, uintptr(4*max(n, 1)), 0, 0, 0, pointer(d.status))
	if err := d.created(p, "mapping memory of the host for"); err != nil {
		return nil, err
	}
	return unsafe.Slice((*float32)(*(*unsafe.Pointer)(unsafe.Pointer(&p))), n), nil
}

// Write copies src to the beginning of b and returns when src may be changed.
func (d *Device) Write(b Buffer, src []float32) {
	d.write(b, unsafe.Pointer(unsafe.SliceData(src)), len(src), 1)
}

// WriteInts is Write for integers.
func (d *Device) WriteInts(b Buffer, src []int32) {
	d.write(b, unsafe.Pointer(unsafe.SliceData(src)), len(src), 1)
}

// WriteLater is Write, but src, which must neither be freed nor changed, is read when the queue has come so far.
func (d *Device) WriteLater(b Buffer, src []float32) {
	d.write(b, unsafe.Pointer(unsafe.SliceData(src)), len(src), 0)
}

// WriteIntsLater is WriteLater for integers.
func (d *Device) WriteIntsLater(b Buffer, src []int32) {
	d.write(b, unsafe.Pointer(unsafe.SliceData(src)), len(src), 0)
}

func (d *Device) write(b Buffer, src unsafe.Pointer, n, wait int) {
	if n > b.n {
		panic(fmt.Sprintf("opencl: %d entries written to a buffer of %d", n, b.n))
	}
	if n == 0 {
		return
	}
	d.held = src
	d.fail("writing", d.do(cl.EnqueueWriteBuffer, d.queue, b.memory, uintptr(wait), uintptr(4*b.at), uintptr(4*n), uintptr(src), 0, 0,
		d.take()))
	d.taken("write")
}

// Read waits for all commands and copies the beginning of b to dst.
func (d *Device) Read(dst []float32, b Buffer) error {
	return d.read(unsafe.Pointer(unsafe.SliceData(dst)), len(dst), b)
}

// ReadInts is Read for integers.
func (d *Device) ReadInts(dst []int32, b Buffer) error {
	return d.read(unsafe.Pointer(unsafe.SliceData(dst)), len(dst), b)
}

// ReadDoubles is Read for numbers of 8 bytes, each two entries of b.
func (d *Device) ReadDoubles(dst []float64, b Buffer) error {
	return d.read(unsafe.Pointer(unsafe.SliceData(dst)), 2*len(dst), b)
}

func (d *Device) read(dst unsafe.Pointer, n int, b Buffer) error {
	if n > b.n {
		panic(fmt.Sprintf("opencl: %d entries read from a buffer of %d", n, b.n))
	}
	if n > 0 {
		d.held = dst
		d.fail("reading", d.do(cl.EnqueueReadBuffer, d.queue, b.memory, 1, uintptr(4*b.at), uintptr(4*n), uintptr(dst), 0, 0, d.take()))
		d.taken("read")
	}
	return d.err
}

// Zero sets b to 0.
func (d *Device) Zero(b Buffer) {
	if b.n == 0 {
		return
	}
	d.argument[0] = 0
	d.fail("zeroing", d.do(cl.EnqueueFillBuffer, d.queue, b.memory, pointer(d.argument), 4, uintptr(4*b.at), uintptr(4*b.n), 0, 0, d.take()))
	d.taken("zero")
}
