package train_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/model"
	"cenet/nn/optim"
	"cenet/nn/stream"
	"cenet/nn/train"
)

// noise are n random images in 10 classes, each class brighter in a part of its own.
func noise(name string, n, size int) *dataset.Set {
	s := &dataset.Set{Height: size, Width: size, Channels: 3, Classes: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}
	random := stream.New(1, name)
	for range n {
		label := random.IntN(10)
		s.Labels = append(s.Labels, label)
		for p := range size * size * 3 {
			v := random.IntN(200)
			if p*10/(size*size*3) == label {
				v += 55
			}
			s.Pixels = append(s.Pixels, uint8(v))
		}
	}
	return s
}

// newPlatformRig is a training of two epochs on 512 images, by two workers or, where that is not nil, on a device, with all that a table's
// training has.
func newPlatformRig(t *testing.T, d graph.Device, backbone string, block nn.Factory, size int, precision nn.Precision) *rig {
	t.Helper()
	const batch = 64
	b := nn.NewBuilder()
	root, err := model.Backbones[backbone].New(b, model.Spec{Classes: 10, Inputs: 3, Width: 1, Small: true, Block: block})
	if err != nil {
		t.Fatal(err)
	}
	net, err := b.Build(root, nn.Shape{N: batch, H: size, W: size, C: 3}, nn.Options{Seed: 1, Workers: 2, Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	sgd := optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9, WeightDecay: 1e-4, Nesterov: true})
	c := nn.NewContext(2)
	t.Cleanup(c.Close)
	data := &dataset.Data{Name: "noise", Train: noise("train", 512, size), Test: noise("test", 100, size)}
	loss := nn.NewCrossEntropy(batch, 10, 0.1)
	trainer := train.New(net, loss, sgd, data, 0, train.Config{
		Epochs: 2, Seed: 1, Schedule: optim.Schedule{Kind: "cosine", LR: 0.05, Epochs: 2, Warmup: 0.5},
		Augment: &dataset.Augment{Crop: 1, Flip: true},
	})
	if d != nil {
		e, err := train.Open(d, net, loss, sgd)
		if err != nil {
			t.Fatal(err)
		}
		trainer.On(e)
	}
	t.Cleanup(trainer.Close)
	return &rig{trainer, train.Checkpoint{Net: net, SGD: sgd, Identity: backbone, Executor: trainer.Executor()}, c}
}

// devices are those on which TestSameOnEveryPlatform trains too.
var devices = map[string]graph.Device{}

// A training gives the same bits on every processor that has a family of kernels of its own: the file of the checkpoint in its second
// epoch, from which it then goes on, the network at the end and all losses. So what one machine has begun, another can end. The sums are
// those of numerics 9, as an AVX-512 machine computed them, in bfloat16 by its instruction; a change of numerics changes them.
func TestSameOnEveryPlatform(t *testing.T) {
	if kernel.Arithmetic() != "fused" {
		t.Skip("the portable kernels round otherwise")
	}
	const size = 8
	for _, k := range []struct {
		backbone              string
		block                 nn.Factory
		precision             nn.Precision
		checkpoint, net, loss string
	}{
		{"resnet20", func(b *nn.Builder, s nn.Site) nn.Layer { return ce.New(b, s, ce.Official()) }, nn.Float32,
			"91037ad0b3bad7707693a20810b7c9dc202575f01e05facc8d93e9ea0f9b6272", "bca22c62a0cbc112e274b093d15966664fa6d8890e1ce220823de2209e47a792",
			"e5889da57dafb51ac7ff7417d6d13fb51fb9158742fbdf3437e8a915cf1bc1aa"},
		{"mobilenetv2", func(b *nn.Builder, s nn.Site) nn.Layer { return nn.NewSE(b, s.Path, s.Channels, 16, 4) }, nn.Float32,
			"aa6071535165ff92e8d468f9e7299efd61c6a767256cefbf81b9630c5b216d7b", "4fd5e391fd09197bc297023cf733a9709c6ea16d0706bc2175f0c280327dc3a4",
			"3ee7107b13c74894e642f42f2d1aca58bad896d97be64a2a634833a1c0c10c6b"},
		{"resnet20", func(b *nn.Builder, s nn.Site) nn.Layer { return ce.New(b, s, ce.Official()) }, nn.BFloat16,
			"63a529a3cfc489c8e2c8ffbd2866590dcf67c814333babc136931e4e4b7f4edc", "45ae76194afac05227b025e647a4f0fbb3c3749da190fa3ad69e72f6237348be",
			"387f164ba807ba07686bcf0e6bd1b13f9160605a79958ca5798d59fac4f3f06f"},
		{"mobilenetv2", func(b *nn.Builder, s nn.Site) nn.Layer { return nn.NewSE(b, s.Path, s.Channels, 16, 4) }, nn.BFloat16,
			"47ebcba3c619e9f2d1c3b684475088f07268bc08a2450d7e8db561127f84d006", "9d756953c47c0cb76a9062e80c85492544e09ce7e993070b109844dcf12ffe5c",
			"606b85a9efeaa9df3d2c94682ff14e4879e7f9460304da386d5bc904bd0d9e36"},
	} {
		check := func(on string, d graph.Device) {
			t.Run(fmt.Sprintf("%s/%v/%s", k.backbone, k.precision, on), func(t *testing.T) {
				file, net, losses := platformRun(t, func() *rig { return newPlatformRig(t, d, k.backbone, k.block, size, k.precision) })
				t.Logf("images of %d×%[1]d: %s", size, losses)
				for _, sum := range []struct{ what, got, want string }{
					{"checkpoint", digest(file), k.checkpoint}, {"network", net, k.net}, {"losses", digest(losses), k.loss},
				} {
					if sum.got != sum.want {
						t.Errorf("%s: %s, want %s", sum.what, sum.got, sum.want)
					}
				}
			})
		}
		check(kernel.Family(), nil)
		for name, d := range devices {
			check(name, d)
		}
	}
}

// platformRun trains until the second epoch, and from the checkpoint on to the end. It returns the file, the hash of the network and the
// losses.
func platformRun(t *testing.T, begin func() *rig) (file []byte, net string, losses []byte) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	first := begin()
	_, err := first.Fit(context.Background(), first.Context, train.Position{}, train.Hooks{Save: func(p train.Position) error {
		if p.Epoch != 1 || p.Step != 3 {
			return nil
		}
		if err := first.Save(path, p); err != nil {
			return err
		}
		return errStop
	}})
	if !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	if file, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	second := begin()
	at, err := second.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	end, err := second.Fit(context.Background(), second.Context, at, train.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	if losses, err = json.Marshal(end.Epochs); err != nil {
		t.Fatal(err)
	}
	return file, second.Net.Hash(), losses
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
