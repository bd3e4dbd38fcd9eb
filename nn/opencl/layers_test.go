//go:build opencl

package opencl

import (
	"fmt"
	"math"
	"testing"

	"cenet/nn/kernel"
	"cenet/nn/stream"
)

func TestBatchNorm(t *testing.T) {
	b := newBench(t)
	for _, m := range matrices {
		c, rows := m.c, m.images*m.pixels
		x, dy := b.values(rows*c), b.values(rows*c)
		s := kernel.Segments{N: m.images, Pixels: m.pixels, Size: (m.pixels + 1) / 2}
		var p [13][]float32
		var d [13]Buffer
		for i := range p {
			p[i] = b.values(c)
			d[i] = b.on(p[i])
		}
		parts := make([]float32, s.Count()*2*c)
		n := Norm{
			C: c, Gamma: d[0], Beta: d[1], DGamma: d[2], DBeta: d[3], RunningMean: d[4], RunningVar: d[5], Mean: d[6], Variance: d[7], Inv: d[8],
			Scale: d[9], Shift: d[10],
			Gain: d[11], Slope: d[12], Offset: b.empty(c), Epsilon: 1e-5, Momentum: 0.1, Segments: s, Parts: b.empty(len(parts)),
		}
		for i := range s.Count() {
			lo, hi := s.Range(i)
			to := parts[i*2*c:][:2*c]
			kernel.Moments(to[:c], to[c:], x[lo*c:hi*c])
		}
		kernel.CombineMoments(p[6], p[7], parts, s)
		kernel.RunningAverage(p[4], p[6], 0.1, 1)
		kernel.RunningAverage(p[5], p[7], 0.1, float32(rows)/max(1, float32(rows)-1))
		kernel.NormScale(p[9], p[10], p[8], p[0], p[1], p[6], p[7], 1e-5)
		b.parts("moments", s, c, n.Parts, b.on(x)).Run()
		run(b.emitted(n.set))
		for i := 4; i < 11; i++ {
			b.same(fmt.Sprintf("moments of %v, %d", m, i), d[i], p[i])
		}
		clear(parts)
		sums, offset := make([]float32, 2*c), make([]float32, c)
		for i := range s.Count() {
			lo, hi := s.Range(i)
			kernel.NormSums(parts[i*2*c:][:2*c], dy[lo*c:hi*c], x[lo*c:hi*c], p[6])
		}
		kernel.Reduce(sums, parts, s.Count())
		kernel.NormParams(p[2], p[3], sums, p[8])
		kernel.NormSlopes(p[11], p[12], offset, p[0], p[6], p[8], sums, rows)
		run(b.emitted(func(e *builder) {
			n.sums(e, b.on(dy), b.on(x), false, 0)
			n.slopes(e)
		}))
		b.same("offset", n.Offset, offset)
		for i, v := range p {
			b.same(fmt.Sprintf("slopes of %v, %d", m, i), d[i], v)
		}
		kernel.NormScale(p[9], p[10], p[8], p[0], p[1], p[4], p[5], 1e-5)
		b.run("scale by running averages", d[9], p[9], b.emitted(n.prepareInference)...)
		b.same("shift by running averages", d[10], p[10])
	}
}

func TestGroupNorm(t *testing.T) {
	b := newBench(t)
	for _, s := range []struct{ n, pixels, c, groups int }{{1, 4, 1, 1}, {3, 25, 12, 3}, {2, 49, 70, 70}, {2, 30, 130, 1}, {5, 1, 8, 2}} {
		size := s.pixels * s.c
		x, dy, gamma, beta, dgamma, dbeta := b.values(s.n*size), b.values(s.n*size), b.values(s.c), b.values(s.c), b.values(s.c), b.values(s.c)
		n := GroupNorm{
			N: s.n, Pixels: s.pixels, C: s.c, Groups: s.groups, Gamma: b.on(gamma), Beta: b.on(beta), DGamma: b.on(dgamma), DBeta: b.on(dbeta),
			Mean: b.empty(s.n * s.groups), Inv: b.empty(s.n * s.groups), Parts: b.empty(2 * s.n * s.c), Totals: b.empty(2 * s.c),
			Sums:  b.empty(4 * s.n * s.c),
			Along: b.empty(4 * s.n * s.groups), Epsilon: 1e-5,
		}
		y, dx, parts, sums := make([]float32, s.n*size), make([]float32, s.n*size), make([]float32, 2*s.n*s.c), make([]float32, 2*s.c)
		for i := range s.n {
			mean, inv := make([]float32, s.groups), make([]float32, s.groups)
			at, part := func(v []float32) []float32 { return v[i*size : (i+1)*size] }, parts[2*i*s.c:]
			kernel.GroupNorm(at(y), at(x), gamma, beta, mean, inv, 1e-5)
			kernel.GroupNormBackward(at(dx), at(dy), at(x), gamma, mean, inv, part[:s.c], part[s.c:2*s.c])
		}
		kernel.Reduce(sums, parts, s.n)
		kernel.Add(dgamma, sums[:s.c])
		kernel.Add(dbeta, sums[s.c:])
		got, dX := b.empty(s.n*size), b.on(x)
		b.run(fmt.Sprint("group norm ", s), got, y, b.emitted(func(e *builder) { n.forward(e, got, dX) })...)
		b.run(fmt.Sprint("group norm back ", s), got, dx, b.emitted(func(e *builder) { n.backward(e, got, b.on(dy), dX) })...)
		b.same("gradient of gamma", n.DGamma, dgamma)
		b.same("gradient of beta", n.DBeta, dbeta)
	}
}

func TestLayerNorm(t *testing.T) {
	b := newBench(t)
	for _, s := range []struct{ rows, c int }{{1, 1}, {70, 5}, {3, 130}} {
		x, gamma, beta := b.values(s.rows*s.c), b.values(s.c), b.values(s.c)
		y, xhat, inv := make([]float32, len(x)), make([]float32, len(x)), make([]float32, s.rows)
		kernel.LayerNorm(y, xhat, inv, x, gamma, beta, 1e-5)
		got, dhat, dinv, dgamma := b.empty(len(x)), b.empty(len(x)), b.empty(s.rows), b.on(gamma)
		b.run("layer norm", got, y, b.layerNorm(got, dhat, dinv, b.on(x), dgamma, b.on(beta), 1e-5, false, s.c))
		b.same("xhat", dhat, xhat)
		b.same("inv", dinv, inv)
		kernel.LayerNormBackward(y, x, xhat, inv, gamma)
		b.run("layer norm back", got, y, b.layerNormBackward(got, b.on(x), dhat, dinv, dgamma, s.c))
	}
}

func TestPooling(t *testing.T) {
	b := newBench(t)
	const images = 3
	for _, w := range []kernel.Window{
		kernel.NewWindow(9, 8, 5, 3, 3, 2, 1), kernel.NewWindow(7, 7, 64, 3, 3, 2, 0), kernel.NewWindow(6, 6, 3, 2, 2, 2, 0),
		kernel.NewWindow(5, 6, 17, 3, 3, 1, 1),
		kernel.NewWindow(8, 9, 4, 4, 5, 2, 2), kernel.NewWindow(4, 4, 2, 1, 1, 1, 0), kernel.NewWindow(7, 5, 3, 3, 2, 3, 1),
	} {
		in, out := w.H*w.W*w.C, w.Positions()*w.C
		x, dy := b.values(images*in), b.values(images*out)
		for i := range x { // ties
			x[i] = float32(math.Round(2*float64(x[i]))) / 2
		}
		x[in/2], x[in/3] = float32(math.NaN()), float32(math.NaN())
		for i := range dy { // sums of which the order tells
			dy[i] *= float32(math.Exp2(float64(b.s.IntN(30))))
		}
		most, dmost := make([]float32, images*out), make([]float32, images*in)
		for i := range images {
			xi, yi := x[i*in:(i+1)*in], dy[i*out:(i+1)*out]
			kernel.MaxPool(most[i*out:(i+1)*out], xi, w)
			kernel.MaxPoolBackward(dmost[i*in:(i+1)*in], yi, xi, w)
		}
		y, dx, which, dX, dY := b.empty(images*out), b.empty(images*in), b.empty((images*out+3)/4), b.on(x), b.on(dy)
		b.run(fmt.Sprintf("largest %+v", w), y, most, b.maxPool(y, which, dX, w, images))
		b.run(fmt.Sprintf("largest back %+v", w), dx, dmost, b.maxPoolBackward(dx, dY, which, w, images))
	}
}

func TestColumns(t *testing.T) {
	b := newBench(t)
	for _, s := range []struct{ rows, c int }{{1, 1}, {7, 5}, {3, 130}} {
		n := s.rows * s.c
		x, z, y := b.values(n), b.values(2*n), make([]float32, 2*n)
		got, dx, dz := b.empty(2*n), b.on(x), b.on(z)
		kernel.Interleave(y, x, s.c, z, 2*s.c, s.rows, s.c)
		b.run("interleave", got, y, b.each("interleave", 2*n, got, dx, dz, s.c, 2*s.c, s.c))
		first, second := make([]float32, n), make([]float32, n)
		kernel.Deinterleave(first, s.c, second, s.c, z, s.rows, s.c)
		half := b.empty(n)
		b.run("first of pairs", half, first, b.each("deinterleave", n, half, dz, s.c, 0, s.c))
		b.run("second of pairs", half, second, b.each("deinterleave", n, half, dz, s.c, 1, s.c))
		kernel.CopyColumns(y[s.c:], 2*s.c, x, s.c, s.rows, s.c)
		b.run("columns", got, y, b.copyColumns(got, 2*s.c, s.c, dx, s.c, 0, s.rows, s.c))
	}
}

func TestDropoutMask(t *testing.T) {
	b := newBench(t)
	const images, size, p = 3, 1003, 0.3
	kept := float32(1 / (1 - p))
	want, states := make([]float32, images*size), make([]int32, 4*images)
	for i := range images {
		s := stream.New(7, "drop", 5, uint64(i))
		for j := range size {
			want[i*size+j] = kept
			if s.Float64() < p {
				want[i*size+j] = 0
			}
		}
		high, low := stream.State(7, "drop", 5, uint64(i))
		for k, v := range []uint64{high, low} {
			states[4*i+2*k], states[4*i+2*k+1] = int32(v), int32(v>>32)
		}
	}
	d, got := alloc(t, b.Device, make([]float32, len(states))), b.empty(len(want))
	b.WriteInts(d, states)
	b.run("mask", got, want, b.dropoutMask(got, d, p, kept, images, size))
}

func TestExponentials(t *testing.T) {
	b := newBench(t)
	x := []float32{0, -0.1, 1e-30, 700, -700, 720, infinity, -infinity, float32(math.NaN()), float32(math.Copysign(0, -1))}
	for _, v := range b.values(4000) {
		x = append(x, 12*v)
	}
	y, got := make([]float32, len(x)), b.empty(len(x))
	kernel.Sigmoid(y, x)
	b.run("sigmoid", got, y, b.each("sigmoid", len(x), got, b.on(x)))
	kernel.ELU(y, x, 1)
	b.run("ELU", got, y, b.each("elu", len(x), got, b.on(x), float32(1)))
}

func TestCrossEntropy(t *testing.T) {
	b := newBench(t)
	for _, s := range []struct {
		n, classes int
		smoothing  float32
		train      bool
		bad        bool
	}{{1, 2, 0, true, false}, {9, 10, 0.1, true, false}, {5, 1000, 0.1, true, false}, {7, 130, 0, false, false}, {3, 10, 0.1, true, true}} {
		logits, labels := b.values(s.n*s.classes), make([]int32, s.n)
		for i := range logits {
			logits[i] *= 5
		}
		for i := range labels {
			labels[i] = int32(b.s.IntN(s.classes))
		}
		if s.bad {
			logits[1], logits[s.classes+3] = float32(math.NaN()), infinity
		}
		losses, ranks, grad := make([]float64, s.n), make([]int32, s.n), make([]float32, s.n*s.classes)
		stopped := int32(0)
		for i := range s.n {
			row, to := logits[i*s.classes:][:s.classes], grad[i*s.classes:][:s.classes]
			if !s.train {
				to = nil
			}
			losses[i] = kernel.SoftmaxCrossEntropy(to, row, int(labels[i]), s.smoothing, 1/float32(s.n))
			ranks[i] = int32(kernel.RankOf(row, int(labels[i])))
			if math.IsNaN(losses[i]) || math.IsInf(losses[i], 0) {
				stopped = 1
			}
		}
		dlosses, dranks, stop, dlabels, dgrad := b.empty(2*s.n).From(0), b.empty(s.n), alloc(t, b.Device, make([]float32, 1)), b.empty(s.n),
			b.empty(len(grad))
		b.WriteInts(dlabels, labels)
		to := dgrad
		if !s.train {
			to = Buffer{}
		}
		b.crossEntropy(dlosses, dranks, to, stop, b.on(logits), dlabels, s.smoothing, s.n, s.classes).Run()
		got, gotRanks, gotStop := make([]float64, s.n), make([]int32, s.n), make([]int32, 1)
		b.ReadDoubles(got, dlosses)
		b.ReadInts(gotRanks, dranks)
		b.ReadInts(gotStop, stop)
		for i := range s.n {
			if math.Float64bits(got[i]) != math.Float64bits(losses[i]) && got[i] == got[i] || gotRanks[i] != ranks[i] {
				t.Errorf("%+v, image %d: loss %v and rank %d, not %v and %d", s, i, got[i], gotRanks[i], losses[i], ranks[i])
			}
		}
		if gotStop[0] != stopped {
			t.Errorf("%+v: stop is %d", s, gotStop[0])
		}
		if s.train {
			b.same(fmt.Sprintf("gradient of %+v", s), dgrad, grad)
		}
	}
}

func TestProduct(t *testing.T) {
	b := newBench(t)
	for _, s := range []struct{ m, n, k int }{{1, 1, 1}, {5, 17, 3}, {33, 16, 70}, {8, 20, 700}, {64, 3, 345}} {
		for i := range 24 { // from 16 on in bfloat16
			tA, tB, add, alpha := i&1 > 0, i&2 > 0, i&4 > 0, float32(1)
			if i&8 > 0 {
				alpha = 0.3
			}
			x, y, z, bias := b.values(s.m*s.k), b.values(s.k*s.n), b.values(s.m*s.n), b.values(s.n)
			lda, ldb, beta := s.k, s.n, float32(0)
			if tA {
				lda = s.m
			}
			if tB {
				ldb = s.k
			}
			if add {
				beta = 1
			}
			got, dx, dy := b.on(z), b.on(x), b.on(y)
			p := Product{M: s.m, N: s.n, K: s.k, TA: tA, TB: tB, Alpha: alpha, Add: add, BFloat16: i >= 16}
			if p.BFloat16 {
				kernel.BFloatGemm(tA, tB, s.m, s.n, s.k, x, lda, y, ldb, add, z, s.n)
			} else {
				kernel.Gemm(tA, tB, s.m, s.n, s.k, alpha, x, lda, y, ldb, beta, z, s.n)
			}
			b.run(fmt.Sprintf("%+v", p), got, z, b.product(got, dx, dy, p))
			if add {
				continue
			}
			p.Bias, p.Positive = b.on(bias), true
			kernel.AddRow(z, bias)
			kernel.Clamp(z, z, infinity)
			b.run(fmt.Sprintf("with bias %+v", p), got, z, b.product(got, dx, dy, p))
		}
	}
}
