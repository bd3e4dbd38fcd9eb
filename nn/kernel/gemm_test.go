package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cenet/nn/median"
)

// eachFamily runs a test with every family of kernels that the processor has.
func eachFamily(t *testing.T, f func(t *testing.T)) {
	for _, name := range Families() {
		t.Run(name, func(t *testing.T) {
			defer Use(name)()
			f(t)
		})
	}
}

// guarded returns n floats somewhere within a larger array of poison, and a function that reports whether the poison around
// them is untouched.
func guarded(n, offset int) (x []float32, intact func() bool) {
	const margin = 64
	poison := float32(math.Inf(-1))
	all := make([]float32, n+2*margin+offset)
	for i := range all {
		all[i] = poison
	}
	x = all[margin+offset:][:n:n]
	return x, func() bool {
		for i, v := range all {
			if (i < margin+offset || i >= margin+offset+n) && v != poison {
				return false
			}
		}
		return true
	}
}

func normal(seed uint64, n int) []float32 {
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	return x
}

// A gemmCase is a product with unused columns after every row and unaligned operands.
type gemmCase struct {
	tA, tB      bool
	m, n, k     int
	extra       int
	alpha, beta float32
}

// operands returns A, B and C with their row strides. The columns that are not used are NaN.
func (g gemmCase) operands() (a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	matrix := func(seed uint64, rows, cols int) ([]float32, int) {
		ld := cols + g.extra
		x := normal(seed, rows*ld)
		for i := range x {
			if i%ld >= cols {
				x[i] = float32(math.NaN())
			}
		}
		return x[:max(0, (rows-1)*ld+cols)], ld
	}
	ra, ca, rb, cb := g.m, g.k, g.k, g.n
	if g.tA {
		ra, ca = ca, ra
	}
	if g.tB {
		rb, cb = cb, rb
	}
	a, lda = matrix(1, ra, ca)
	b, ldb = matrix(2, rb, cb)
	c, ldc = matrix(3, g.m, g.n)
	return
}

// check runs the product and compares it with float64; it returns C.
func (g gemmCase) check(t *testing.T) []float32 {
	t.Helper()
	a, lda, b, ldb, c, ldc := g.operands()
	out, intact := guarded(len(c), g.extra%3)
	copy(out, c)
	Gemm(g.tA, g.tB, g.m, g.n, g.k, g.alpha, a, lda, b, ldb, g.beta, out, ldc)
	if !intact() {
		t.Fatalf("%+v: writes outside C", g)
	}
	for i := range out {
		r, j := i/ldc, i%ldc
		if j >= g.n {
			if out[i] == out[i] {
				t.Fatalf("%+v: writes between the rows of C", g)
			}
			continue
		}
		want, size := float64(g.beta)*float64(c[i]), math.Abs(float64(g.beta)*float64(c[i]))
		if g.beta == 0 {
			want, size = 0, 0
		}
		for l := range g.k {
			x, y := a[r*lda*b2i(!g.tA)+l*b2i(!g.tA)+(r+l*lda)*b2i(g.tA)], b[(l*ldb+j)*b2i(!g.tB)+(j*ldb+l)*b2i(g.tB)]
			v := float64(g.alpha) * float64(x) * float64(y)
			want += v
			size += math.Abs(v)
		}
		if d := math.Abs(float64(out[i]) - want); !(d <= 1e-6*size*math.Sqrt(float64(g.k+4))/2) {
			t.Fatalf("%+v: C[%d,%d] = %g, want %g", g, r, j, out[i], want)
		}
	}
	return slices.Clone(out)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// filled returns n aligned floats, normally distributed.
func filled(n int) []float32 {
	x := Aligned(n)
	copy(x, normal(5, n))
	return x
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func TestGemm(t *testing.T) {
	sizes := []struct{ m, n, k int }{
		{1, 1, 1}, {1, 17, 3}, {2, 5, 0}, {3, 8, 7}, {5, 31, 9}, {7, 33, 16}, {14, 32, 64}, {16, 16, 16}, {17, 48, 31}, {29, 49, 209},
		{37, 61, 53}, {65, 1, 40}, {64, 100, 417}, {1, 300, 300}, {33, 15, 5}, {343, 70, 30}, {40, 1030, 12},
	}
	for _, s := range sizes {
		for kind := range 4 {
			for _, f := range [][2]float32{{1, 0}, {1, 1}, {0.5, 0}, {-2, 0.25}, {0, 3}} {
				for _, extra := range []int{0, 5} {
					g := gemmCase{kind&1 != 0, kind&2 != 0, s.m, s.n, s.k, extra, f[0], f[1]}
					var bits []float32
					for _, name := range Families() {
						restore := Use(name)
						c := g.check(t)
						if name != "portable" {
							if bits != nil && !sameBits(bits, c) {
								t.Errorf("%+v: the bits of %s differ", g, name)
							}
							bits = c
						}
						restore()
					}
				}
			}
		}
	}
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range [][3]int{{512, 512, 512}, {1024, 1024, 1024}, {64, 1024, 576}, {128, 64, 1152}, {256, 784, 64}, {256, 256, 256},
		{16, 1024, 144}, {32, 256, 288}, {37, 61, 53}, {16, 16, 16}} {
		for kind, name := range []string{"", "/tA", "/tB"} {
			m, n, k := s[0], s[1], s[2]
			b.Run(fmt.Sprintf("%dx%dx%d%s", m, n, k, name), func(b *testing.B) {
				x, y, z := filled(m*k), filled(k*n), filled(m*n)
				lda, ldb := k, n
				if kind == 1 {
					lda = m
				}
				if kind == 2 {
					ldb = k
				}
				measure(b, 2*float64(m)*float64(n)*float64(k), func() {
					Gemm(kind == 1, kind == 2, m, n, k, 1, x, lda, y, ldb, 0, z, n)
				})
			})
		}
	}
}

// measure reports the speed of f, which does the given number of floating-point operations, and its share of the peak that is measured in
// turn with it. Of several rounds the median counts.
func measure(b *testing.B, operations float64, f func()) {
	f()
	n := max(1, int(4e6*20/operations))
	var shares, speeds []float64
	for b.Loop() {
		peak := Peak(200 * time.Microsecond)
		start := time.Now()
		for range n {
			f()
		}
		speed := operations * float64(n) / time.Since(start).Seconds()
		speeds = append(speeds, speed/1e9)
		if peak > 0 {
			shares = append(shares, 100*speed/peak)
		}
	}
	b.ReportMetric(median.Of(speeds), "GFLOP/s")
	if len(shares) > 0 {
		b.ReportMetric(median.Of(shares), "%peak")
	}
	b.ReportMetric(0, "ns/op")
}
