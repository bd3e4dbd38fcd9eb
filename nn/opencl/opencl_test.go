//go:build opencl

package opencl

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// open opens the first device whose name or platform has the text of CENET_TEST_DEVICE, else the first, and skips the test without a device.
func open(t testing.TB) *Device {
	t.Helper()
	list, err := Devices()
	if err != nil || len(list) == 0 {
		t.Skipf("no OpenCL device: %v", err)
	}
	i := slices.IndexFunc(list, func(i Info) bool { return strings.Contains(i.Name+" "+i.Platform, os.Getenv("CENET_TEST_DEVICE")) })
	if i < 0 {
		t.Fatalf("no device of the name in CENET_TEST_DEVICE among %v", list)
	}
	d, err := Open(list[i], false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// alloc allocates a buffer that holds x.
func alloc(t testing.TB, d *Device, x []float32) Buffer {
	t.Helper()
	b, err := d.Alloc(len(x))
	if err != nil {
		t.Fatal(err)
	}
	d.Write(b, x)
	return b
}

// read returns what a buffer holds.
func read(t testing.TB, d *Device, b Buffer) []float32 {
	t.Helper()
	x := make([]float32, b.Len())
	if err := d.Read(x, b); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestDevices(t *testing.T) {
	d := open(t)
	list, _ := Devices()
	for i, l := range list {
		t.Logf("%d: %v", i, l)
	}
	if d.Memory <= 0 || d.Units <= 0 || d.WorkGroup <= 0 {
		t.Errorf("%+v", d.Info)
	}
}

func TestCall(t *testing.T) {
	d := open(t)
	x := alloc(t, d, []float32{1, 2, 3, 4, 5, 6, 7})
	y := alloc(t, d, make([]float32, 7))
	c := d.Call("times", []int{1}, []int{8}, y.Slice(2, 5), x.From(1), float32(2), 3)
	c.Run()
	want := []float32{0, 0, 4, 6, 8, 0, 0}
	for i, v := range read(t, d, y) {
		if v != want[i] {
			t.Errorf("%d: %v, not %v", i, v, want[i])
		}
	}
	call := func() {
		c.SetFloat(2, 3)
		c.Run()
		d.Finish()
	}
	if n := testing.AllocsPerRun(10, call); n != 0 {
		t.Errorf("a call allocates %v times", n)
	}
	// purego keeps its blocks of arguments in a sync.Pool, which two collections empty: the next call makes a block of 352 bytes and, of one
	// processor, 136 of the pool's own. Nothing else is made anew, and the calls after it allocate nothing.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var first, after, bytes uint64 = 99, 99, 1 << 20
	for range 3 { // the runtime has some of its own after a collection
		runtime.GC()
		runtime.GC()
		var stats [3]runtime.MemStats
		runtime.ReadMemStats(&stats[0])
		call()
		runtime.ReadMemStats(&stats[1])
		call()
		runtime.ReadMemStats(&stats[2])
		first, bytes = min(first, stats[1].Mallocs-stats[0].Mallocs), min(bytes, stats[1].TotalAlloc-stats[0].TotalAlloc)
		after = min(after, stats[2].Mallocs-stats[1].Mallocs)
	}
	if first > 3 || bytes > 488 {
		t.Errorf("after two collections a call allocates %d times, %d bytes", first, bytes)
	}
	if after != 0 {
		t.Errorf("the call after it allocates %d times", after)
	}
}

func TestBadSource(t *testing.T) {
	d := open(t)
	if _, err := d.fromSource("kernel void f(global float *x) { x[0] = nothing; }", ""); err == nil {
		t.Error("compiled")
	} else {
		t.Log(err)
	}
}
