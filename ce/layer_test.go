package ce

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cenet/nn"
)

const path = "stage1/unit0/block"

// build returns a network that is one block.
func build(t *testing.T, o Options, s nn.Shape, workers int) (*nn.Network, *nn.Context) {
	t.Helper()
	b := nn.NewBuilder()
	l := New(b, nn.Site{Path: path, Stage: 1, Channels: s.C}, o)
	net, err := b.Build(l, s, nn.Options{Seed: 1, Workers: workers, InputGrad: true})
	if err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(workers)
	t.Cleanup(c.Close)
	return net, c
}

func param(net *nn.Network, name string) *nn.Param {
	for _, p := range net.Params {
		if p.Path == path+"/"+name {
			return p
		}
	}
	return nil
}

// set gives the network the definition's parameters and averages.
func set(net *nn.Network, d *Definition) {
	for name, from := range map[string][]float64{"w1": d.W1, "ln/gamma": d.Gamma, "ln/beta": d.Beta, "w2": d.W2, "lambda": d.W} {
		if p := param(net, name); p != nil {
			copy(p.Data, narrow(from))
		}
	}
}

func TestLayerGolden(t *testing.T) {
	const tolerance = 1e-4
	g := readGolden(t, "c2_2x64x4x4_nc16_f64")
	s, channels, _ := g.shape()
	net, c := build(t, Official(), nn.Shape{N: s.N, H: s.H, W: s.W, C: channels}, 2)
	set(net, g.definition())
	x := nn.Tensor{Shape: net.In, Data: narrow(g.nhwc("input"))}

	c.Train = true
	near(t, "output", widen(net.Forward(c, x).Data), g.nhwc("output_train"), tolerance)
	dx := net.Backward(c, nn.Tensor{Shape: net.In, Data: narrow(g.nhwc("upstream_grad"))})
	near(t, "input gradient", widen(dx.Data), g.nhwc("input_grad"), tolerance)
	for name, theirs := range map[string]string{"w1": "AR.fc.0.weight", "ln/gamma": "AR.fc.1.weight", "ln/beta": "AR.fc.1.bias", "w2": "AR.fc.3.weight", "lambda": "x_weight"} {
		near(t, name, widen(param(net, name).Grad), g["grad."+theirs].Data, tolerance)
	}
	for _, b := range net.Buffers {
		theirs := map[string]string{"running_p": "running_wm", "running_mean": "running_mean", "running_scale": "running_scale"}
		near(t, b.Path, widen(b.Data), g[theirs[strings.TrimPrefix(b.Path, path+"/")]].Data, tolerance)
	}
	c.Train = false
	near(t, "output in evaluation", widen(net.Forward(c, x).Data), g.nhwc("output_eval"), tolerance)
}

// What a block keeps has these names and shapes.
func TestLayerState(t *testing.T) {
	for _, test := range []struct {
		variant func(o *Options)
		want    string
	}{
		{func(o *Options) {}, "w1 [6 24], w2 [24 6], ln/gamma [6], ln/beta [6], lambda [1]; running_p [3 8 8], running_mean [24], running_scale [1]"},
		{func(o *Options) { *o = Paper() }, "w1 [6 24], w2 [24 6], ln/gamma [6], ln/beta [6], lambda [1]; running_p [1 24 24], running_mean [24], running_scale [1], running_weight [1]"},
		{func(o *Options) { o.Branch = Decorrelate }, "; running_p [3 8 8], running_mean [24]"},
		{func(o *Options) { o.Branch, o.LayerNorm = Reweight, false }, "w1 [6 24], w2 [24 6]; running_scale [1]"},
		{func(o *Options) { o.LearnLambda = false }, "w1 [6 24], w2 [24 6], ln/gamma [6], ln/beta [6]; running_p [3 8 8], running_mean [24], running_scale [1]"},
	} {
		o := Official()
		test.variant(&o)
		net, _ := build(t, o, nn.Shape{N: 2, H: 2, W: 2, C: 24}, 1)
		var params, buffers []string
		for _, p := range net.Params {
			params = append(params, fmt.Sprint(strings.TrimPrefix(p.Path, path+"/"), " ", p.Shape))
		}
		for _, b := range net.Buffers {
			buffers = append(buffers, fmt.Sprint(strings.TrimPrefix(b.Path, path+"/"), " ", b.Shape))
		}
		if got := strings.Join(params, ", ") + "; " + strings.Join(buffers, ", "); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// A block that cannot be is refused in words, and pictures of one pixel by the path of the block.
func TestLayerRefuses(t *testing.T) {
	plan := func(o Options, s nn.Shape) error {
		b := nn.NewBuilder()
		_, err := b.Build(New(b, nn.Site{Path: path, Stage: 1, Channels: 16}, o), s, nn.Options{})
		return err
	}
	onePixel := nn.Shape{N: 4, H: 1, W: 1, C: 16}
	if err := plan(Official(), onePixel); err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), "one pixel") {
		t.Errorf("one pixel: %v", err)
	}
	o := Official()
	o.Variance = Biased
	if err := plan(o, onePixel); err != nil {
		t.Errorf("one pixel, biased: %v", err)
	}
	o = Official()
	o.Branch = Decorrelate
	if err := plan(o, onePixel); err != nil {
		t.Errorf("one pixel, bd: %v", err)
	}
	if err := plan(Official(), nn.Shape{N: 4, H: 2, W: 2, C: 17}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("other channels: %v", err)
	}
}

// A biased block of pictures of one pixel has no variance at all, and stays finite.
func TestLayerOnePixel(t *testing.T) {
	o := Paper()
	net, c := build(t, o, nn.Shape{N: 4, H: 1, W: 1, C: 8}, 1)
	d, x, dy := example(o, Shape{4, 1, 1}, 8, 1)
	set(net, d)
	for _, c.Train = range []bool{true, true, false} {
		finite(t, "output", widen(net.Forward(c, nn.Tensor{Shape: net.In, Data: narrow(x)}).Data))
		if c.Train {
			finite(t, "gradient", widen(net.Backward(c, nn.Tensor{Shape: net.In, Data: narrow(dy)}).Data))
		}
	}
}

// A network planned for more pictures does with fewer what one planned for those does, bit for bit.
func TestLayerFewerPictures(t *testing.T) {
	for _, o := range []Options{Official(), Paper()} {
		shape := nn.Shape{N: 40, H: 4, W: 5, C: 16}
		few := shape
		few.N = 21
		d, x, dy := example(o, Shape{40, 4, 5}, 16, 5)
		larger, c := build(t, o, shape, 2)
		exact, _ := build(t, o, few, 2)
		set(larger, d)
		set(exact, d)
		c.Train = true
		larger.Forward(c, nn.Tensor{Shape: shape, Data: narrow(x)})
		larger.Backward(c, nn.Tensor{Shape: shape, Data: narrow(dy)})
		larger.ZeroGrad()
		for i, b := range larger.Buffers {
			copy(exact.Buffers[i].Data, b.Data)
		}
		for _, net := range []*nn.Network{larger, exact} {
			net.Forward(c, nn.Tensor{Shape: few, Data: narrow(x[:few.Len()])})
			net.Backward(c, nn.Tensor{Shape: few, Data: narrow(dy[:few.Len()])})
		}
		if larger.Hash() != exact.Hash() {
			t.Error("averages differ")
		}
		for i, p := range larger.Params {
			if !slices.Equal(p.Grad, exact.Params[i].Grad) {
				t.Errorf("gradients of %s differ", p.Path)
			}
		}
	}
}

// With Ratio, v is γ²σ²_IN/σ²_BN of the BatchNorm's input.
func TestLayerRatio(t *testing.T) {
	o := Paper()
	s := nn.Shape{N: 3, H: 4, W: 4, C: 8}
	b := nn.NewBuilder()
	norm := nn.NewBatchNorm(b, "bn", s.C, 0.5)
	norm.Epsilon = 0.1
	block := New(b, nn.Site{Path: path, Stage: 1, Channels: s.C, Norm: norm}, o)
	net, err := b.Build(nn.NewSequential(norm, block), s, nn.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(1)
	defer c.Close()
	_, z, _ := example(o, Shape{s.N, s.H, s.W}, s.C, 9)
	for _, c.Train = range []bool{true, false} {
		net.Forward(c, nn.Tensor{Shape: s, Data: narrow(z)})
		var got, want []float64
		for n := range s.N {
			for ch := range s.C {
				picture := variance(z, n*s.Pixels(), (n+1)*s.Pixels(), s.C, ch)
				batch := float64(norm.RunningVariance.Data[ch])
				if c.Train {
					batch = variance(z, 0, s.Rows(), s.C, ch)
				}
				want = append(want, 0.25*picture/batch)
			}
		}
		got = widen(Of(block).ir.v)
		near(t, "v", got, want, 1e-5)
	}
}

// variance is the biased variance of channel ch over rows lo to hi−1 of x.
func variance(x []float64, lo, hi, channels, ch int) float64 {
	var sum, squares float64
	n := float64(hi - lo)
	for r := lo; r < hi; r++ {
		sum += x[r*channels+ch] / n
	}
	for r := lo; r < hi; r++ {
		d := x[r*channels+ch] - sum
		squares += d * d / n
	}
	return squares
}

// A step allocates nothing, with one worker or more.
func TestLayerAllocates(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	for _, o := range []Options{Official(), Paper()} {
		for _, workers := range []int{1, 2} {
			s := nn.Shape{N: 9, H: 8, W: 8, C: 32}
			net, c := build(t, o, s, workers)
			_, data, gradient := example(o, Shape{s.N, s.H, s.W}, s.C, 1)
			x, dy := nn.Tensor{Shape: s, Data: narrow(data)}, nn.Tensor{Shape: s, Data: narrow(gradient)}
			step := func() {
				c.Train = true
				net.Forward(c, x)
				net.Backward(c, dy)
				c.Train = false
				net.Forward(c, x)
			}
			step()
			// Of all goroutines, and the least of some runs: the runtime itself allocates now and then.
			least := ^uint64(0)
			for range 5 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				step()
				runtime.ReadMemStats(&after)
				least = min(least, after.Mallocs-before.Mallocs)
			}
			if least != 0 {
				t.Errorf("%d workers: %d allocations a step", workers, least)
			}
		}
	}
}

// The statistics describe what the block does: y = M_n·x, P by itself and γ̂ = Pγ.
func TestStatistics(t *testing.T) {
	o := Official()
	shape := Shape{3, 4, 4}
	const channels = 12
	d, x, _ := example(o, shape, channels, 4)
	v := newBench(t, d, shape, 1)
	y := v.forward(x, true)
	b := v.block
	g := b.Group()
	got := make([]float64, len(y))
	for n := range shape.N {
		m := b.Matrix(n)
		for pixel := range shape.H * shape.W {
			at := (n*shape.H*shape.W + pixel) * channels
			for c := range channels {
				got[at+c] = inner(m[c*g:(c+1)*g], x[at+c/g*g:][:g])
			}
		}
	}
	near(t, "M_n·x", got, y, 1e-5)

	gamma := make([]float64, channels)
	gamma[5] = 2
	for c, v := range b.EquivalentGamma(gamma) {
		want := 0.0
		if c/g == 5/g {
			want = 2 * b.P()[c*g+5%g]
		}
		if v != want {
			t.Errorf("γ̂[%d] = %g, want %g", c, v, want)
		}
	}
}
