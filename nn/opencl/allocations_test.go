//go:build opencl

package opencl_test

import (
	"context"
	"runtime"
	"testing"

	"cenet/nn/opencl"
)

// A steady step of training on a device, from the images of the batch to the losses and ranks on the host, with the next batch made
// meanwhile, allocates nothing, nor does an evaluation, nor what a network and a device copy to one another. MobileNetV2 has a Dropout,
// which is notified of every step.
//
// It is counted on one processor: a goroutine that goes on on another one may find there neither the runtime's record of a wait nor
// purego's block of arguments, and each processor gets its own once. See TestCall for purego's.
func TestAllocatesNothing(t *testing.T) {
	infos, err := opencl.Devices()
	if err != nil {
		t.Skip(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, c := range []struct{ backbone, block string }{{"resnet18", "none"}, {"resnet18", "eca"}, {"resnet18", "ce"},
		{"mobilenetv2", "se"}} {
		t.Run(c.backbone+"/"+c.block, func(t *testing.T) {
			r := newTrial(t, opencl.Processor(infos[0]), c.backbone, c.block)
			r.Begin(0, 0)
			step := 0
			none(t, "step", func() error {
				_, err := r.Step(r.c, 0, step%r.Steps())
				step++
				return err
			})
			none(t, "evaluation", func() error {
				_, err := r.Evaluate(context.Background(), r.c)
				return err
			})
			none(t, "copy from the device", r.Pull)
			host := r.Net.Host()
			none(t, "copy to the device", func() error { return r.Trainer.Executor().Push(host) })
		})
	}
}

// none reports what five calls of f allocate, after the first: 0 in one of two tries, since a collection that happens to run has purego
// allocate anew.
func none(t *testing.T, what string, f func() error) {
	t.Helper()
	if err := f(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	for range 2 {
		runtime.ReadMemStats(&before)
		for range 5 {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		if after.Mallocs == before.Mallocs {
			return
		}
	}
	t.Errorf("five times a %s: %d allocations of %d bytes", what, after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc)
}
