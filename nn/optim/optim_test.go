package optim_test

import (
	"fmt"
	"math"
	"testing"

	"cenet/nn"
	"cenet/nn/optim"
)

// The rates of 4 epochs of 4 steps are PyTorch's. Its rates were printed by PyTorch 1.13, the optimizer's rate before each step, with
//
//	MultiStepLR(o, [8, 12], gamma=0.1)
//	CosineAnnealingLR(o, T_max=16)
//	SequentialLR(o, [LinearLR(o, start_factor=1/5, total_iters=4), MultiStepLR(o, [3, 7], gamma=0.1)], milestones=[5])
//	SequentialLR(o, [LinearLR(o, start_factor=1/5, total_iters=4), CosineAnnealingLR(o, T_max=11)], milestones=[5])
//
// for an SGD o of rate 0.1, each stepped after every step of it.
func TestScheduleIsPyTorchs(t *testing.T) {
	for _, s := range []struct {
		optim.Schedule
		want [16]float64
	}{
		{optim.Schedule{Kind: "constant", LR: 0.1}, [16]float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}},
		{optim.Schedule{Kind: "step", LR: 0.1, Milestones: []float64{2, 3}, Factor: 0.1},
			[16]float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.001}},
		{optim.Schedule{Kind: "cosine", LR: 0.1, Epochs: 4},
			[16]float64{0.1, 0.0990392640202, 0.0961939766256, 0.0915734806151, 0.0853553390593, 0.077778511651, 0.0691341716183, 0.0597545161008,
				0.05, 0.0402454838992, 0.0308658283817, 0.022221488349, 0.0146446609407, 0.00842651938487, 0.00380602337444, 0.000960735979838}},
		{optim.Schedule{Kind: "step", LR: 0.1, Milestones: []float64{2, 3}, Factor: 0.1, Warmup: 1.25},
			[16]float64{0.02, 0.04, 0.06, 0.08, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.001}},
		{optim.Schedule{Kind: "cosine", LR: 0.1, Epochs: 4, Warmup: 1.25},
			[16]float64{0.02, 0.04, 0.06, 0.08, 0.1, 0.1, 0.0979746486807, 0.0920626766416, 0.0827430366973, 0.0707707506501, 0.0571157419137,
				0.0428842580863, 0.0292292493499, 0.0172569633027, 0.00793732335844, 0.00202535131928}},
	} {
		for i, want := range s.want {
			if got := s.At(i/4, i%4, 4); math.Abs(got-want) > 1e-12 {
				t.Errorf("%+v, step %d: %v, want %v", s.Schedule, i, got, want)
			}
		}
	}
}

// A warm-up from 0 has the rates of the authors' released code: at step i of w the i-th part of w, then the schedule.
func TestWarmupFromZero(t *testing.T) {
	s := optim.Schedule{Kind: "step", LR: 0.1, Epochs: 4, Milestones: []float64{2, 3}, Factor: 0.1, Warmup: 1, FromZero: true}
	want := [16]float64{0, 0.025, 0.05, 0.075, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.001}
	for i := range want {
		if got := s.At(i/4, i%4, 4); math.Abs(got-want[i]) > 1e-12 {
			t.Errorf("step %d: %v, want %v", i, got, want[i])
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
