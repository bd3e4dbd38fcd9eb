package optim_test

import (
	"fmt"
	"math"
	"testing"

	"cenet/nn"
	"cenet/nn/optim"
)

// The learning rate at places where it can be told by hand.
func TestSchedule(t *testing.T) {
	for _, s := range []struct {
		optim.Schedule
		at map[float64]float64
	}{
		{optim.Schedule{Kind: "constant", LR: 3}, map[float64]float64{0: 3, 7.5: 3}},
		{optim.Schedule{Kind: "constant", LR: 3, Warmup: 2}, map[float64]float64{0: 0, 0.5: 0.75, 2: 3, 9: 3}},
		{optim.Schedule{Kind: "step", LR: 8, Milestones: []float64{2, 4}, Factor: 0.5}, map[float64]float64{0: 8, 1.99: 8, 2: 4, 3.5: 4, 4: 2, 99: 2}},
		{optim.Schedule{Kind: "cosine", LR: 2, Epochs: 6}, map[float64]float64{0: 2, 2: 1.5, 3: 1, 4: 0.5, 6: 0}},
		{optim.Schedule{Kind: "cosine", LR: 2, Epochs: 7, Warmup: 1}, map[float64]float64{0: 0, 0.5: 1, 1: 2, 3: 1.5, 4: 1, 7: 0}},
	} {
		for epoch, want := range s.at {
			if got := s.At(epoch); math.Abs(got-want) > 1e-15 {
				t.Errorf("%+v at %v: %v, want %v", s.Schedule, epoch, got, want)
			}
		}
	}
}

// Three steps by any number of workers are those of the definition in double precision; biases decay only where all parameters do.
func TestSGD(t *testing.T) {
	const momentum, decay, lr = 0.9, 0.1, 0.05
	for _, nesterov := range []bool{false, true} {
		for _, decayAll := range []bool{false, true} {
			for _, workers := range []int{1, 3} {
				t.Run(fmt.Sprintf("nesterov %v/decay all %v/%d workers", nesterov, decayAll, workers), func(t *testing.T) {
					b := nn.NewBuilder()
					net, err := b.Build(nn.NewLinear(b, "fc", 300, 7), nn.Shape{N: 1, H: 1, W: 1, C: 300}, nn.Options{Seed: 1, Workers: workers})
					if err != nil {
						t.Fatal(err)
					}
					c := nn.NewContext(workers)
					defer c.Close()
					sgd := optim.NewSGD(net, momentum, decay, nesterov, decayAll)
					type state struct{ w, v float64 }
					want := map[string][]state{}
					for _, p := range net.Params {
						for _, w := range p.Data {
							want[p.Path] = append(want[p.Path], state{w: float64(w)})
						}
					}
					for step := range 3 {
						for _, p := range net.Params {
							for i := range p.Grad {
								p.Grad[i] = float32(math.Sin(float64(i*(step+1)) + float64(len(p.Path))))
								s, g := &want[p.Path][i], float64(p.Grad[i])
								if decayAll || p.Path == "fc/weight" {
									g += decay * s.w
								}
								s.v = momentum*s.v + g
								if nesterov {
									s.w -= lr * (g + momentum*s.v)
								} else {
									s.w -= lr * s.v
								}
							}
						}
						sgd.Step(c, lr)
					}
					for _, p := range net.Params {
						for i, got := range p.Data {
							if w := want[p.Path][i].w; math.Abs(float64(got)-w) > 1e-6 {
								t.Fatalf("%s[%d]: %v, want %v", p.Path, i, got, w)
							}
						}
					}
				})
			}
		}
	}
}
