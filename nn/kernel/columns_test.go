package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"cenet/nn/stream"
)

// sizes of matrices: narrower and wider than the partial sums, and not multiples of them.
var columnSizes = []struct{ rows, c int }{{1, 1}, {3, 1}, {1, 7}, {5, 8}, {4, 9}, {7, 33}, {2, 200}}

func normals(s *stream.Stream, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(s.Normal())
	}
	return x
}

func TestColumns(t *testing.T) {
	s := stream.New(1, "columns")
	for _, size := range columnSizes {
		rows, c := size.rows, size.c
		a, b := normals(&s, rows*c), normals(&s, rows*c)
		sum, dot, top, wide := make([]float32, rows), make([]float32, rows), make([]float32, rows), make([]float32, rows*c)
		SumColumns(sum, a, 0.5, c)
		DotColumns(dot, a, b, c)
		MaxColumns(top, a, c)
		SpreadColumns(wide, sum, 2, c)
		for r := range rows {
			var wantSum, wantDot, wantTop float64 = 0, 0, math.Inf(-1)
			for j := range c {
				v := float64(a[r*c+j])
				wantSum += v / 2
				wantDot += v * float64(b[r*c+j])
				wantTop = math.Max(wantTop, v)
				if wide[r*c+j] != 2*sum[r] {
					t.Errorf("%v: entry %d of row %d is %v, want %v", size, j, r, wide[r*c+j], 2*sum[r])
				}
			}
			near(t, fmt.Sprintf("%v: sum of row %d", size, r), sum[r], wantSum)
			near(t, fmt.Sprintf("%v: inner product of row %d", size, r), dot[r], wantDot)
			near(t, fmt.Sprintf("%v: maximum of row %d", size, r), top[r], wantTop)
		}
	}
}

func near(t *testing.T, what string, got float32, want float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= 1e-5*(1+math.Abs(want))) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// The gradient of a maximum goes to the first of equal entries, and to the last NaN.
func TestMaxBackward(t *testing.T) {
	nan := float32(math.NaN())
	for _, k := range []struct {
		x    []float32
		want int
	}{{[]float32{1, 3, 3, 2}, 1}, {[]float32{-1, -1, -2, -1}, 0}, {[]float32{1, nan, 5, nan}, 3}, {[]float32{nan, 1, 2, 3}, 0}} {
		for name, f := range map[string]func(y, dx []float32){
			"columns": func(y, dx []float32) { MaxColumns(y, k.x, 4); MaxColumnsBackward(dx, []float32{7}, k.x, 4) },
			"rows":    func(y, dx []float32) { MaxRows(y, k.x); MaxRowsBackward(dx, []float32{7}, k.x) },
		} {
			y, dx := make([]float32, 1), []float32{9, 9, 9, 9}
			f(y, dx)
			if best := k.x[k.want]; y[0] != best && (y[0] == y[0] || best == best) {
				t.Errorf("%s of %v: %v", name, k.x, y)
			}
			for i, d := range dx {
				if want := map[bool]float32{true: 7}[i == k.want]; d != want {
					t.Errorf("%s of %v: gradient %v", name, k.x, dx)
				}
			}
		}
	}
}

// Every kind of operand gives the elements of its definition, with every family.
func TestBroadcast(t *testing.T) {
	s := stream.New(1, "broadcast")
	for _, family := range Families() {
		t.Run(family, func(t *testing.T) {
			defer Use(family)()
			for _, size := range columnSizes {
				rows, c := size.rows, size.c
				kinds := []Operand{
					{normals(&s, rows*c), c, 1}, {normals(&s, c), 0, 1}, {normals(&s, rows), 1, 0}, {normals(&s, 1), 0, 0},
				}
				for i, a := range kinds {
					for j, b := range kinds {
						product, sum := make([]float32, rows*c), make([]float32, rows*c)
						MultiplyRows(product, a, b, c)
						PlusRows(sum, a, b, c)
						for e := range product {
							v, w := a.Data[e/c*a.Row+e%c*a.Column], b.Data[e/c*b.Row+e%c*b.Column]
							if product[e] != v*w || sum[e] != v+w {
								t.Fatalf("%v, operands %d and %d, entry %d: %v and %v, want %v and %v", size, i, j, e, product[e], sum[e], v*w, v+w)
							}
						}
					}
				}
			}
		})
	}
}

func TestFunctions(t *testing.T) {
	x := []float32{0, 1e-6, 0.25, 3, 19, 25, 400}
	y := make([]float32, len(x))
	for name, f := range map[string]struct {
		run  func()
		want func(x float64) float64
	}{
		"root":         {func() { Root(y, x, 1e-5, false) }, func(x float64) float64 { return math.Sqrt(x + 1e-5) }},
		"inverse root": {func() { Root(y, x, 1e-5, true) }, func(x float64) float64 { return 1 / math.Sqrt(x+1e-5) }},
		"tanh":         {func() { Tanh(y, x) }, math.Tanh},
	} {
		f.run()
		for i, v := range x {
			near(t, fmt.Sprintf("%s of %v", name, v), y[i], f.want(float64(v)))
		}
	}
	Tanh(y, []float32{-3, -400, float32(math.Inf(-1)), float32(math.Inf(1)), float32(math.NaN()), 0, 1e-20})
	for i, want := range []float64{math.Tanh(-3), -1, -1, 1, math.NaN(), 0, 1e-20} {
		if float32(want) != y[i] && want == want || want != want && y[i] == y[i] {
			t.Errorf("special value %d: %v, want %v", i, y[i], want)
		}
	}
}

func TestSoftmaxRows(t *testing.T) {
	s := stream.New(1, "softmax")
	const rows, c = 11, 3
	x, y := normals(&s, rows*c), make([]float32, rows*c)
	x[4] = 300 // beyond the range of exp without the largest being taken away
	SoftmaxRows(y, x, c)
	for j := range c {
		top, sum := math.Inf(-1), 0.0
		for r := range rows {
			top = math.Max(top, float64(x[r*c+j]))
		}
		for r := range rows {
			sum += math.Exp(float64(x[r*c+j]) - top)
		}
		for r := range rows {
			near(t, fmt.Sprintf("row %d of channel %d", r, j), y[r*c+j], math.Exp(float64(x[r*c+j])-top)/sum)
		}
	}
}

// Multiply has the bits of the products, in every family and in place.
func TestMultiply(t *testing.T) {
	for _, family := range Families() {
		restore := Use(family)
		for n := range 70 {
			a, b, want := make([]float32, n), make([]float32, n), make([]float32, n)
			for i := range a {
				a[i], b[i] = float32(i)-30.3, 1/(float32(i)+0.7)
				want[i] = a[i] * b[i]
			}
			y := make([]float32, n)
			Multiply(y, a, b)
			Multiply(a, a, b)
			if !slices.Equal(y, want) || !slices.Equal(a, want) {
				t.Errorf("%s, %d elements: %v, in place %v, want %v", family, n, y, a, want)
			}
		}
		restore()
	}
}
