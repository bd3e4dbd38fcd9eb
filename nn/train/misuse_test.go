package train_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/optim"
	"cenet/nn/train"
)

// small is a network of one linear layer with four images of 2×2 pixels in a batch.
func small(t *testing.T, outputs int, o nn.Options) *nn.Network {
	t.Helper()
	b := nn.NewBuilder()
	net, err := b.Build(nn.NewSequential(nn.NewGlobalPool("pool"), nn.NewLinear(b, "fc", 1, outputs)), nn.Shape{N: 4, H: 2, W: 2, C: 1}, o)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// grey is a set of n images of 2×2 pixels in three classes.
func grey(n int) *dataset.Set {
	s := &dataset.Set{Height: 2, Width: 2, Channels: 1, Classes: []string{"a", "b", "c"}}
	for i := range n {
		s.Labels = append(s.Labels, i%3)
		s.Pixels = append(s.Pixels, uint8(40*(i%3)), uint8(7*i), uint8(80*(i%3)), 9)
	}
	return s
}

// Parts that do not fit each other are a panic of New with one sentence.
func TestNewRefuses(t *testing.T) {
	data := &dataset.Data{Train: grey(8), Test: grey(4)}
	for want, f := range map[string]func(){
		"train: loss of another number of classes": func() {
			train.New(small(t, 3, nn.Options{}), nn.NewCrossEntropy(4, 4, 0), nil, data, 0, train.Config{})
		},
		"train: loss of fewer images": func() {
			train.New(small(t, 3, nn.Options{}), nn.NewCrossEntropy(3, 3, 0), nil, data, 0, train.Config{})
		},
		"train: more classes of images": func() {
			train.New(small(t, 2, nn.Options{}), nn.NewCrossEntropy(4, 2, 0), nil, data, 0, train.Config{})
		},
		"train: images of another size": func() {
			train.New(small(t, 3, nn.Options{}), nn.NewCrossEntropy(4, 3, 0), nil, data, 1, train.Config{})
		},
		"optim: the network was built for":   func() { optim.NewSGD(small(t, 3, nn.Options{Inference: true}), optim.SGDOptions{}) },
		"optim: momentum is not from 0 to 1": func() { optim.NewSGD(small(t, 3, nn.Options{}), optim.SGDOptions{Momentum: float32(math.NaN())}) },
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.HasPrefix(text, want) {
					t.Errorf("%q, want %q", text, want)
				}
			}()
			f()
		}()
	}
}

// Fit refuses in a line what would end in a NaN, and trains with a warm-up of all epochs by every schedule.
func TestFitChecks(t *testing.T) {
	fit := func(s optim.Schedule, trained, tested int, without bool) (*nn.Network, train.Position, error) {
		net := small(t, 3, nn.Options{Seed: 1})
		c := nn.NewContext(1)
		defer c.Close()
		sgd := optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9})
		if without {
			sgd = nil
		}
		trainer := train.New(net, nn.NewCrossEntropy(4, 3, 0), sgd, &dataset.Data{Train: grey(trained), Test: grey(tested),
			Norm: dataset.Normalisation{Mean: []float64{0.3}, Std: []float64{0.2}}},
			0, train.Config{Epochs: 3, Seed: 1, Schedule: s})
		defer trainer.Close()
		at, err := trainer.Fit(context.Background(), c, train.Position{}, train.Hooks{})
		return net, at, err
	}
	for _, kind := range append([]string{""}, optim.Kinds...) {
		for _, fromZero := range []bool{false, true} {
			s := optim.Schedule{Kind: kind, LR: 0.1, Epochs: 3, Warmup: 3, Milestones: []float64{1, 2}, Factor: 0.1, FromZero: fromZero}
			net, at, err := fit(s, 12, 4, false)
			if err != nil || len(at.Epochs) != 3 {
				t.Fatalf("%+v: %v, %d epochs", s, err, len(at.Epochs))
			}
			first, last := at.Epochs[0], at.Epochs[2]
			if !(last.TrainLoss < first.TrainLoss) || !(last.TestLoss < first.TestLoss) || math.IsNaN(last.LR) {
				t.Errorf("%+v: %+v, then %+v", s, first, last)
			}
			for _, p := range net.Params {
				for _, v := range p.Data {
					if v-v != 0 {
						t.Fatalf("%+v: %s is %v", s, p.Path, p.Data)
					}
				}
			}
		}
	}
	constant := optim.Schedule{LR: 0.1}
	for _, c := range []struct {
		schedule        optim.Schedule
		trained, tested int
		without         bool
		want            string
	}{
		{optim.Schedule{Kind: "cosin", LR: 0.1, Epochs: 3}, 12, 4, false, `optim: unknown kind of schedule "cosin", expected one of ["constant" "step" "cosine"]`},
		{optim.Schedule{Kind: "cosine", LR: 0.1, Epochs: 3, Warmup: 4}, 12, 4, false, "optim: cosine schedule of 3 epochs with a warm-up of 4"},
		{constant, 3, 4, false, "train: a batch of 4 images is more than the 3 of the training set"},
		{constant, 12, 0, false, "train: no test images"},
		{constant, 12, 4, true, "train: no optimizer"},
	} {
		if _, _, err := fit(c.schedule, c.trained, c.tested, c.without); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
