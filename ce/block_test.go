package ce

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cenet/nn/kernel"
)

// bench is a block with memory of its own, and a definition with the same parameters.
type bench struct {
	t     testing.TB
	def   *Definition
	block *Block
	shape Shape
	pool  *kernel.WorkerPool
	ratio []float32
	x, y  []float32
	dx    []float32
}

func newBench(t testing.TB, d *Definition, shape Shape, workers int) *bench {
	b := &Block{options: d.Options, channels: d.Channels, g: d.Group}
	take := func(dst *[]float32, n int) {
		*dst = kernel.Aligned(n)
		kernel.Fill(*dst, float32(math.NaN()))
	}
	set := func(dst *[]float32, from []float64) { *dst = narrow(from) }
	grad := func(dst *[]float32, from []float64) { *dst = make([]float32, len(from)) }
	o := d.Options
	if o.decorrelates() {
		b.bd = newDecorrelation(o, d.Channels, d.Group)
		set(&b.bd.runningP, d.P)
		set(&b.bd.runningMean, d.Mean)
	}
	if o.reweights() {
		b.ir = &reweighting{options: o, channels: d.Channels, hidden: o.Hidden(d.Channels)}
		set(&b.ir.w1, d.W1)
		set(&b.ir.w2, d.W2)
		set(&b.ir.gamma, d.Gamma)
		set(&b.ir.beta, d.Beta)
		grad(&b.ir.dw1, d.W1)
		grad(&b.ir.dw2, d.W2)
		grad(&b.ir.dgamma, d.Gamma)
		grad(&b.ir.dbeta, d.Beta)
		set(&b.ir.runningScale, []float64{d.Scale})
		set(&b.ir.runningWeight, []float64{d.Weight})
	}
	if o.learns() {
		set(&b.w, d.W)
		grad(&b.dw, d.W)
	}
	b.reserve(shape.N, shape.H*shape.W, workers, take, take, take)
	pool := kernel.NewWorkerPool(workers)
	t.Cleanup(pool.Close)
	size := shape.N * shape.H * shape.W * d.Channels
	v := &bench{t: t, def: d, block: b, shape: shape, pool: pool, x: make([]float32, size), y: make([]float32, size),
		dx: make([]float32, size)}
	if d.NormVariance != nil && o.Variance == Ratio {
		for _, s := range d.NormVariance {
			v.ratio = append(v.ratio, float32(ratioFactor(s, d.NormEpsilon)))
		}
	}
	return v
}

func (v *bench) forward(x []float64, train bool) []float64 {
	copy(v.x, narrow(x))
	if v.block.ir != nil {
		v.block.ir.setFactor(v.ratio)
	}
	v.block.forward(v.pool, v.y, v.x, train)
	return widen(v.y)
}

func (v *bench) backward(dy []float64) []float64 {
	v.block.backward(v.pool, v.dx, narrow(dy))
	return widen(v.dx)
}

func (v *bench) gradients() (p Parameters) {
	if ir := v.block.ir; ir != nil {
		p = Parameters{widen(ir.dw1), widen(ir.dgamma), widen(ir.dbeta), widen(ir.dw2), nil}
	}
	p.W = widen(v.block.dw)
	return p
}

func narrow(x []float64) []float32 {
	if x == nil {
		return nil
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func widen(x []float32) []float64 {
	if x == nil {
		return nil
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func TestBlockGolden(t *testing.T) {
	for _, name := range []string{"c0_4x8x5x5_nc4_f64", "c2_2x64x4x4_nc16_f64", "c2_2x64x4x4_nc16_f32"} {
		t.Run(name, func(t *testing.T) {
			const tolerance = 1e-4
			g := readGolden(t, name)
			shape, _, _ := g.shape()
			v := newBench(t, g.definition(), shape, 2)
			near(t, "output", v.forward(g.nhwc("input"), true), g.nhwc("output_train"), tolerance)
			near(t, "running P", widen(v.block.bd.runningP), g["running_wm"].Data, tolerance)
			near(t, "running mean", widen(v.block.bd.runningMean), g["running_mean"].Data, tolerance)
			near(t, "running scale", widen(v.block.ir.runningScale), g["running_scale"].Data, tolerance)
			near(t, "input gradient", v.backward(g.nhwc("upstream_grad")), g.nhwc("input_grad"), tolerance)
			dp := v.gradients()
			near(t, "w", dp.W, g["grad.x_weight"].Data, tolerance)
			near(t, "γ", dp.Gamma, g["grad.AR.fc.1.weight"].Data, tolerance)
			near(t, "β", dp.Beta, g["grad.AR.fc.1.bias"].Data, tolerance)
			near(t, "W₂", dp.W2, g["grad.AR.fc.3.weight"].Data, tolerance)
			if v.block.ir.hidden > 2 {
				near(t, "W₁", dp.W1, g["grad.AR.fc.0.weight"].Data, tolerance)
			} else {
				for i, want := range g["grad.AR.fc.0.weight"].Data {
					if math.Abs(dp.W1[i]-want) > 1e-4 {
						t.Errorf("W₁: gradient %g, want %g", dp.W1[i], want)
					}
				}
			}
			near(t, "output in evaluation", v.forward(g.nhwc("input"), false), g.nhwc("output_eval"), tolerance)
		})
	}
}

// variants are presets and, one at a time, every option of theirs.
var variants = []struct {
	name string
	set  func(o *Options)
}{
	{"official", func(o *Options) {}},
	{"paper", func(o *Options) { *o = Paper() }},
	{"bd", func(o *Options) { o.Branch = Decorrelate }},
	{"ir", func(o *Options) { o.Branch = Reweight }},
	{"group", func(o *Options) { o.Group = 0 }},
	{"epsilon", func(o *Options) { o.Epsilon = 0.1 }},
	{"steps 0", func(o *Options) { o.Steps = 0 }},
	{"steps 1", func(o *Options) { o.Steps = 1 }},
	{"steps 5", func(o *Options) { o.Steps = 5 }},
	{"rescale", func(o *Options) { o.Rescale = true }},
	{"centre", func(o *Options) { o.Centre = true }},
	{"centre, rescale, bd", func(o *Options) { o.Centre, o.Rescale, o.Branch = true, true, Decorrelate }},
	{"average", func(o *Options) { o.Average = AverageCovariance }},
	{"average, rescale", func(o *Options) { o.Average, o.Rescale = AverageCovariance, true }},
	{"biased", func(o *Options) { o.Variance = Biased }},
	{"ratio", func(o *Options) { o.Variance = Ratio }},
	{"ratio, ir", func(o *Options) { o.Variance, o.Branch = Ratio, Reweight }},
	{"reduction", func(o *Options) { o.Reduction = 2 }},
	{"one hidden unit", func(o *Options) { o.Reduction = 1000 }},
	{"layer norm", func(o *Options) { o.LayerNorm = false }},
	{"detach scale", func(o *Options) { o.DetachScale = true }},
	{"correct bias", func(o *Options) { o.CorrectBias = true }},
	{"momentum", func(o *Options) { o.Momentum = 0.7 }},
	{"fixed λ", func(o *Options) { o.LearnLambda, o.Lambda = false, 0.3 }},
	{"λ", func(o *Options) { o.Lambda = 0.9 }},
}

// shapes: odd sizes, groups halved, C no multiple of 16, fewer samples than channels of a group, images cut into segments.
var shapes = []struct {
	Shape
	channels int
}{
	{Shape{3, 3, 5}, 12},
	{Shape{2, 1, 2}, 16},
	{Shape{1, 2, 2}, 16},
	{Shape{5, 2, 3}, 7},
	{Shape{19, 2, 1}, 8},
}

// example returns a definition with random parameters, and a random input and gradient: off centre, correlated channels
// of different sizes.
func example(o Options, shape Shape, channels int, seed uint64) (d *Definition, x, dy []float64) {
	random := rand.New(rand.NewPCG(seed, 7))
	draw := func(x []float64, mean, deviation float64) {
		for i := range x {
			x[i] = float64(float32(mean + deviation*random.NormFloat64()))
		}
	}
	g, err := o.GroupSize(channels, false)
	if err != nil {
		panic(err)
	}
	d = NewDefinition(o, channels, g)
	draw(d.W1, 0, 0.5)
	draw(d.W2, 0, 0.5)
	draw(d.Gamma, 1, 0.3)
	draw(d.Beta, 0.2, 0.3)
	d.NormVariance, d.NormEpsilon = make([]float64, channels), 1e-2
	for c := range d.NormVariance {
		d.NormVariance[c] = 0.1 + random.Float64()
	}
	x, dy = make([]float64, shape.N*shape.H*shape.W*channels), make([]float64, shape.N*shape.H*shape.W*channels)
	draw(x, 0, 1)
	draw(dy, 0, 1)
	for i := range x {
		c := i % channels
		if c > 0 {
			x[i] += 0.7 * x[i-1]
		}
	}
	for i := range x {
		c := float64(i % channels)
		x[i] = float64(float32((0.3+c/float64(channels))*x[i] + 0.1*c - 0.3))
	}
	return d, x, dy
}

// The layer agrees with the definition: output, running averages and all gradients of a random linear functional, in
// training and afterwards in evaluation.
func TestBlockDefinition(t *testing.T) {
	for _, variant := range variants {
		t.Run(variant.name, func(t *testing.T) {
			t.Parallel()
			for i, s := range shapes {
				if raceDetector && i != 1 {
					continue
				}
				o := Official()
				variant.set(&o)
				if err := o.Validate(); err != nil {
					t.Fatal(err)
				}
				d, x, dy := example(o, s.Shape, s.channels, uint64(i))
				agree(t, fmt.Sprint(s), d, s.Shape, x, dy, 1e-4)
			}
		})
	}
}

func agree(t *testing.T, name string, d *Definition, shape Shape, x, dy []float64, tolerance float64) {
	t.Helper()
	v := newBench(t, d, shape, 2)
	for _, train := range []bool{false, true, true, false} {
		name := fmt.Sprintf("%s, train %t: ", name, train)
		y, after := d.Forward(x, shape, train)
		near(t, name+"output", v.forward(x, train), y, tolerance)
		if v.block.bd != nil {
			near(t, name+"running P", widen(v.block.bd.runningP), after.P, tolerance)
			near(t, name+"running mean", widen(v.block.bd.runningMean), after.Mean, tolerance)
		}
		if v.block.ir != nil {
			near(t, name+"running scale", widen(v.block.ir.runningScale), []float64{after.Scale}, tolerance)
		}

		before := v.gradients()
		got := v.backward(dy)
		dx, dp := d.Gradient(x, dy, shape, train)
		near(t, name+"input gradient", got, dx, tolerance)
		increase := func(after, before []float64) []float64 {
			for i := range before {
				after[i] -= before[i]
			}
			return after
		}
		now := v.gradients()
		scale := 1 + math.Abs(inner(dy, y))/math.Sqrt(float64(len(y)))
		close := func(what string, got, want []float64) {
			t.Helper()
			for i := range want {
				if !(math.Abs(got[i]-want[i]) <= tolerance*max(scale, math.Abs(want[i]))) {
					t.Errorf("%s%s: gradient %g, want %g", name, what, got[i], want[i])
				}
			}
		}
		close("w", increase(now.W, before.W), dp.W)
		close("W₁", increase(now.W1, before.W1), dp.W1)
		close("W₂", increase(now.W2, before.W2), dp.W2)
		close("γ", increase(now.Gamma, before.Gamma), dp.Gamma)
		close("β", increase(now.Beta, before.Beta), dp.Beta)
		d.Running = after
	}
}

// Large images are cut into segments, small ones put together: output, averages, and the gradient of a random linear
// functional along a random direction.
func TestBlockParts(t *testing.T) {
	for _, s := range []struct {
		Shape
		channels int
		o        Options
	}{{Shape{2, 41, 43}, 16, Official()}, {Shape{40, 8, 8}, 32, Official()}, {Shape{3, 20, 20}, 48, Paper()}, {Shape{3, 5, 5}, 70, Paper()}} {
		d, x, dy := example(s.o, s.Shape, s.channels, 1)
		v := newBench(t, d, s.Shape, 2)
		y, after := d.Forward(x, s.Shape, true)
		near(t, "output", v.forward(x, true), y, 1e-5)
		near(t, "running P", widen(v.block.bd.runningP), after.P, 1e-5)

		const h = 1e-5
		random := rand.New(rand.NewPCG(1, 1))
		forth, back, direction := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
		for i := range x {
			direction[i] = random.NormFloat64()
			forth[i], back[i] = x[i]+h*direction[i], x[i]-h*direction[i]
		}
		yf, _ := d.Forward(forth, s.Shape, true)
		yb, _ := d.Forward(back, s.Shape, true)
		want := (inner(dy, yf) - inner(dy, yb)) / (2 * h)
		got := inner(v.backward(dy), direction)
		if scale := math.Sqrt(inner(dy, dy)); math.Abs(got-want) > 1e-4*scale {
			t.Errorf("%v: derivative %g, want %g", s.Shape, got, want)
		}
	}
}

// No number of workers changes a bit.
func TestBlockWorkers(t *testing.T) {
	for _, o := range []Options{Official(), Paper()} {
		for _, shape := range []Shape{{50, 4, 4}, {2, 40, 41}} {
			d, x, dy := example(o, shape, 16, 2)
			one, more := newBench(t, d, shape, 1), newBench(t, d, shape, 3)
			for range 2 {
				same(t, "output", one.forward(x, true), more.forward(x, true))
				same(t, "input gradient", one.backward(dy), more.backward(dy))
			}
			a, b := one.gradients(), more.gradients()
			same(t, "W₁", a.W1, b.W1)
			same(t, "W₂", a.W2, b.W2)
			same(t, "γ", a.Gamma, b.Gamma)
			same(t, "w", a.W, b.W)
			same(t, "output in evaluation", one.forward(x, false), more.forward(x, false))
		}
	}
}

func same(t *testing.T, what string, a, b []float64) {
	t.Helper()
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("%s: %g with one worker, %g with more", what, a[i], b[i])
		}
	}
}

// Whatever is singular, constant or zero, nothing but finite numbers comes out.
func TestBlockFinite(t *testing.T) {
	const channels = 16
	shape := Shape{2, 2, 2}
	inputs := map[string]func(n, pixel, c int) float64{
		"zero":            func(n, pixel, c int) float64 { return 0 },
		"zero γ":          func(n, pixel, c int) float64 { return 0.1*float64(c) - 0.3 },
		"constant image":  func(n, pixel, c int) float64 { return float64(n*c%5) + 0.1 },
		"one alive":       func(n, pixel, c int) float64 { return float64(max(0, 1-c) * (n - pixel)) },
		"equal channels":  func(n, pixel, c int) float64 { return float64(n + pixel) },
		"nearly constant": func(n, pixel, c int) float64 { return 1e-7 * float64((pixel+c)%3) },
		"tiny":            func(n, pixel, c int) float64 { return 1e-30 * float64((pixel+c)%3) },
		"large":           func(n, pixel, c int) float64 { return 1e7 * float64((pixel+c)%3) },
	}
	for _, variant := range variants {
		for name, input := range inputs {
			o := Official()
			variant.set(&o)
			d, x, dy := example(o, shape, channels, 3)
			for i := range x {
				x[i] = input(i/(4*channels), i/channels%4, i%channels)
			}
			v := newBench(t, d, shape, 1)
			for _, train := range []bool{false, true, false} {
				finite(t, variant.name+", "+name+": output", v.forward(x, train))
				finite(t, variant.name+", "+name+": input gradient", v.backward(dy))
				p := v.gradients()
				finite(t, variant.name+", "+name+": parameter gradients", slices.Concat(p.W1, p.Gamma, p.Beta, p.W2, p.W))
			}
			if v.block.bd != nil {
				finite(t, "running P", widen(v.block.bd.runningP))
			}
		}
	}
}

func finite(t *testing.T, what string, x []float64) {
	t.Helper()
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%s: %g", what, v)
			return
		}
	}
}
