//go:build opencl

package opencl

import (
	"fmt"
	"math"
	"testing"

	"cenet/nn/kernel"
	"cenet/nn/stream"
)

// bench is a device with what tests of kernels need: everything is compared bit for bit with package kernel.
type bench struct {
	testing.TB
	*Device
	*builder
	s stream.Stream
}

func newBench(t testing.TB) *bench {
	t.Helper()
	if kernel.Arithmetic() != "fused" {
		t.Skip("this processor has no kernels that fuse products with additions")
	}
	d := open(t)
	return &bench{t, d, emitter(d), stream.New(1, "kernels")}
}

// emitter returns a builder of single calls.
func emitter(d *Device) *builder { return &builder{d: d, calls: new([]*Call)} }

// emitted are the calls that f emits.
func (b *bench) emitted(f func(b *builder)) []*Call {
	*b.builder.calls = nil
	f(b.builder)
	return *b.builder.calls
}

// values returns n numbers, some of them 0, and among them -0.
func (b *bench) values(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		switch b.s.IntN(16) {
		case 0:
		case 1:
			x[i] = float32(math.Copysign(0, -1))
		default:
			x[i] = float32(b.s.Normal())
		}
	}
	return x
}

// on returns a buffer of the device that holds x, after others in their memory.
func (b *bench) on(x []float32) Buffer {
	b.Helper()
	return alloc(b, b.Device, append([]float32{1, 2, 3, 4}, x...)).From(4)
}

// empty returns a buffer of n numbers that are not finite.
func (b *bench) empty(n int) Buffer {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	return b.on(x)
}

// run runs the calls and compares what is then in a buffer with want.
func (b *bench) run(what string, got Buffer, want []float32, calls ...*Call) {
	b.Helper()
	for _, c := range calls {
		c.Run()
	}
	b.same(what, got, want)
}

func (b *bench) same(what string, got Buffer, want []float32) {
	b.Helper()
	if got.Len() != len(want) {
		b.Fatalf("%s: %d numbers, not %d", what, got.Len(), len(want))
	}
	wrong := 0
	for i, v := range read(b, b.Device, got) {
		if math.Float32bits(v) != math.Float32bits(want[i]) && !(v != v && want[i] != want[i]) {
			if wrong++; wrong <= 3 {
				b.Errorf("%s: %d of %d is %v, not %v", what, i, len(want), v, want[i])
			}
		}
	}
	if wrong > 3 {
		b.Errorf("%s: %d of %d are wrong", what, wrong, len(want))
	}
}

var infinity = float32(math.Inf(1))

func TestElementwise(t *testing.T) {
	b := newBench(t)
	for _, n := range []int{1, 7, 64, 1000} {
		x, z := b.values(n), b.values(n)
		dx, dz := b.on(x), b.on(z)
		for _, c := range []struct {
			name string
			call func(y Buffer) *Call
			want func(y []float32)
		}{
			{"add", func(y Buffer) *Call { return b.flat("sum", y, dx, dz) }, func(y []float32) { kernel.Sum(y, x, z) }},
			{"clamp", func(y Buffer) *Call { return b.flat("clamp_values", y, dx, infinity) }, func(y []float32) { kernel.Clamp(y, x, infinity) }},
			{"clamp at 1", func(y Buffer) *Call { return b.flat("clamp_values", y, dx, float32(1)) }, func(y []float32) { kernel.Clamp(y, x, 1) }},
			{"clamp back", func(y Buffer) *Call { return b.flat("clamp_backward", y, dx, dz, float32(1)) },
				func(y []float32) { kernel.ClampBackward(y, x, z, 1) }},
			{"leaky", func(y Buffer) *Call { return b.flat("leaky", y, dx, float32(0.01)) }, func(y []float32) { kernel.Leaky(y, x, 0.01) }},
			{"leaky back", func(y Buffer) *Call { return b.flat("leaky_backward", y, dx, dz, float32(0.01)) },
				func(y []float32) { kernel.LeakyBackward(y, x, z, 0.01) }},
			{"ELU back", func(y Buffer) *Call { return b.flat("elu_backward", y, dx, dz, float32(1)) },
				func(y []float32) { kernel.ELUBackward(y, x, z, 1) }},
			{"sigmoid back", func(y Buffer) *Call { return b.flat("sigmoid_backward", y, dx, dz) },
				func(y []float32) { kernel.SigmoidBackward(y, x, z) }},
			{"multiply", func(y Buffer) *Call { return b.flat("product_values", y, dx, dz) }, func(y []float32) { kernel.ScaleRows(y, x, z) }},
			{"fill", func(y Buffer) *Call { return b.flat("fill", y, float32(-3)) }, func(y []float32) { kernel.Fill(y, -3) }},
		} {
			y, want := b.empty(n), make([]float32, n)
			c.want(want)
			b.run(fmt.Sprintf("%s of %d", c.name, n), y, want, c.call(y))
		}
	}
}

func TestSGD(t *testing.T) {
	b := newBench(t)
	for _, nesterov := range []bool{false, true} {
		const n = 203
		w, g, v, stop := b.values(n), b.values(n), b.values(n), alloc(t, b.Device, make([]float32, 1))
		dw, dg, dv := b.on(w), b.on(g), b.on(v)
		call := b.sgd(dw, dg, dv, stop, 0.9, 1e-4, nesterov)
		call.SetFloat(sgdRate, 0.1)
		call.Run()
		kernel.SGD(w, g, v, 0.1, 0.9, 1e-4, nesterov)
		b.same("parameters", dw, w)
		b.same("velocity", dv, v)
		b.WriteInts(stop, []int32{1})
		b.run("parameters, stopped", dw, w, call)
	}
}

func TestFirstNotFinite(t *testing.T) {
	b := newBench(t)
	found := alloc(t, b.Device, make([]float32, 1))
	good, bad := b.values(100), b.values(100)
	bad[77] = float32(math.NaN())
	worse := b.values(101)
	worse[0] = float32(math.Inf(-1))
	for _, c := range []struct {
		x    [][]float32
		want int32
	}{{[][]float32{good, good}, 9}, {[][]float32{good, bad, worse}, 1}, {[][]float32{worse, good}, 0}} {
		b.WriteInts(found, []int32{9})
		for id, x := range c.x {
			b.flat("first_not_finite", b.on(x), found, id).Run()
		}
		got := make([]int32, 1)
		if err := b.ReadInts(got, found); err != nil || got[0] != c.want {
			t.Errorf("%v is not finite, want %v (%v)", got[0], c.want, err)
		}
	}
}

// matrices are shapes of activations: narrow ones, whose rows stand side by side in a sum, odd ones and large ones.
var matrices = []struct{ images, pixels, c int }{
	{1, 1, 1}, {2, 3, 1}, {3, 25, 3}, {2, 130, 16}, {5, 9, 24}, {2, 300, 32}, {3, 7, 33}, {2, 300, 64}, {4, 49, 128}, {3, 5, 130},
	{1, 40, 512},
}

func TestRows(t *testing.T) {
	b := newBench(t)
	for _, m := range matrices {
		n := m.images * m.pixels * m.c
		x, z := b.values(n), b.values(n)
		dx, dz := b.on(x), b.on(z)
		for _, byImage := range []bool{false, true} {
			k, sets := m.c, 1
			if byImage {
				k, sets = m.images*m.c, m.images
			}
			var p [5][]float32
			var dp [5]Buffer
			for i := range p {
				p[i] = b.values(k)
				dp[i] = b.on(p[i])
			}
			r := Rows{m.images, m.pixels, m.c, byImage}
			norm := Norm{C: m.c, Segments: kernel.Segments{N: m.images, Pixels: m.pixels, Size: m.pixels}, Gain: dp[0], Slope: dp[1], Offset: dp[2],
				Scale: dp[3], Shift: dp[4]}
			for _, c := range []struct {
				name string
				call func(y Buffer) *Call
				want func(y, x, z []float32, p [5][]float32)
			}{
				{"affine", func(y Buffer) *Call { return b.affine(y, dx, dp[0], dp[1], Epilogue{}, r) },
					func(y, x, z []float32, p [5][]float32) { kernel.Affine(y, x, p[0], p[1]) }},
				{"affine, clamp", func(y Buffer) *Call { return b.affine(y, dx, dp[0], dp[1], Epilogue{Clamp: true, Ceiling: 1}, r) },
					func(y, x, z []float32, p [5][]float32) { kernel.AffineClamp(y, x, p[0], p[1], 1) }},
				{"affine, add", func(y Buffer) *Call { return b.affine(y, dx, dp[0], dp[1], Epilogue{Addend: dz}, r) },
					func(y, x, z []float32, p [5][]float32) { kernel.Affine(y, x, p[0], p[1]); kernel.Add(y, z) }},
				{"affine, add, clamp", func(y Buffer) *Call {
					return b.affine(y, dx, dp[0], dp[1], Epilogue{Addend: dz, Clamp: true, Ceiling: infinity}, r)
				}, func(y, x, z []float32, p [5][]float32) { kernel.AffineAddClamp(y, x, z, p[0], p[1], infinity) }},
				{"scale", func(y Buffer) *Call { return b.scaleRows(y, dx, dp[0], Epilogue{}, r) },
					func(y, x, z []float32, p [5][]float32) { kernel.ScaleRows(y, x, p[0]) }},
				{"scale, add", func(y Buffer) *Call { return b.scaleRows(y, dx, dp[0], Epilogue{Addend: dz}, r) },
					func(y, x, z []float32, p [5][]float32) { kernel.ScaleRows(y, x, p[0]); kernel.Add(y, z) }},
				{"scale, add, clamp", func(y Buffer) *Call {
					return b.scaleRows(y, dx, dp[0], Epilogue{Addend: dz, Clamp: true, Ceiling: 1}, r)
				}, func(y, x, z []float32, p [5][]float32) { kernel.ScaleRows(y, x, p[0]); kernel.SumClamp(y, y, z, 1) }},
				{"add row", func(y Buffer) *Call { return b.rows("add_row", r, y, dx, dp[0]) },
					func(y, x, z []float32, p [5][]float32) { copy(y, x); kernel.AddRow(y, p[0]) }},
				{"norm back", func(y Buffer) *Call { return norm.backward(b.builder, y, dz, dx, false, 0) },
					func(y, x, z []float32, p [5][]float32) { kernel.NormBackward(y, z, x, p[0], p[1], p[2]) }},
				{"norm, clamp back", func(y Buffer) *Call { return norm.backward(b.builder, y, dz, dx, true, 1) },
					func(y, x, z []float32, p [5][]float32) {
						kernel.NormBackwardAffine(y, z, x, p[0], p[1], p[2], p[3], p[4], 1)
					}},
			} {
				if byImage && c.name[:4] == "norm" {
					continue
				}
				y, want := b.empty(n), make([]float32, n)
				for i := range sets {
					size := n / sets
					q := p
					for j := range q {
						q[j] = p[j][i*m.c : (i+1)*m.c]
					}
					c.want(want[i*size:(i+1)*size], x[i*size:(i+1)*size], z[i*size:(i+1)*size], q)
				}
				b.run(fmt.Sprintf("%s of %v, by image %v", c.name, m, byImage), y, want, c.call(y))
			}
		}
	}
}

func TestSums(t *testing.T) {
	b := newBench(t)
	for _, m := range matrices {
		n, c := m.images*m.pixels*m.c, m.c
		x, z, mean, scale, shift := b.values(n), b.values(n), b.values(c), b.values(c), b.values(c)
		dx, dz, dmean, dscale, dshift := b.on(x), b.on(z), b.on(mean), b.on(scale), b.on(shift)
		for _, s := range []kernel.Segments{
			{N: m.images, Pixels: m.pixels, Size: m.pixels}, {N: m.images, Pixels: m.pixels, Size: (m.pixels + 2) / 3},
			{N: 1, Pixels: m.images * m.pixels, Size: 2*m.pixels - 1},
		} {
			parts := func(sums int, f func(sum []float32, lo, hi int)) []float32 {
				out := make([]float32, s.Count()*sums*c)
				for i := range s.Count() {
					lo, hi := s.Range(i)
					f(out[i*sums*c:(i+1)*sums*c], lo*c, hi*c)
				}
				return out
			}
			what := fmt.Sprintf(" of %v in %v", m, s)
			two, one := b.empty(s.Count()*2*c), b.empty(s.Count()*c)
			norm := Norm{C: c, Segments: s, Parts: two, Mean: dmean, Scale: dscale, Shift: dshift}
			b.run("moments"+what, two, parts(2, func(p []float32, lo, hi int) { kernel.Moments(p[:c], p[c:], x[lo:hi]) }),
				b.parts("moments", s, c, two, dx))
			b.run("sums"+what, one, parts(1, func(p []float32, lo, hi int) { kernel.SumRows(p, x[lo:hi]) }), b.sumRows(one, dx, false, s, c))
			b.run("sums again"+what, one, parts(1, func(p []float32, lo, hi int) { kernel.SumRows(p, x[lo:hi]); kernel.SumRows(p, x[lo:hi]) }),
				b.sumRows(one, dx, true, s, c))
			b.run("dots"+what, one, parts(1, func(p []float32, lo, hi int) { kernel.DotRows(p, x[lo:hi], z[lo:hi]) }),
				b.dotRows(one, dx, dz, false, s, c))
			b.run("dots again"+what, one, parts(1, func(p []float32, lo, hi int) {
				kernel.DotRows(p, x[lo:hi], z[lo:hi])
				kernel.DotRows(p, x[lo:hi], z[lo:hi])
			}), b.dotRows(one, dx, dz, true, s, c))
			b.run("norm sums"+what, two, parts(2, func(p []float32, lo, hi int) { kernel.NormSums(p, z[lo:hi], x[lo:hi], mean) }),
				norm.sums(b.builder, dz, dx, false, 0))
			b.run("norm sums, clamp"+what, two, parts(2, func(p []float32, lo, hi int) {
				kernel.NormSumsAffine(p, z[lo:hi], x[lo:hi], mean, scale, shift, 1)
			}), norm.sums(b.builder, dz, dx, true, 1))
			sum := b.values(c)
			dsum, p := b.on(sum), b.values(5*c)
			kernel.Reduce(sum, p, 5)
			b.run("reduce"+what, dsum, sum, b.reduce(dsum, b.on(p), 5))
		}
		means, spread := make([]float32, m.images*c), make([]float32, n)
		for i := range m.images {
			size := m.pixels * c
			kernel.MeanRows(means[i*c:(i+1)*c], x[i*size:(i+1)*size])
			kernel.SpreadMean(spread[i*size:(i+1)*size], means[i*c:(i+1)*c])
		}
		dmeans, dspread := b.empty(m.images*c), b.empty(n)
		b.run(fmt.Sprint("means of ", m), dmeans, means, b.meanRows(dmeans, dx, m.images, m.pixels, c))
		b.run(fmt.Sprint("spread means of ", m), dspread, spread, b.rows("spread_rows", Rows{m.images, m.pixels, c, true}, dspread, dmeans,
			1/float32(m.pixels)))
	}
}
