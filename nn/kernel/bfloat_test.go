package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// variants are the families, and that with the instruction for bfloat16 without it.
func variants() []string {
	if names := Families(); !hasInstruction() {
		return names
	} else {
		return append(names, "avx512"+withoutInstruction)
	}
}

// wide returns n numbers whose exponents are spread widely, around 2^scale; some are 0, and some denormal.
func wide(random *rand.Rand, n, scale, spread int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.Ldexp(random.NormFloat64(), scale+random.IntN(2*spread+1)-spread))
		if random.IntN(16) == 0 {
			x[i] = math.Float32frombits(random.Uint32() & 0x80007fff)
		}
	}
	return x
}

// Every bfloat16, and those halfway between two, in every family.
func TestRoundBFloat(t *testing.T) {
	var x []float32
	for upper := range 1 << 16 {
		for _, lower := range []uint32{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff} {
			x = append(x, math.Float32frombits(uint32(upper)<<16|lower))
		}
	}
	for _, v := range x {
		got := RoundBFloat(v)
		if v != v {
			if got == got {
				t.Fatalf("NaN is rounded to %g", got)
			}
			continue
		}
		// A unit of its last place is 2^(e−7), e being the exponent.
		_, e := math.Frexp(float64(v))
		want := math.Ldexp(math.RoundToEven(math.Ldexp(float64(v), 8-e)), e-8)
		if math.Abs(float64(v)) < smallest || v == 0 {
			want = math.Copysign(0, float64(v))
		} else if math.Abs(want) > math.MaxFloat32 {
			want = math.Inf(int(math.Copysign(1, want)))
		}
		if math.IsInf(float64(v), 0) {
			want = float64(v)
		}
		if math.Float32bits(got) != math.Float32bits(float32(want)) {
			t.Fatalf("%x is rounded to %g, not %g", math.Float32bits(v), got, want)
		}
	}
	for _, name := range variants() {
		restore := Use(name)
		for _, cols := range []int{1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 65, len(x)} {
			rows := min(3, len(x)/cols)
			ld := (len(x) - cols) / max(1, rows-1)
			columns, intact := guarded(rows*bfloatFloats(cols), 1)
			bfloatColumns(columns, x, rows, cols, ld)
			combined, intactToo := guarded(bfloatUnit()*rows*cols, 3)
			for _, second := range [][]float32{x[7:], nil} {
				if second != nil && cols == len(x) {
					second = x
				}
				bfloatCombine(combined, x, second, 1, cols, 0, 0, cols)
				for i := range cols {
					var v float32
					if second != nil {
						v = second[i]
					}
					if first, last := pairAt(combined, i, cols); !same(first, RoundBFloat(x[i])) || !same(last, RoundBFloat(v)) {
						t.Fatalf("%s: %x and %x are rounded to %x and %x", name, x[i], v, first, last)
					}
				}
			}
			for r := range rows {
				for i := 0; i < cols; i += 2 {
					row := columns[r*bfloatFloats(cols):]
					first, last := pairAt(row[i/2*bfloatUnit():], 0, 1)
					var want float32
					if i+1 < cols {
						want = RoundBFloat(x[r*ld+i+1])
					}
					if !same(first, RoundBFloat(x[r*ld+i])) || !same(last, want) {
						t.Fatalf("%s: columns %d of %d are rounded to %x and %x", name, i, cols, first, last)
					}
				}
			}
			if !intact() || !intactToo() {
				t.Fatalf("%s: writes outside its output", name)
			}
		}
		restore()
	}
}

// pairAt returns the pair i of those whose two floats, where a pair is two, are to apart.
func pairAt(x []float32, i, to int) (first, second float32) {
	if bfloatWords() {
		u := math.Float32bits(x[i])
		return math.Float32frombits(u << 16), math.Float32frombits(u & 0xffff0000)
	}
	return x[i+to], x[i]
}

// same reports whether two numbers have the same bits, or both are NaN.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// A sum in bfloat16 has the order and the rounding of bfloat.go in every family, also where sums are so small or large that they are
// flushed or overflow.
func TestBFloatGemm(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range []struct{ m, n, k int }{
		{1, 1, 1}, {1, 17, 3}, {2, 5, 0}, {3, 8, 7}, {5, 31, 9}, {7, 33, 16}, {14, 32, 64}, {16, 16, 16}, {17, 48, 31}, {29, 49, 209},
		{65, 1, 40}, {6, 20, 689}, {343, 7, 5}, {3, 515, 6},
	} {
		for kind := range 8 {
			tA, tB, add := kind&1 != 0, kind&2 != 0, kind&4 != 0
			for _, of := range [][2]int{{0, 3}, {-63, 2}, {-63, 40}, {63, 2}, {0, 126}} {
				lda, ldb, ldc := s.k+3, s.n+5, s.n+1
				if tA {
					lda = s.m + 3
				}
				if tB {
					ldb = s.k + 5
				}
				a, b := wide(random, (s.m+s.k+2)*lda, of[0], of[1]), wide(random, (s.n+s.k+2)*ldb, of[0], of[1])
				c := wide(random, s.m*ldc, 2*of[0], 2*of[1])
				want := make([]float32, len(c))
				copy(want, c)
				for i := range s.m {
					for j := range s.n {
						want[i*ldc+j] = bfloatDefinition(s.k, func(l int) (x, y float32) {
							return a[b2i(!tA)*(i*lda+l)+b2i(tA)*(l*lda+i)], b[b2i(!tB)*(l*ldb+j)+b2i(tB)*(j*ldb+l)]
						}, c[i*ldc+j], add)
					}
				}
				for _, name := range variants() {
					restore := Use(name)
					got, intact := guarded(len(c), 1)
					copy(got, c)
					BFloatGemm(tA, tB, s.m, s.n, s.k, a, lda, b, ldb, add, got, ldc)
					if !intact() {
						t.Fatalf("%s, %+v: writes outside C", name, s)
					}
					for i := range got {
						if !same(got[i], want[i]) {
							t.Fatalf("%s, %+v, kind %d, scale %v: C[%d,%d] = %x, want %x", name, s, kind, of, i/ldc, i%ldc, got[i], want[i])
						}
					}
					restore()
				}
			}
		}
	}
}

// bfloatDefinition is a sum of k products, plus c where add is true.
func bfloatDefinition(k int, term func(l int) (x, y float32), c float32, add bool) float32 {
	sum, pairs := float32(0), (k+1)/2
	if k == 0 && add {
		return c
	}
	blocks := (pairs + blockPairs - 1) / blockPairs
	for i := range blocks {
		lo, hi := i*pairs/blocks, (i+1)*pairs/blocks
		var s float32
		for p := lo; p < hi; p++ {
			for l := 2*p + 1; l >= 2*p; l-- {
				var x, y float32
				if l < k {
					x, y = term(l)
				}
				s = fusedFlushed(RoundBFloat(x), RoundBFloat(y), s)
			}
		}
		if i > 0 {
			s = flushed(s + sum)
		} else if add {
			s = flushed(s + flushed(c))
		}
		sum = s
	}
	return sum
}

// fusedFlushed is fmaFlushed by arbitrary precision where that is in doubt.
func fusedFlushed(x, y, s float32) float32 {
	p := float64(x) * float64(y)
	if s != s || p != p || math.IsInf(float64(s), 0) || math.IsInf(p, 0) || s == 0 && p == 0 {
		return float32(p + float64(s))
	}
	// The sum of two numbers of float64, the mantissas of which are short, as an integer times a power of 2.
	return roundedSum(p, float64(s))
}

// roundedSum is a + b rounded once to float32, a denormal result being 0.
func roundedSum(a, b float64) float32 {
	sum := new(big.Float).SetPrec(2000).Add(new(big.Float).SetPrec(2000).SetFloat64(a), new(big.Float).SetPrec(2000).SetFloat64(b))
	if sum.Sign() == 0 {
		return float32(a + b)
	}
	rounded := new(big.Float).SetPrec(24).SetMode(big.ToNearestEven).Set(sum) // with an exponent of any size
	v, _ := rounded.Float64()
	switch size := math.Abs(v); {
	case size < smallest:
		return float32(math.Copysign(0, v))
	case size > math.MaxFloat32:
		return float32(math.Inf(sum.Sign()))
	}
	return float32(v)
}

// Denormals count as 0 and come out as 0 in every family: in operands, in what is added, in sums and in the sum at the end. At the edge,
// where a sum below the smallest normal number is rounded up to it, arm64 alone gives 0.
func TestBFloatDenormals(t *testing.T) {
	const tiny, most = 0x1p-149, smallest - 0x1p-149 // the least and the largest denormal
	for _, c := range []struct {
		a, b [2]float32 // the second elements are multiplied first
		c    float32
		want float32
		edge bool
	}{
		{a: [2]float32{1, tiny}, b: [2]float32{0, 0x1p126}},
		{a: [2]float32{most, 1}, b: [2]float32{0x1p100, 0}},
		{a: [2]float32{1, 0}, b: [2]float32{-most, 1}},
		{a: [2]float32{1, 1}, b: [2]float32{0, 0}, c: most},
		{a: [2]float32{1, 0}, b: [2]float32{smallest, 0}, c: -most, want: smallest},
		{a: [2]float32{-0x1p-70, 0x1p-63}, b: [2]float32{0x1p-70, 0x1p-63}}, // the sum is denormal
		{a: [2]float32{1, 1}, b: [2]float32{1.5 * smallest, -smallest}},     // so is this one
		{a: [2]float32{1, 0}, b: [2]float32{-1.5 * smallest, 0}, c: smallest, want: float32(math.Copysign(0, -1))},
		{a: [2]float32{-0x1p-75, 1}, b: [2]float32{0x1p-75, smallest}}, // 2⁻¹⁵⁰ below: the nearest number of 24 bits is below, too
		{a: [2]float32{-0x1p-75, 1}, b: [2]float32{0x1p-76, smallest}, want: smallest, edge: true},
		{a: [2]float32{-0x1p-76, 1}, b: [2]float32{0x1p-76, smallest}, want: smallest, edge: true},
		{a: [2]float32{0x1p-90, -1}, b: [2]float32{0x1p-90, smallest}, want: -smallest, edge: true},
		{a: [2]float32{0x1p-75, 1}, b: [2]float32{0x1p-77, smallest}, want: smallest},
	} {
		for _, name := range variants() {
			restore := Use(name)
			got := [1]float32{c.c}
			BFloatGemm(false, false, 1, 1, 2, c.a[:], 2, c.b[:], 1, true, got[:], 1)
			restore()
			want := c.want
			if c.edge && name == "neon" {
				want = 0
			}
			if !same(got[0], want) {
				t.Errorf("%s: %x·%x + %x = %x, want %x", name, c.a, c.b, c.c, got[0], want)
			}
		}
	}
}

func FuzzFmaFlushed(f *testing.F) {
	f.Add(uint16(1), uint16(2), uint32(3))
	f.Add(uint16(0x1f80), uint16(0x1fff), uint32(0x80800001))
	for _, s := range []uint32{0x00800000, 0x80800000, 0x00800001, 0x007fffff, 0x80000001} { // around the smallest normal number
		f.Add(uint16(0x9a00), uint16(0x1a00), s) // −2⁻¹⁵⁰
		f.Add(uint16(0x9a00), uint16(0x1980), s) // −2⁻¹⁵¹
		f.Add(uint16(0x9980), uint16(0x1980), s) // −2⁻¹⁵²
		f.Add(uint16(0x9981), uint16(0x1a00), s)
		f.Add(uint16(0x807f), uint16(0x3f80), s) // a denormal operand
	}
	f.Fuzz(func(t *testing.T, x, y uint16, s uint32) {
		a, b := RoundBFloat(math.Float32frombits(uint32(x)<<16)), RoundBFloat(math.Float32frombits(uint32(y)<<16))
		c := flushed(math.Float32frombits(s))
		if got, want := fmaFlushed(a, b, c), fusedFlushed(a, b, c); !same(got, want) {
			t.Errorf("%x·%x + %x = %x, want %x", a, b, c, got, want)
		}
	})
}

// BenchmarkBFloatConv is BenchmarkConv in both precisions, for convolutions of ResNets. Rounding is part of what is measured.
func BenchmarkBFloatConv(b *testing.B) {
	for _, s := range []convCase{
		{8, 32, 32, 3, 16, 3, 3, 1, 1, 1},
		{8, 32, 32, 16, 16, 3, 3, 1, 1, 1},
		{16, 16, 16, 32, 32, 3, 3, 1, 1, 1},
		{32, 8, 8, 64, 64, 3, 3, 1, 1, 1},
		{4, 32, 32, 64, 64, 3, 3, 1, 1, 1},
		{16, 4, 4, 512, 512, 3, 3, 1, 1, 1},
		{8, 16, 16, 32, 64, 3, 3, 2, 1, 1},
		{8, 16, 16, 64, 256, 1, 1, 1, 0, 1},
		{8, 16, 16, 256, 64, 1, 1, 1, 0, 1},
		{8, 16, 16, 64, 128, 1, 1, 2, 0, 1},
	} {
		for _, precision := range []string{"float32", "bf16"} {
			c := s.conv()
			if precision == "bf16" {
				c = NewBFloatConv(c.Window, s.out, s.groups)
			}
			benchmarkConv(b, fmt.Sprintf("%dx%d-s%d-c%d-%d-%dx%dx%d/%s", s.kh, s.kw, s.stride, s.in, s.out, s.n, s.h, s.w, precision), s, c)
		}
	}
}
