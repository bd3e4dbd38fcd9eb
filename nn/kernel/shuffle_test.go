package kernel

import (
	"fmt"
	"slices"
	"testing"
)

// Every column of pairs goes where it should and nothing else is written, for all families, distances between rows and alignments.
func TestInterleave(t *testing.T) {
	for _, family := range Families() {
		t.Run(family, func(t *testing.T) {
			defer Use(family)()
			for _, rows := range []int{0, 1, 3} {
				for c := range 67 {
					for _, gap := range []int{0, c, 5} {
						interleave(t, rows, c, c+gap, c+gap/2)
					}
				}
			}
		})
	}
}

func interleave(t *testing.T, rows, c, rowA, rowB int) {
	t.Helper()
	name := fmt.Sprintf("%d×%d, rows %d and %d apart", rows, c, rowA, rowB)
	a, intactA := guarded(rows*rowA, 1)
	b, intactB := guarded(rows*rowB, 0)
	y, intactY := guarded(rows*2*c, 2)
	copy(a, normal(1, len(a)))
	copy(b, normal(2, len(b)))
	copy(y, normal(3, len(y)))
	backA, backB := normal(4, len(a)), normal(5, len(b))
	wantA, wantB := slices.Clone(backA), slices.Clone(backB)
	Interleave(y, a, rowA, b, rowB, rows, c)
	for r := range rows {
		copy(wantA[r*rowA:][:c], a[r*rowA:])
		copy(wantB[r*rowB:][:c], b[r*rowB:])
		for i := range c {
			if y[(r*c+i)*2] != a[r*rowA+i] || y[(r*c+i)*2+1] != b[r*rowB+i] {
				t.Fatalf("%s: pair %d of row %d is not that of a and b", name, i, r)
			}
		}
	}
	copy(a, backA)
	copy(b, backB)
	Deinterleave(a, rowA, b, rowB, y, rows, c)
	if !slices.Equal(a, wantA) || !slices.Equal(b, wantB) {
		t.Fatalf("%s: not taken apart as put together", name)
	}
	if !intactA() || !intactB() || !intactY() {
		t.Fatalf("%s: writes outside", name)
	}
	Deinterleave(b, rowB, b, rowB, y, rows, c)
	if !slices.Equal(b, wantB) {
		t.Fatalf("%s: of one array for both, the second elements do not remain", name)
	}
}

// BenchmarkInterleave measures both directions in the cache, at the numbers of channels of ShuffleNetV2 0.5×, and a plain copy.
func BenchmarkInterleave(b *testing.B) {
	for _, c := range []int{24, 48, 96} {
		rows := 12288 / c
		x, z, y := make([]float32, rows*c), make([]float32, rows*c), make([]float32, 2*rows*c)
		for _, family := range Families() {
			for _, k := range []struct {
				name string
				run  func()
			}{
				{"interleave", func() { Interleave(y, x, c, z, c, rows, c) }},
				{"deinterleave", func() { Deinterleave(x, c, z, c, y, rows, c) }},
				{"copy", func() { CopyColumns(y, 2*c, x, c, rows, c); CopyColumns(y[c:], 2*c, z, c, rows, c) }},
			} {
				b.Run(fmt.Sprintf("%s/%s/%d", k.name, family, c), func(b *testing.B) {
					defer Use(family)()
					for b.Loop() {
						k.run()
					}
					b.ReportMetric(float64(8*len(y))*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
				})
			}
		}
	}
}
