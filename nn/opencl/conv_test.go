//go:build opencl

package opencl

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"cenet/nn/kernel"
)

// random returns n floats around 0.
func random(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// equal reports the first entry that differs.
func equal(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			n := 0
			for j := range want {
				if got[j] != want[j] {
					n++
				}
			}
			t.Errorf("%s: entry %d is %v, not %v; %d of %d differ", what, i, got[i], want[i], n, len(want))
			return
		}
	}
}

// testBuilder runs what emit emits.
func testBuilder(t *testing.T, d *Device, emit func(b *builder)) {
	t.Helper()
	var calls []*Call
	b := &builder{d: d, calls: &calls}
	if _, _, err := b.build(func() { b.pass(func() { emit(b) }) }); err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		c.Run()
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
}

func TestConv(t *testing.T) {
	if kernel.Arithmetic() != "fused" {
		t.Skip("this processor has no fused kernels to compare with")
	}
	t.Run("float32", func(t *testing.T) { testConv(t, kernel.NewConv, false) })
	t.Run("bfloat16", func(t *testing.T) { testConv(t, kernel.NewBFloatConv, false) })
	t.Run("denormals", func(t *testing.T) { testConv(t, kernel.NewBFloatConv, true) })
}

// nearSmallest returns numbers around the smallest normal one and its root, of which sums and products are denormal.
func nearSmallest(n int, seed uint64) []float32 {
	x := random(n, seed)
	for i := range x {
		x[i] = float32(math.Ldexp(float64(x[i]), []int{-63, -126, -127, -135, 0}[i%5]))
	}
	return x
}

func testConv(t *testing.T, newConv func(kernel.Window, int, int) *kernel.Conv, denormals bool) {
	random := random
	if denormals {
		random = nearSmallest
	}
	d := open(t)
	d.largeTiles = os.Getenv("CENET_TEST_TILES") == "large"
	for _, s := range []struct{ n, h, w, c, out, k, stride, pad, groups int }{
		{2, 9, 8, 3, 16, 3, 1, 1, 1},
		{3, 8, 8, 16, 16, 3, 1, 1, 1},
		{2, 7, 9, 5, 7, 3, 2, 1, 1},
		{9, 6, 6, 8, 36, 3, 1, 1, 1},
		{17, 4, 4, 24, 20, 3, 1, 1, 1},
		{2, 8, 8, 16, 72, 1, 1, 0, 1},
		{2, 8, 8, 32, 24, 1, 2, 0, 1},
		{2, 15, 14, 3, 40, 7, 2, 3, 1},
		{2, 10, 10, 24, 24, 3, 1, 1, 3},
		{2, 9, 9, 12, 24, 3, 2, 1, 4},
		{9, 2, 2, 132, 140, 3, 1, 1, 1},
		{2, 4, 4, 300, 600, 3, 2, 1, 1},
		{1, 30, 30, 8, 8, 3, 1, 1, 1},
	} {
		name := fmt.Sprintf("%dx%dx%dx%d to %d, %dx%d, stride %d, pad %d, groups %d", s.n, s.h, s.w, s.c, s.out, s.k, s.k, s.stride, s.pad,
			s.groups)
		c := newConv(kernel.NewWindow(s.h, s.w, s.c, s.k, s.k, s.stride, s.pad), s.out, s.groups)
		x, dy := random(s.n*s.h*s.w*s.c, 1), random(s.n*c.Positions()*s.out, 2)
		w, addend := random(s.k*s.k*s.c/s.groups*s.out, 3), random(len(x), 4)
		y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
		scratch := make([]float32, c.ScratchLen(s.n))
		packed := make([]float32, max(c.PackedLen(), c.PackedInputLen()))
		for i := range c.PackParts() {
			c.Pack(packed, w, i)
		}
		c.ForwardImages(y, x, packed, scratch, s.n)
		for i := range c.PackInputParts() {
			c.PackInput(packed, w, i)
		}
		c.InputImages(dx, dy, packed, scratch, s.n, kernel.Epilogue{Addend: addend})
		part := 0
		if c.ByImages(s.n) {
			part = (s.n + 7) / 8
			parts := make([]float32, 8*len(w))
			count := 0
			for lo := 0; lo < s.n; lo += part {
				n := min(part, s.n-lo)
				c.Weight(parts[count*len(w):][:len(w)], dy[lo*c.Positions()*s.out:], x[lo*s.h*s.w*s.c:], scratch, n)
				count++
			}
			kernel.Reduce(dw, parts, count)
		} else {
			paired := make([]float32, c.PairLen(s.n))
			for i := range c.PairParts(s.n) {
				c.Pair(paired, dy, x, s.n, i)
			}
			for i := range c.WeightParts() {
				c.WeightPart(dw, dy, x, paired, s.n, i)
			}
		}
		bx, bdy, bw, ba := alloc(t, d, x), alloc(t, d, dy), alloc(t, d, w), alloc(t, d, addend)
		by, bdx, bdw := alloc(t, d, make([]float32, len(y))), alloc(t, d, make([]float32, len(x))), alloc(t, d, make([]float32, len(w)))
		testBuilder(t, d, func(b *builder) {
			b.convForward(c, s.n, by, bx, bw, Epilogue{})
			b.convInput(c, s.n, bdx, bdy, bw, Epilogue{Addend: ba})
			b.convWeight(c, s.n, part, bdw, bdy, bx)
		})
		for what, v := range map[string][2][]float32{
			"output": {read(t, d, by), y}, "gradient of the input": {read(t, d, bdx), dx}, "gradient of the weights": {read(t, d, bdw), dw},
		} {
			if denormals { // the sign of 0 is that of the last term, which on a device may be one beyond the border
				for i := range v[1] {
					v[0][i], v[1][i] = v[0][i]+0, v[1][i]+0
				}
			}
			equal(t, name+": "+what, v[0], v[1])
		}
	}
}
