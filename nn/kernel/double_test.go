package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

func TestGemm64(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	matrix := func(g int) []float64 {
		x := make([]float64, g*g)
		for i := range x {
			x[i] = random.NormFloat64()
		}
		return x
	}
	for _, g := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 130} {
		a, b, c := matrix(g), matrix(g), matrix(g)
		for _, tA := range []bool{false, true} {
			for _, add := range []bool{false, true} {
				transA := blas.NoTrans
				if tA {
					transA = blas.Trans
				}
				var beta float64
				if add {
					beta = 1
				}
				want := slices.Clone(c)
				gonum.Implementation{}.Dgemm(transA, blas.NoTrans, g, g, g, -0.5, a, g, b, g, beta, want, g)
				var bits []float64
				for _, name := range Families() {
					restore := Use(name)
					const margin, poison = 16, 7
					guard := slices.Repeat([]float64{poison}, margin)
					got := slices.Concat(guard, c, guard)
					Gemm64(tA, g, -0.5, a, b, add, got[margin:margin+g*g])
					restore()
					what := fmt.Sprintf("%s, g %d, transposed %t, added %t", name, g, tA, add)
					for i, v := range got {
						if i < margin || i >= margin+g*g {
							if v != poison {
								t.Errorf("%s: writes outside its output", what)
							}
						} else if math.Abs(v-want[i-margin]) > 1e-13*float64(g) {
							t.Fatalf("%s: %g, want %g", what, v, want[i-margin])
						}
					}
					if name != "portable" {
						if bits != nil && !slices.Equal(bits, got) {
							t.Errorf("%s: not the bits of the other family", what)
						}
						bits = got
					}
				}
			}
		}
	}
}

// What is not finite spreads as in the portable code.
func TestGemm64NotFinite(t *testing.T) {
	for _, name := range Families() {
		restore := Use(name)
		a, b, c := []float64{0, 1, 1, 0}, []float64{math.Inf(1), 1, 1, math.NaN()}, make([]float64, 4)
		Gemm64(false, 2, 1, a, b, false, c)
		restore()
		if !math.IsNaN(c[0]) || !math.IsNaN(c[1]) || !math.IsInf(c[2], 1) || !math.IsNaN(c[3]) {
			t.Errorf("%s: %v", name, c)
		}
	}
}

func BenchmarkGemm64(b *testing.B) {
	for _, g := range []int{16, 64} {
		b.Run(fmt.Sprint(g), func(b *testing.B) {
			x, y, c := make([]float64, g*g), make([]float64, g*g), make([]float64, g*g)
			for b.Loop() {
				Gemm64(true, g, 1, x, y, false, c)
			}
			b.ReportMetric(2*float64(g*g*g)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
