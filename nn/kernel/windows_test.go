package kernel

import (
	"fmt"
	"math"
	"testing"
)

// windowResults runs everything that slides over an image, between poison. Maxima and their gradients come last.
func windowResults(t *testing.T, n Window, special bool) [][]float32 {
	t.Helper()
	var intact []func() bool
	operand := func(size, seed int) []float32 {
		x, ok := guarded(size, len(intact)%4)
		copy(x, normal(uint64(seed), size))
		if special {
			for i := range x {
				switch (i*7 + i/5) % 11 {
				case 0:
					x[i] = float32(math.NaN())
				case 1, 2:
					x[i] = 0.5
				case 3:
					x[i] = float32(math.Inf(-1))
				}
			}
		}
		intact = append(intact, ok)
		return x
	}
	in, out, taps := n.H*n.W*n.C, n.Positions()*n.C, n.KH*n.KW*n.C
	pic, dout, w := operand(in, 1), operand(out, 2), operand(taps, 3)
	y, dpic, dw, most, dmost := operand(out, 4), operand(in, 5), operand(taps, 6), operand(out, 7), operand(in, 8)
	Depthwise(y, pic, w, n)
	DepthwiseInput(dpic, dout, w, n)
	DepthwiseWeight(dw, dout, pic, n)
	MaxPool(most, pic, n)
	MaxPoolBackward(dmost, dout, pic, n)
	for i, ok := range intact {
		if !ok() {
			t.Errorf("%+v, %s: writes outside operand %d", n, Family(), i)
		}
	}
	return [][]float32{y, dpic, dw, most, dmost}
}

// compareWindow compares the families.
func compareWindow(t *testing.T, n Window, special bool) {
	t.Helper()
	var want, bits [][]float32
	for _, name := range Families() {
		restore := Use(name)
		got := windowResults(t, n, special)
		restore()
		if name == "portable" {
			want = got
			continue
		}
		for i := range got {
			if bits != nil && !sameBits(got[i], bits[i]) {
				t.Errorf("%+v: the bits of %s differ in result %d", n, name, i)
			}
			tolerance := 1e-6 * float64(20+n.Positions())
			if i == 3 {
				tolerance = 0
			}
			for j, v := range got[i] {
				if !close32(v, want[i][j], tolerance) {
					t.Fatalf("%+v, %s: result %d[%d] is %g, not %g", n, name, i, j, v, want[i][j])
				}
			}
		}
		bits = got
	}
}

func TestWindows(t *testing.T) {
	for _, c := range []int{1, 3, 8, 16, 17, 24, 40, 256, 263, 576} {
		for _, n := range []Window{
			NewWindow(1, 1, c, 3, 3, 1, 1), NewWindow(2, 2, c, 3, 3, 1, 1), NewWindow(2, 3, c, 3, 3, 2, 1), NewWindow(5, 4, c, 3, 3, 1, 1),
			NewWindow(8, 7, c, 3, 3, 2, 1), NewWindow(7, 8, c, 3, 3, 2, 0), NewWindow(6, 9, c, 3, 3, 3, 1), NewWindow(9, 6, c, 2, 2, 2, 0),
			NewWindow(6, 5, c, 2, 3, 1, 1), NewWindow(5, 6, c, 1, 1, 2, 0), NewWindow(9, 9, c, 1, 3, 4, 0), NewWindow(4, 4, c, 5, 5, 1, 2),
			NewWindow(7, 7, c, 3, 1, 1, 0),
		} {
			compareWindow(t, n, false)
			compareWindow(t, n, true)
		}
	}
}

func FuzzWindows(f *testing.F) {
	f.Add(uint8(9), uint8(8), uint8(20), uint8(3), uint8(3), uint8(2), uint8(1))
	f.Fuzz(func(t *testing.T, h, w, c, kh, kw, stride, pad uint8) {
		n := NewWindow(int(h%12)+1, int(w%12)+1, int(c)*3+1, int(kh%4)+1, int(kw%4)+1, int(stride%4)+1, 0)
		n = NewWindow(n.H, n.W, n.C, n.KH, n.KW, n.Stride, int(pad)%min(n.KH, n.KW))
		if n.Positions() > 0 {
			compareWindow(t, n, pad%2 == 1)
		}
	})
}

func BenchmarkWindows(b *testing.B) {
	for _, s := range []struct{ size, c, stride int }{{32, 32, 1}, {16, 96, 2}, {16, 144, 1}, {8, 192, 1}, {4, 576, 1}, {14, 24, 1}} {
		n := NewWindow(s.size, s.size, s.c, 3, 3, s.stride, 1)
		pic, w, out := Aligned(s.size*s.size*s.c), Aligned(9*s.c), Aligned(n.Positions()*s.c)
		for i, x := range [][]float32{pic, w, out} {
			copy(x, normal(uint64(i), len(x)))
		}
		dpic := Aligned(len(pic))
		for _, f := range []struct {
			name string
			do   func()
		}{
			{"forward", func() { Depthwise(dpic[:len(out)], pic, w, n) }},
			{"input", func() { DepthwiseInput(dpic, out, w, n) }},
			{"weight", func() { DepthwiseWeight(w, out, pic, n) }},
			{"maximum", func() { MaxPool(dpic[:len(out)], pic, n) }},
			{"maximum backward", func() { MaxPoolBackward(dpic, out, pic, n) }},
		} {
			for _, name := range Families() {
				b.Run(fmt.Sprintf("%s/%s/%dx%dx%d stride %d", f.name, name, s.size, s.size, s.c, s.stride), func(b *testing.B) {
					defer Use(name)()
					for b.Loop() {
						f.do()
					}
					b.ReportMetric(2*9*float64(len(out))*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}
