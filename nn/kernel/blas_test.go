package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// BLAS must compute what gonum's own implementation does.
func TestBLAS(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		kinds := []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}
		for _, tA := range kinds {
			for _, tB := range kinds {
				for _, s := range [][3]int{{0, 3, 2}, {3, 0, 2}, {3, 4, 0}, {1, 1, 1}, {10, 40, 33}, {70, 33, 20}} {
					g := gemmCase{tA != blas.NoTrans, tB != blas.NoTrans, s[0], s[1], s[2], 3, 1.5, 0.5}
					a, lda, b, ldb, c, ldc := g.operands()
					want := slices.Clone(c)
					gonum.Implementation{}.Sgemm(tA, tB, g.m, g.n, g.k, g.alpha, a, lda, b, ldb, g.beta, want, ldc)
					BLAS{}.Sgemm(tA, tB, g.m, g.n, g.k, g.alpha, a, lda, b, ldb, g.beta, c, ldc)
					for i := range c {
						if i%ldc < g.n && math.Abs(float64(c[i]-want[i])) > 1e-4 {
							t.Fatalf("%c%c %v: C[%d] = %g, want %g", tA, tB, s, i, c[i], want[i])
						}
					}
				}
			}
		}
	})
}

// BLAS must refuse what gonum's own implementation refuses.
func TestBLASPanics(t *testing.T) {
	message := func(f func()) (text string) {
		defer func() { text = fmt.Sprint(recover()) }()
		f()
		return
	}
	x := make([]float32, 6)
	for _, s := range []struct {
		tA, tB        blas.Transpose
		m, n, k       int
		lda, ldb, ldc int
	}{
		{'x', blas.NoTrans, 2, 3, 2, 2, 3, 3}, {blas.NoTrans, 'x', 2, 3, 2, 2, 3, 3}, {blas.NoTrans, blas.NoTrans, -1, 3, 2, 2, 3, 3},
		{blas.NoTrans, blas.NoTrans, 2, 3, 2, 1, 3, 3}, {blas.NoTrans, blas.NoTrans, 2, 3, 2, 2, 2, 3},
		{blas.NoTrans, blas.NoTrans, 2, 3, 2, 2, 3, 2},
		{blas.NoTrans, blas.NoTrans, 4, 3, 2, 2, 3, 3}, {blas.Trans, blas.NoTrans, 2, 3, 9, 2, 3, 3},
		{blas.NoTrans, blas.NoTrans, 2, 3, 2, 2, 3, 9},
	} {
		want := message(func() {
			gonum.Implementation{}.Sgemm(s.tA, s.tB, s.m, s.n, s.k, 1, x, s.lda, x, s.ldb, 1, x, s.ldc)
		})
		got := message(func() { BLAS{}.Sgemm(s.tA, s.tB, s.m, s.n, s.k, 1, x, s.lda, x, s.ldb, 1, x, s.ldc) })
		if want == "<nil>" || got != want {
			t.Errorf("%+v: panics with %q, gonum with %q", s, got, want)
		}
	}
}

// special replaces some of x by NaN, infinities, denormals, zeros of both signs and a large number.
func special(x []float32) []float32 {
	values := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1e-42, 0, float32(math.Copysign(0, -1)), 1e30}
	for i := range x {
		if i%11 == 3 {
			x[i] = values[i/11%len(values)]
		}
	}
	return x
}

// alike reports whether two results have the same NaNs and infinities and are otherwise close.
func alike(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool {
		switch {
		case x != x || y != y:
			return x != x && y != y
		case math.IsInf(float64(x), 0) || math.IsInf(float64(y), 0):
			return x == y
		}
		return math.Abs(float64(x)-float64(y)) <= 1e-4*math.Max(1, math.Abs(float64(x)))
	})
}

func TestSpecialValues(t *testing.T) {
	const m, n, k = 21, 45, 9
	a, b := special(normal(1, m*k)), normal(2, k*n)
	for i := range b {
		if i%n >= 30 {
			b[i] = 1 // so that the infinities meet some finite sums
		}
	}
	special(b[:2*n])
	s := convCase{7, 6, 5, 5, 18, 3, 3, 1, 1, 1}
	c := s.conv()
	x, w := special(normal(3, s.n*s.h*s.w*s.in)), normal(4, 9*s.in*s.out)
	var product, convolution []float32
	for _, name := range Families() {
		restore := Use(name)
		z := make([]float32, m*n)
		Gemm(false, false, m, n, k, 1, a, k, b, n, 0, z, n)
		packed, stage, y := make([]float32, c.PackedLen()), make([]float32, c.ScratchLen(s.n)), make([]float32, s.n*c.Positions()*s.out)
		each(c.PackParts(), func(i int) { c.Pack(packed, w, i) })
		each(c.ForwardParts(s.n), func(i int) { c.Forward(y, x, packed, stage, s.n, i) })
		if product == nil {
			product, convolution = z, y
		}
		if !alike(product, z) || !alike(convolution, y) {
			t.Errorf("%s: NaN, infinities or denormals go other ways than in the portable family", name)
		}
		restore()
	}
}

func TestGemmAllocations(t *testing.T) {
	const n = 150
	a, b, c := normal(1, n*n), normal(2, n*n), make([]float32, n*n)
	eachFamily(t, func(t *testing.T) {
		if allocations := testing.AllocsPerRun(5, func() { Gemm(false, true, n, n, n, 2, a, n, b, n, 0, c, n) }); allocations != 0 {
			t.Errorf("a product allocates %v times", allocations)
		}
	})
}

func FuzzGemm(f *testing.F) {
	f.Add(false, false, uint8(3), uint8(40), uint8(7), uint8(0), float32(1), float32(0))
	f.Add(true, true, uint8(90), uint8(33), uint8(250), uint8(3), float32(-0.5), float32(2))
	f.Fuzz(func(t *testing.T, tA, tB bool, m, n, k, extra uint8, alpha, beta float32) {
		if !(math.Abs(float64(alpha)) < 1e3 && math.Abs(float64(beta)) < 1e3) {
			t.Skip("sums could overflow")
		}
		g := gemmCase{tA, tB, 1 + int(m), 1 + int(n), 2 * int(k), int(extra) % 8, alpha, beta}
		var bits []float32
		for _, name := range Families() {
			restore := Use(name)
			c := g.check(t)
			restore()
			if name != "portable" {
				if bits != nil && !sameBits(bits, c) {
					t.Errorf("%+v: the bits of %s differ", g, name)
				}
				bits = c
			}
		}
	})
}
