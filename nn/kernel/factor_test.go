package kernel

import (
	"fmt"
	"slices"
	"testing"
)

func TestFactor(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		for _, f := range []Factor{{1, 1}, {3, 5}, {17, 31}, {16, 32}, {64, 256}, {345, 40}, {700, 97}, {1024, 256}, {9, 2000}} {
			for _, m := range []int{1, 2, 7, 16, 33} {
				for _, transposed := range []bool{false, true} {
					t.Run(fmt.Sprint(f, m, transposed), func(t *testing.T) {
						g := gemmCase{tB: transposed, m: m, n: f.N, k: f.K, extra: 3, alpha: 1}
						_, _, b, ldb, _, _ := g.operands()
						a := normal(4, m*f.K)
						want := make([]float32, m*f.N)
						Gemm(false, transposed, m, f.N, f.K, 1, a, f.K, b, ldb, 0, want, f.N)
						packed, kept := guarded(f.Len(), 1)
						f.Pack(packed, b, transposed, ldb)
						got, intact := guarded(m*f.N, 1)
						for part := range f.Columns().Count() {
							f.Product(got, a, packed, m, part)
						}
						if !slices.Equal(got, want) {
							t.Error("not the bits of Gemm")
						}
						if !kept() || !intact() {
							t.Error("writes beyond its memory")
						}
					})
				}
			}
		}
	})
}
