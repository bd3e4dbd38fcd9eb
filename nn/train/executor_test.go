package train_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"cenet/nn/train"
)

// onDevice is a rig that trains on a device: on another rig's network.
func onDevice(t *testing.T) *rig {
	r, device := newRig(t), newRig(t)
	r.On(train.Twin(device.Trainer, device.Context))
	r.Checkpoint.Executor = r.Trainer.Executor()
	return r
}

// A training on a device, begun there or gone on with there from any step on, ends as on the CPU: network, optimizer and epochs.
func TestDevice(t *testing.T) {
	whole := newRig(t)
	want, err := whole.Fit(context.Background(), whole.Context, train.Position{}, train.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	same := func(name string, r *rig, got train.Position) {
		t.Helper()
		if r.Net.Hash() != whole.Net.Hash() {
			t.Errorf("%s: other weights", name)
		}
		for i := range want.Epochs {
			if got.Epochs[i] != want.Epochs[i] {
				t.Errorf("%s: epoch %+v, want %+v", name, got.Epochs[i], want.Epochs[i])
			}
		}
	}
	r := onDevice(t)
	at, err := r.Fit(context.Background(), r.Context, train.Position{}, train.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	same("whole", r, at)

	path := filepath.Join(t.TempDir(), "checkpoint")
	for stop := range whole.Steps() + 1 {
		for name, rigs := range map[string][2]*rig{"to the device": {newRig(t), onDevice(t)}, "from the device": {onDevice(t), newRig(t)}} {
			a, b := rigs[0], rigs[1]
			left := stop
			_, err := a.Fit(context.Background(), a.Context, train.Position{}, train.Hooks{Save: func(p train.Position) error {
				if left--; left >= 0 {
					return nil
				}
				return errors.Join(a.Save(path, p), errStop)
			}})
			if !errors.Is(err, errStop) {
				t.Fatal(err)
			}
			at, err := b.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			at, err = b.Fit(context.Background(), b.Context, at, train.Hooks{})
			if err != nil {
				t.Fatal(err)
			}
			same(name, b, at)
		}
	}
}

// A steady step on a device and an evaluation, with the next batch made meanwhile, allocate nothing.
func TestDeviceAllocatesNothing(t *testing.T) {
	r := onDevice(t)
	r.Begin(0, 0)
	step := 0
	if a := allocations(func() {
		if _, err := r.Step(r.Context, 0, step%r.Steps()); err != nil {
			t.Error(err)
		}
		step++
	}); a != 0 {
		t.Errorf("%d allocations", a)
	}
	if a := allocations(func() {
		if _, err := r.Evaluate(context.Background(), r.Context); err != nil {
			t.Error(err)
		}
	}); a != 0 {
		t.Errorf("evaluating: %d allocations", a)
	}
}
