package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// A convCase is a convolution in the shape that it is tested in.
type convCase struct {
	n, h, w, in, out            int
	kh, kw, stride, pad, groups int
}

// each runs parts in an order in which no layer would.
func each(parts int, do func(part int)) {
	for i := range parts {
		do(parts - 1 - i)
	}
}

func (s convCase) conv() *Conv {
	return NewConv(NewWindow(s.h, s.w, s.in, s.kh, s.kw, s.stride, s.pad), s.out, s.groups)
}

// terms calls f for every product of the convolution: the places of its output, its pixel and its weight.
func (s convCase) terms(f func(y, x, w int)) {
	c := s.conv()
	in, of := s.in/s.groups, s.out/s.groups
	for n := range s.n {
		for oy := range c.OutH {
			for ox := range c.OutW {
				for ky := range s.kh {
					for kx := range s.kw {
						y, x := oy*s.stride-s.pad+ky, ox*s.stride-s.pad+kx
						if y < 0 || y >= s.h || x < 0 || x >= s.w {
							continue
						}
						for o := range s.out {
							for i := range in {
								f(((n*c.OutH+oy)*c.OutW+ox)*s.out+o, ((n*s.h+y)*s.w+x)*s.in+o/of*in+i, ((ky*s.kw+kx)*in+i)*s.out+o)
							}
						}
					}
				}
			}
		}
	}
}

// run computes output and both gradients and compares them with float64; it returns them.
func (s convCase) run(t *testing.T, bfloat bool) [3][]float32 {
	t.Helper()
	c := s.conv()
	if bfloat {
		c = NewBFloatConv(c.Window, s.out, s.groups)
	}
	nx, ny, nw := s.n*s.h*s.w*s.in, s.n*c.Positions()*s.out, s.kh*s.kw*s.in/s.groups*s.out
	x, w, dy, dw0 := normal(1, nx), normal(2, nw), normal(3, ny), normal(4, nw)
	type reference struct{ sum, size []float64 }
	make3 := func(n int) reference { return reference{make([]float64, n), make([]float64, n)} }
	want := [3]reference{make3(ny), make3(nx), make3(nw)}
	add := func(r reference, i int, v float64) { r.sum[i] += v; r.size[i] += math.Abs(v) }
	for i, v := range dw0 {
		add(want[2], i, float64(v))
	}
	round := func(v float32) float64 {
		if bfloat {
			v = RoundBFloat(v)
		}
		return float64(v)
	}
	s.terms(func(iy, ix, iw int) {
		add(want[0], iy, round(x[ix])*round(w[iw]))
		add(want[1], ix, round(dy[iy])*round(w[iw]))
		add(want[2], iw, round(dy[iy])*round(x[ix]))
	})
	packed, packedIntact := guarded(c.PackedLen(), 0)
	packedInput, packedInputIntact := guarded(c.PackedInputLen(), 0)
	each(c.PackParts(), func(i int) { c.Pack(packed, w, i) })
	each(c.PackInputParts(), func(i int) { c.PackInput(packedInput, w, i) })
	y, yIntact := guarded(ny, 1)
	dx, dxIntact := guarded(nx, 3)
	dw, dwIntact := guarded(nw, 2)
	copy(dw, dw0)
	stage, stageIntact := guarded(c.ScratchLen(s.n), 0)
	each(c.ForwardParts(s.n), func(i int) { c.Forward(y, x, packed, stage, s.n, i) })
	each(c.InputParts(s.n), func(i int) { c.Input(dx, dy, packedInput, stage, s.n, i) })
	if bfloat && !c.ByImages(s.n) {
		c.Weight(dw, dy, x, make([]float32, c.pairsLen(c.WeightProducts(s.n, false).images.Size)), s.n)
	} else {
		c.Weight(dw, dy, x, stage, s.n)
	}
	if s.groups == 1 {
		parts := slices.Clone(dw0)
		paired, pairedIntact := guarded(c.PairLen(s.n), 0)
		each(c.PairParts(s.n), func(i int) { c.Pair(paired, dy, x, s.n, i) })
		each(c.WeightParts(), func(i int) { c.WeightPart(parts, dy, x, paired, s.n, i) })
		if !pairedIntact() {
			t.Errorf("%+v: Pair writes outside its output", s)
		}
		for j, v := range parts {
			if d := math.Abs(float64(v) - want[2].sum[j]); !(d <= 2e-6*want[2].size[j]) {
				t.Fatalf("%+v: weight gradient[%d] by parts = %g, want %g", s, j, v, want[2].sum[j])
			}
		}
	}
	again := make([]float32, max(nx, ny))
	if c.ForwardImages(again, x, packed, stage, s.n); !sameBits(again[:ny], y) {
		t.Errorf("%+v: the output of all images differs from that of the parts", s)
	}
	if c.InputImages(again, dy, packedInput, stage, s.n, Epilogue{}); !sameBits(again[:nx], dx) {
		t.Errorf("%+v: the input gradient of all images differs from that of the parts", s)
	}
	if !packedIntact() || !packedInputIntact() || !yIntact() || !dxIntact() || !dwIntact() || !stageIntact() {
		t.Errorf("%+v: writes outside its outputs", s)
	}
	got := [3][]float32{y, dx, dw}
	for i, name := range []string{"output", "input gradient", "weight gradient"} {
		for j, v := range got[i] {
			if d := math.Abs(float64(v) - want[i].sum[j]); !(d <= 2e-6*want[i].size[j]) {
				t.Fatalf("%+v: %s[%d] = %g, want %g", s, name, j, v, want[i].sum[j])
			}
		}
	}
	return got
}

// everywhere runs the case with every family and compares the bits of those with vectors, then in bfloat16, where all are compared.
func (s convCase) everywhere(t *testing.T) {
	t.Helper()
	var bfloat [3][]float32
	for _, name := range variants() {
		restore := Use(name)
		got := s.run(t, true)
		for i := range got {
			if bfloat[i] != nil && !sameBits(bfloat[i], got[i]) {
				t.Errorf("%+v: the bits of %s differ in bfloat16", s, name)
			}
		}
		bfloat = got
		restore()
	}
	var bits [3][]float32
	for _, name := range Families() {
		restore := Use(name)
		got := s.run(t, false)
		for i := range got {
			if name != "portable" && bits[i] != nil && !sameBits(bits[i], got[i]) {
				t.Errorf("%+v: the bits of %s differ", s, name)
			}
		}
		if name != "portable" {
			bits = got
		}
		restore()
	}
}

func TestConv(t *testing.T) {
	for _, s := range []convCase{
		{1, 1, 1, 1, 1, 1, 1, 1, 0, 1},
		{2, 5, 7, 3, 16, 3, 3, 1, 1, 1},
		{3, 9, 8, 16, 16, 3, 3, 1, 1, 1},
		{2, 16, 16, 8, 33, 3, 3, 1, 1, 1},
		{2, 16, 17, 8, 20, 3, 3, 2, 1, 1},
		{9, 4, 4, 24, 40, 3, 3, 1, 1, 1},
		{17, 2, 2, 20, 36, 3, 3, 1, 1, 1},
		{5, 1, 1, 20, 36, 3, 3, 1, 1, 1},
		{2, 12, 13, 3, 17, 7, 7, 2, 3, 1},
		{2, 9, 11, 5, 9, 5, 5, 1, 2, 1},
		{3, 8, 8, 12, 10, 1, 1, 1, 0, 1},
		{3, 9, 7, 12, 10, 1, 1, 2, 0, 1},
		{2, 8, 8, 6, 4, 1, 1, 3, 1, 1},
		{2, 7, 6, 16, 24, 3, 3, 1, 1, 4},
		{2, 7, 6, 16, 8, 3, 3, 2, 1, 8},
		{2, 7, 6, 8, 8, 3, 3, 1, 1, 8},
		{1, 6, 8, 3, 5, 2, 3, 2, 0, 1},
		{1, 6, 8, 3, 5, 3, 2, 3, 2, 1},
		{1, 3, 3, 4, 5, 5, 5, 1, 4, 1},
		{4, 3, 14, 4, 70, 1, 3, 1, 1, 1},
	} {
		s.everywhere(t)
	}
}

func TestConvEpilogue(t *testing.T) {
	for _, s := range []convCase{
		{2, 5, 7, 3, 16, 3, 3, 1, 1, 1}, {3, 9, 8, 16, 37, 3, 3, 2, 1, 1}, {9, 4, 4, 24, 40, 3, 3, 1, 1, 1}, {2, 7, 6, 16, 24, 3, 3, 1, 1, 4},
		{2, 8, 8, 6, 4, 1, 1, 3, 1, 1}, {1, 3, 3, 4, 5, 2, 2, 1, 4, 1},
	} {
		c := s.conv()
		x, w, ny := normal(1, s.n*s.h*s.w*s.in), normal(2, s.kh*s.kw*s.in/s.groups*s.out), s.n*c.Positions()*s.out
		bias, addend := normal(3, s.out), normal(4, ny)
		x[0] = float32(math.NaN())
		var bits []float32
		for _, name := range Families() {
			restore := Use(name)
			packed, stage, plain := make([]float32, c.PackedLen()), make([]float32, c.ScratchLen(s.n)), make([]float32, ny)
			each(c.PackParts(), func(i int) { c.Pack(packed, w, i) })
			each(c.ForwardParts(s.n), func(i int) { c.Forward(plain, x, packed, stage, s.n, i) })
			got, intact := guarded(ny, 1)
			e := Epilogue{Bias: bias, Addend: addend, Clamp: true, Ceiling: 2}
			each(c.ForwardParts(s.n), func(i int) { c.ForwardEpilogue(got, x, packed, stage, s.n, i, e) })
			if !intact() {
				t.Errorf("%+v: writes outside its output", s)
			}
			for i, v := range plain {
				want := v + bias[i%s.out] + addend[i]
				if want < 0 {
					want = 0
				} else if want > 2 {
					want = 2
				}
				if math.Abs(float64(got[i]-want)) > 1e-4 || (want != want) != (got[i] != got[i]) {
					t.Fatalf("%+v, %s: output[%d] = %g, want %g", s, name, i, got[i], want)
				}
			}
			copy(got, addend)
			e.Addend = got
			again := got
			each(c.ForwardParts(s.n), func(i int) { c.ForwardEpilogue(again, x, packed, stage, s.n, i, e) })
			if name != "portable" {
				if bits != nil && !sameBits(bits, again) {
					t.Errorf("%+v: the bits of %s differ", s, name)
				}
				bits = again
			}
			restore()
		}
	}
}

func FuzzConv(f *testing.F) {
	f.Add(uint8(2), uint8(5), uint8(7), uint8(3), uint8(4), uint8(3), uint8(3), uint8(1), uint8(1), uint8(1))
	f.Add(uint8(9), uint8(4), uint8(4), uint8(5), uint8(9), uint8(2), uint8(3), uint8(2), uint8(2), uint8(3))
	f.Add(uint8(30), uint8(4), uint8(178), uint8(0), uint8(4), uint8(0), uint8(1), uint8(0), uint8(29), uint8(30))
	f.Fuzz(func(t *testing.T, n, h, w, in, of, kh, kw, stride, pad, groups uint8) {
		g := 1 + int(groups)%4
		s := convCase{1 + int(n)%18, 1 + int(h)%12, 1 + int(w)%18, g * (1 + int(in)%9), g * (1 + int(of)%36), 1 + int(kh)%5, 1 + int(kw)%5, 1 +
			int(stride)%3, int(pad) % 5, g}
		if s.conv().Positions() > 0 {
			s.everywhere(t)
		}
	})
}

// BenchmarkConv counts every tap of every output as two operations, as is usual, also the taps outside the image. Those are
// mostly not computed, so that the share of the peak can exceed 100 %, the more so the smaller the images. Packing of the
// weights is part of what is measured.
func BenchmarkConv(b *testing.B) {
	for _, s := range []convCase{
		{8, 32, 32, 16, 16, 3, 3, 1, 1, 1},
		{16, 16, 16, 32, 32, 3, 3, 1, 1, 1},
		{32, 8, 8, 64, 64, 3, 3, 1, 1, 1},
		{32, 8, 8, 128, 128, 3, 3, 1, 1, 1},
		{32, 4, 4, 128, 128, 3, 3, 1, 1, 1},
		{16, 4, 4, 512, 512, 3, 3, 1, 1, 1},
		{32, 2, 2, 256, 256, 3, 3, 1, 1, 1},
		{4, 32, 32, 64, 64, 3, 3, 1, 1, 1},
		{8, 32, 32, 3, 16, 3, 3, 1, 1, 1},
		{1, 224, 224, 3, 64, 7, 7, 2, 3, 1},
		{1, 56, 56, 64, 64, 3, 3, 1, 1, 1},
		{1, 14, 14, 256, 256, 3, 3, 1, 1, 1},
		{1, 7, 7, 512, 512, 3, 3, 1, 1, 1},
		{4, 32, 32, 16, 32, 3, 3, 2, 1, 1},
		{8, 16, 16, 32, 32, 5, 5, 1, 2, 1},
		{8, 16, 16, 64, 128, 1, 1, 1, 0, 1},
		{8, 16, 16, 64, 128, 1, 1, 2, 0, 1},
		{4, 32, 32, 16, 64, 1, 1, 1, 0, 1},
		{4, 32, 32, 64, 16, 1, 1, 1, 0, 1},
		{8, 16, 16, 58, 58, 1, 1, 1, 0, 1},
		{4, 14, 14, 128, 128, 3, 3, 1, 1, 32},
		{4, 14, 14, 256, 256, 3, 3, 1, 1, 32},
	} {
		name := fmt.Sprintf("%dx%d-s%d-c%d-%d-%dx%dx%d", s.kh, s.kw, s.stride, s.in, s.out, s.n, s.h, s.w)
		if s.groups > 1 {
			name += fmt.Sprintf("-g%d", s.groups)
		}
		benchmarkConv(b, name, s, s.conv())
	}
}

// benchmarkConv measures output and gradients of the convolution c.
func benchmarkConv(b *testing.B, name string, s convCase, c *Conv) {
	k := s.kh * s.kw * s.in / s.groups
	x, y, w := filled(s.n*s.h*s.w*s.in), filled(s.n*c.Positions()*s.out), filled(k*s.out)
	dx, dw := filled(len(x)), filled(len(w))
	out := filled(len(y))
	packed, packedInput := Aligned(c.PackedLen()), Aligned(c.PackedInputLen())
	stage, paired := Aligned(max(c.ScratchLen(s.n), c.ScratchLen(64))), Aligned(c.PairLen(s.n))
	work := 2 * float64(len(y)) * float64(k)
	b.Run(name+"/forward", func(b *testing.B) {
		measure(b, work, func() {
			each(c.PackParts(), func(i int) { c.Pack(packed, w, i) })
			each(c.ForwardParts(s.n), func(i int) { c.Forward(out, x, packed, stage, s.n, i) })
		})
	})
	b.Run(name+"/input", func(b *testing.B) {
		measure(b, work, func() {
			each(c.PackInputParts(), func(i int) { c.PackInput(packedInput, w, i) })
			each(c.InputParts(s.n), func(i int) { c.Input(dx, y, packedInput, stage, s.n, i) })
		})
	})
	b.Run(name+"/weight", func(b *testing.B) {
		measure(b, work, func() {
			if c.ByImages(64) {
				c.Weight(dw, y, x, stage, s.n)
			} else {
				each(c.PairParts(s.n), func(i int) { c.Pair(paired, y, x, s.n, i) })
				each(c.WeightParts(), func(i int) { c.WeightPart(dw, y, x, paired, s.n, i) })
			}
		})
	})
}

// An addend of the gradient with respect to the images gives the same bits as a sum after it.
func TestConvInputEpilogue(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		for _, s := range []convCase{{3, 9, 8, 16, 16, 3, 3, 1, 1, 1}, {2, 8, 9, 5, 7, 3, 3, 2, 1, 1}, {7, 5, 5, 6, 4, 1, 1, 2, 0, 2},
			{6, 4, 4, 64, 20, 1, 1, 1, 0, 1}} {
			c := s.conv()
			nx := s.n * s.h * s.w * s.in
			w, dy, addend := normal(1, s.kh*s.kw*s.in/s.groups*s.out), normal(2, s.n*c.Positions()*s.out), normal(3, nx)
			packed, stage := make([]float32, c.PackedInputLen()), make([]float32, c.ScratchLen(s.n))
			each(c.PackInputParts(), func(i int) { c.PackInput(packed, w, i) })
			want, got := make([]float32, nx), make([]float32, nx)
			each(c.InputParts(s.n), func(i int) { c.Input(want, dy, packed, stage, s.n, i) })
			Add(want, addend)
			each(c.InputParts(s.n), func(i int) { c.InputEpilogue(got, dy, packed, stage, s.n, i, Epilogue{Addend: addend}) })
			if !sameBits(got, want) {
				t.Errorf("%+v: the gradient with an addend differs", s)
			}
		}
	})
}
