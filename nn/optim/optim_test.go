package optim_test

import (
	"fmt"
	"math"
	"strings"
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

// Three steps by any number of workers are those of the definition in double precision; biases decay only where all parameters do. A frozen
// parameter keeps its bits.
func TestSGD(t *testing.T) {
	for _, frozen := range []string{"", "fc/weight", "fc/bias"} {
		testSGD(t, frozen)
	}
}

func testSGD(t *testing.T, frozen string) {
	const momentum, decay, lr = 0.9, 0.1, 0.05
	for _, nesterov := range []bool{false, true} {
		for _, decayAll := range []bool{false, true} {
			for _, workers := range []int{1, 3} {
				t.Run(fmt.Sprintf("nesterov %v/decay all %v/%d workers/frozen %q", nesterov, decayAll, workers, frozen), func(t *testing.T) {
					b := nn.NewBuilder()
					net, err := b.Build(nn.NewLinear(b, "fc", 300, 7), nn.Shape{N: 1, H: 1, W: 1, C: 300}, nn.Options{Seed: 1, Workers: workers})
					if err != nil {
						t.Fatal(err)
					}
					c := nn.NewContext(workers)
					defer c.Close()
					sgd := optim.NewSGD(net, optim.SGDOptions{Momentum: momentum, WeightDecay: decay, Nesterov: nesterov, DecayAll: decayAll,
						Frozen: func(p *nn.Param) bool { return p.Path == frozen }})
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
								if p.Path == frozen {
									continue
								}
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
							if w := want[p.Path][i].w; math.Abs(float64(got)-w) > 1e-6 || p.Path == frozen && float64(got) != w {
								t.Fatalf("%s[%d]: %v, want %v", p.Path, i, got, w)
							}
						}
					}
				})
			}
		}
	}
}

// With a warm-up of all epochs, every kind of schedule rises from its first step to its last, and is a finite number after them, too.
func TestWarmupOfAllEpochs(t *testing.T) {
	for _, kind := range append([]string{""}, optim.Kinds...) {
		for _, fromZero := range []bool{false, true} {
			for _, epochs := range []float64{1, 3, 0.75} { // the last within an epoch
				s := optim.Schedule{Kind: kind, LR: 0.1, Epochs: epochs, Warmup: epochs, Milestones: []float64{1, 2}, Factor: 0.1, FromZero: fromZero}
				if err := s.Check(); err != nil {
					t.Fatal(err)
				}
				before := -1.0
				for i := range int(4 * epochs) {
					lr := s.At(i/4, i%4, 4)
					if !(lr > before && lr <= s.LR) {
						t.Errorf("%+v, step %d: %v after %v", s, i, lr, before)
					}
					before = lr
				}
				if !fromZero && before != s.LR {
					t.Errorf("%+v ends at %v", s, before)
				}
				for i := int(4 * epochs); i < 20; i++ {
					if lr := s.At(i/4, i%4, 4); !(lr >= 0 && lr <= s.LR) {
						t.Errorf("%+v, step %d after the end: %v", s, i, lr)
					}
				}
			}
		}
	}
}

// Check says in a line what is wrong with a schedule.
func TestScheduleCheck(t *testing.T) {
	for _, c := range []struct {
		optim.Schedule
		want string
	}{
		{optim.Schedule{}, ""},
		{optim.Schedule{Kind: "step", LR: 1, Milestones: []float64{1, 2}}, ""},
		{optim.Schedule{Kind: "Cosine", LR: 1, Epochs: 2}, `unknown kind of schedule "Cosine"`},
		{optim.Schedule{Kind: "cosine", LR: 1}, "cosine schedule of 0 epochs"},
		{optim.Schedule{Kind: "cosine", LR: 1, Epochs: 2, Warmup: 3}, "a warm-up of 3"},
		{optim.Schedule{LR: math.NaN()}, "not finite"},
		{optim.Schedule{LR: 1, Warmup: math.Inf(1)}, "not finite"},
		{optim.Schedule{Kind: "step", Milestones: []float64{math.NaN()}}, "not finite"},
		{optim.Schedule{Kind: "step", Milestones: []float64{2, 1}}, "milestones [2 1]"},
		{optim.Schedule{LR: -1}, "learning rate -1"},
	} {
		if err := c.Check(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.Schedule, err, c.want)
		}
	}
	for want, f := range map[string]func(){
		"optim: unknown kind of schedule": func() { optim.Schedule{Kind: "linear"}.At(0, 0, 4) },
		"optim: an epoch without steps":   func() { optim.Schedule{}.At(0, 0, 0) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("%v, want %s", got, want)
				}
			}()
			f()
		}()
	}
}
