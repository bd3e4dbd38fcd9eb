package kernel

import (
	"fmt"
	"math"
	"testing"
)

// A sweepCase is a function on matrices a, b and c, which are all rows×c, five vectors of parameters and two of sums.
type sweepCase struct {
	name string
	do   func(a, b, c []float32, p [5][]float32, sums []float32)
}

var sweepCases = []sweepCase{
	{"Add", func(a, b, c []float32, p [5][]float32, sums []float32) { Add(a, b) }},
	{"Sum", func(a, b, c []float32, p [5][]float32, sums []float32) { Sum(a, b, c) }},
	{"SumClamp", func(a, b, c []float32, p [5][]float32, sums []float32) { SumClamp(a, b, c, 1) }},
	{"Clamp", func(a, b, c []float32, p [5][]float32, sums []float32) { Clamp(a, b, 1) }},
	{"ReLU", func(a, b, c []float32, p [5][]float32, sums []float32) { Clamp(a, a, float32(math.Inf(1))) }},
	{"ClampBackward", func(a, b, c []float32, p [5][]float32, sums []float32) { ClampBackward(a, a, c, 1) }},
	{"AddRow", func(a, b, c []float32, p [5][]float32, sums []float32) { AddRow(a, p[0]) }},
	{"SubRow", func(a, b, c []float32, p [5][]float32, sums []float32) { SubRow(a, b, p[0]) }},
	{"ScaleRows", func(a, b, c []float32, p [5][]float32, sums []float32) { ScaleRows(a, b, p[0]) }},
	{"AddScaledRows", func(a, b, c []float32, p [5][]float32, sums []float32) { AddScaledRows(a, b, p[0], -0.7) }},
	{"Affine", func(a, b, c []float32, p [5][]float32, sums []float32) { Affine(a, b, p[0], p[1]) }},
	{"AffineClamp", func(a, b, c []float32, p [5][]float32, sums []float32) { AffineClamp(a, b, p[0], p[1], 1) }},
	{"AffineAddClamp", func(a, b, c []float32, p [5][]float32, sums []float32) { AffineAddClamp(a, b, c, p[0], p[1], 1) }},
	{"SumRows", func(a, b, c []float32, p [5][]float32, sums []float32) { SumRows(sums[:len(p[0])], a) }},
	{"shiftedRows", func(a, b, c []float32, p [5][]float32, sums []float32) { shiftedRows(sums[:len(p[0])], a, p[0]) }},
	{"squareRows", func(a, b, c []float32, p [5][]float32, sums []float32) { squareRows(sums[:len(p[0])], a, p[0]) }},
	{"DotRows", func(a, b, c []float32, p [5][]float32, sums []float32) { DotRows(sums[:len(p[0])], a, b) }},
	{"NormSums", func(a, b, c []float32, p [5][]float32, sums []float32) { NormSums(sums, a, b, p[0]) }},
	{"NormSumsAffine", func(a, b, c []float32, p [5][]float32, sums []float32) {
		NormSumsAffine(sums, a, b, p[0], p[1], p[2], 1)
	}},
	{"NormSumsClamp", func(a, b, c []float32, p [5][]float32, sums []float32) { NormSumsClamp(sums, a, b, c, p[0], 1) }},
	{"NormBackward", func(a, b, c []float32, p [5][]float32, sums []float32) { NormBackward(a, b, c, p[0], p[1], p[2]) }},
	{"NormBackwardAffine", func(a, b, c []float32, p [5][]float32, sums []float32) {
		NormBackwardAffine(a, a, c, p[0], p[1], p[2], p[3], p[4], 1)
	}},
	{"SGD", func(a, b, c []float32, p [5][]float32, sums []float32) { SGD(a, b, c, 0.1, 0.9, 0.01, false) }},
	{"SGD with Nesterov", func(a, b, c []float32, p [5][]float32, sums []float32) { SGD(a, b, c, 0.1, 0.9, 0.01, true) }},
}

// run returns all operands after the function has run on values between poison.
func (s sweepCase) run(t *testing.T, rows, c int, fill func(x []float32)) [][]float32 {
	t.Helper()
	var all [][]float32
	var intact []func() bool
	operand := func(n int) []float32 {
		x, ok := guarded(n, len(all)%3)
		copy(x, normal(uint64(len(all)+1), n))
		fill(x)
		all, intact = append(all, x), append(intact, ok)
		return x
	}
	ma, mb, mc, sums := operand(rows*c), operand(rows*c), operand(rows*c), operand(2*c)
	var p [5][]float32
	for i := range p {
		p[i] = operand(c)
	}
	s.do(ma, mb, mc, p, sums)
	for i, ok := range intact {
		if !ok() {
			t.Errorf("%s, %d×%d, %s: writes outside operand %d", s.name, rows, c, Family(), i)
		}
	}
	return all
}

// everywhere compares the families.
func (s sweepCase) everywhere(t *testing.T, rows, c int, fill func(x []float32)) {
	t.Helper()
	var want, bits [][]float32
	for _, name := range Families() {
		restore := Use(name)
		got := s.run(t, rows, c, fill)
		restore()
		if name == "portable" {
			want = got
			continue
		}
		for i := range got {
			if bits != nil && !sameBits(got[i], bits[i]) {
				t.Errorf("%s, %d×%d: the bits of %s differ", s.name, rows, c, name)
			}
			for j, v := range got[i] {
				if !close32(v, want[i][j], 1e-6*float64(10+rows)) {
					t.Fatalf("%s, %d×%d, %s: operand %d[%d] is %g, not %g", s.name, rows, c, name, i, j, v, want[i][j])
				}
			}
		}
		bits = got
	}
}

// close32 reports whether two numbers differ by no more than the tolerance, or by that part of them; or are the same beyond the
// numbers.
func close32(a, b float32, tolerance float64) bool {
	x, y := float64(a), float64(b)
	return x == y || x != x && y != y || math.Abs(x-y) <= tolerance*math.Max(1, math.Min(math.Abs(x), math.Abs(y)))
}

func asIs([]float32) {}

func TestSweeps(t *testing.T) {
	for _, s := range sweepCases {
		for _, c := range []int{1, 2, 3, 5, 8, 15, 16, 17, 24, 31, 32, 33, 48, 58, 63, 64, 65, 100, 129, 144, 200, 256, 300} {
			for _, rows := range []int{1, 2, 3, 7, 64, 65} {
				s.everywhere(t, rows, c, asIs)
			}
		}
	}
}

// Values that are no numbers, or too small for full precision, come out as in plain Go.
func TestSweepsOfSpecialValues(t *testing.T) {
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1, 1e-41, -1e-45,
		3}
	for i, shift := range []int{1, 2, 4, 5, 7} {
		fill := func(x []float32) {
			for j := range x {
				if j%3 == i%3 {
					x[j] = special[(shift*j+len(x))%len(special)]
				}
			}
		}
		for _, s := range sweepCases {
			for _, c := range []int{1, 3, 16, 17, 40, 80} {
				s.everywhere(t, 5, c, fill)
			}
		}
	}
}

// Sums of what is not multiplied have the same bits in portable Go as in assembly: narrow rows are summed in the same lanes.
func TestSumsInLanes(t *testing.T) {
	for _, s := range sweepCases {
		if s.name != "SumRows" && s.name != "shiftedRows" {
			continue
		}
		for _, c := range []int{1, 5, 8, 32, 33, 64} {
			for _, rows := range []int{1, 2, 7, 64, 130, 1600} {
				var want [][]float32
				for _, name := range Families() {
					restore := Use(name)
					got := s.run(t, rows, c, asIs)
					restore()
					for i := range want {
						if !sameBits(got[i], want[i]) {
							t.Errorf("%s, %d×%d: the bits of %s differ", s.name, rows, c, name)
						}
					}
					want = got
				}
			}
		}
	}
}

// What is too small for full precision stays as it is.
func TestSweepsKeepDenormals(t *testing.T) {
	eachFamily(t, func(t *testing.T) {
		const tiny = 1e-41
		x := make([]float32, 100)
		Fill(x, tiny)
		Add(x, x)
		for _, v := range x {
			if v != float32(tiny)+float32(tiny) {
				t.Fatalf("twice %g is %g", tiny, v)
			}
		}
	})
}

func FuzzSweeps(f *testing.F) {
	f.Add(uint8(3), uint8(70), uint8(0))
	f.Fuzz(func(t *testing.T, rows, c, which uint8) {
		s := sweepCases[int(which)%len(sweepCases)]
		s.everywhere(t, int(rows)+1, int(c)+1, asIs)
	})
}

func BenchmarkSweeps(b *testing.B) {
	matrices := map[string]float64{"Sum": 3, "Clamp": 2, "AffineClamp": 2, "AffineAddClamp": 3, "shiftedRows": 1, "squareRows": 1,
		"NormSums": 2, "NormSumsAffine": 2, "NormSumsClamp": 4, "NormBackward": 3, "NormBackwardAffine": 3, "SGD": 5}
	for _, s := range sweepCases {
		if matrices[s.name] == 0 {
			continue
		}
		for _, name := range Families() {
			for _, c := range []int{16, 24, 64, 256} {
				b.Run(fmt.Sprintf("%s/%s/%d", s.name, name, c), func(b *testing.B) {
					defer Use(name)()
					rows := (1 << 14) / c
					m := [3][]float32{Aligned(rows * c), Aligned(rows * c), Aligned(rows * c)}
					for i := range m {
						copy(m[i], normal(uint64(i), rows*c))
					}
					var p [5][]float32
					for i := range p {
						p[i] = Aligned(c)
						Fill(p[i], 0.01)
					}
					sums := Aligned(2 * c)
					for b.Loop() {
						s.do(m[0], m[1], m[2], p, sums)
					}
					b.ReportMetric(4*matrices[s.name]*float64(rows*c)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}
