//go:build opencl

package opencl_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/model"
	"cenet/nn/opencl"
	"cenet/nn/optim"
	"cenet/nn/train"
)

// images are n made-up ones in 4 classes.
func images(n, side int) *dataset.Set {
	s := &dataset.Set{Height: side, Width: side, Channels: 3, Classes: []string{"a", "b", "c", "d"}}
	for i := range n {
		s.Labels = append(s.Labels, i%4)
		for p := range side * side * 3 {
			s.Pixels = append(s.Pixels, uint8(i*31+p*(i%4+1)*7+p*p/11))
		}
	}
	return s
}

var blocks = map[string]nn.Factory{
	"none": nil,
	"se":   func(b *nn.Builder, s nn.Site) nn.Layer { return nn.NewSE(b, s.Path, s.Channels, 16, 4) },
	"eca":  func(b *nn.Builder, s nn.Site) nn.Layer { return nn.NewECA(b, s.Path, s.Channels) },
	"ce": func(b *nn.Builder, s nn.Site) nn.Layer {
		if s.Stage > 3 {
			return nil
		}
		o := ce.Official()
		o.Variance = ce.Biased // images become single pixels
		return ce.New(b, s, o)
	},
	"frozen": nil, // and the BatchNorms frozen
}

// trial is a training of two epochs of a small network, on a device or, where that is nil, on the CPU.
type trial struct {
	*train.Trainer
	train.Checkpoint
	c *nn.Context
}

func newTrial(t *testing.T, d graph.Device, backbone, block string) *trial {
	t.Helper()
	b := nn.NewBuilder()
	root, err := model.Backbones[backbone].New(b, model.Spec{Classes: 4, Width: 0.25, Small: true, Inputs: 3, Block: blocks[block]})
	if err != nil {
		t.Fatal(err)
	}
	net, err := b.Build(root, nn.Shape{N: 8, H: 32, W: 32, C: 3}, nn.Options{Seed: 1, Workers: 2, Lazy: d != nil})
	if err != nil {
		t.Fatal(err)
	}
	loss, sgd := nn.NewCrossEntropy(8, 4, 0.1), optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9, WeightDecay: 5e-4, Nesterov: true,
		Frozen: func(p *nn.Param) bool {
			return block == "frozen" && (strings.Contains(p.Path, "/bn") || p.Path == "stage1/unit0/conv1/weight")
		}})
	data := &dataset.Data{Name: "made up", Train: images(24, 32), Test: images(11, 32)}
	r := &trial{
		train.New(net, loss, sgd, data, 0, train.Config{
			Epochs: 2, Seed: 1, Augment: &dataset.Augment{Crop: 2, Flip: true}, Schedule: optim.Schedule{Kind: "constant", LR: 0.02},
		}),
		train.Checkpoint{Net: net, SGD: sgd, Identity: backbone + block}, nn.NewContext(2),
	}
	if d != nil {
		e, err := train.Open(d, net, loss, sgd)
		if err != nil {
			t.Fatal(err)
		}
		r.On(e)
	}
	r.Checkpoint.Executor = r.Trainer.Executor()
	t.Cleanup(func() { r.Trainer.Close(); r.c.Close() })
	return r
}

// Two epochs of training give the network and the records on every device that the CPU gives, and so do one epoch and a step on one and
// the rest on the other.
func TestTraining(t *testing.T) {
	if kernel.Arithmetic() != "fused" {
		t.Skip("this processor has no fused kernels to compare with")
	}
	infos, err := opencl.Devices()
	if err != nil {
		t.Skip(err)
	}
	for _, info := range infos {
		for _, backbone := range []string{"resnet18", "resnet50", "mobilenetv2", "shufflenetv2-0.5", "resnext50"} {
			if testing.Short() && backbone != "resnet18" {
				continue
			}
			for _, block := range []string{"none", "se", "eca", "ce", "frozen"} {
				t.Run(fmt.Sprintf("%s/%s/%s", info.Name, backbone, block), func(t *testing.T) {
					compare(t, opencl.Processor(info), backbone, block)
				})
			}
		}
	}
}

// Trainings that share a device give what each gives alone.
func TestSharedDevice(t *testing.T) {
	infos, err := opencl.Devices()
	if err != nil {
		t.Skip(err)
	}
	for _, info := range infos {
		var trials [3]*trial // the first alone
		for i := range trials {
			trials[i] = newTrial(t, opencl.Processor(info), "resnet18", "ce")
		}
		fit := func(r *trial) error {
			_, err := r.Fit(context.Background(), r.c, train.Position{}, train.Hooks{})
			return err
		}
		if err := fit(trials[0]); err != nil {
			t.Fatal(err)
		}
		var together errgroup.Group
		for _, r := range trials[1:] {
			together.Go(func() error { return fit(r) })
		}
		if err := together.Wait(); err != nil {
			t.Fatal(err)
		}
		var hashes []string
		for _, r := range trials {
			hashes = append(hashes, r.Net.Hash())
		}
		if hashes[1] != hashes[0] || hashes[2] != hashes[0] {
			t.Errorf("%s: networks %v of one training", info.Name, hashes)
		}
	}
}

func compare(t *testing.T, d graph.Device, backbone, block string) {
	whole := newTrial(t, nil, backbone, block)
	want, err := whole.Fit(context.Background(), whole.c, train.Position{}, train.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoint")
	stop := errors.New("stop")
	for name, devices := range map[string][2]graph.Device{"on the device": {nil, d}, "begun there": {d, nil}} {
		first, at := newTrial(t, devices[0], backbone, block), train.Position{}
		if name == "begun there" {
			steps := 0
			_, err := first.Fit(context.Background(), first.c, at, train.Hooks{Save: func(p train.Position) error {
				if steps++; steps <= first.Steps() {
					return nil
				}
				return errors.Join(first.Save(path, p), stop)
			}})
			if !errors.Is(err, stop) {
				t.Fatal(err)
			}
		}
		last := newTrial(t, devices[1], backbone, block)
		if name == "begun there" {
			if at, err = last.Load(path); err != nil {
				t.Fatal(err)
			}
		}
		got, err := last.Fit(context.Background(), last.c, at, train.Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		if last.Net.Hash() != whole.Net.Hash() {
			t.Errorf("%s: other weights, %d of %d, the largest difference %g", name, differing(last.Net, whole.Net), last.Net.NumParams(),
				furthest(last.Net, whole.Net))
		}
		if !reflect.DeepEqual(got.Epochs, want.Epochs) {
			t.Errorf("%s: epochs %+v, want %+v", name, got.Epochs, want.Epochs)
		}
	}
}

// differing counts the parameters that differ.
func differing(a, b *nn.Network) (n int) {
	for i, p := range a.Params {
		for j, v := range p.Data {
			if v != b.Params[i].Data[j] {
				n++
			}
		}
	}
	return n
}

// furthest is the largest difference of two parameters.
func furthest(a, b *nn.Network) (most float64) {
	for i, p := range a.Params {
		for j, v := range p.Data {
			d := float64(v) - float64(b.Params[i].Data[j])
			most = max(most, d, -d)
		}
	}
	return most
}
