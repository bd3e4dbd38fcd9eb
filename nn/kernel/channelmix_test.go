package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestMixChannels(t *testing.T) {
	for _, k := range []struct{ rows, c, g int }{{1, 1, 1}, {5, 4, 2}, {7, 24, 8}, {30, 32, 16}, {9, 48, 24}, {33, 40, 40}, {3, 70, 70},
		{64, 3, 1}} {
		n := k.rows * k.c
		x, x2, addend := normal(1, n), normal(2, n), normal(3, n)
		a, a2, bias := normal(4, k.c*k.g), normal(5, k.c*k.g), normal(6, k.c)
		for _, two := range []bool{false, true} {
			for _, e := range []Epilogue{{}, {Bias: bias}, {Bias: bias, Addend: addend, Clamp: true, Ceiling: 2},
				{Clamp: true, Ceiling: float32(math.Inf(1))}} {
				want := make([]float64, n)
				for i := range want {
					r, j := i/k.c, i%k.c
					if e.Bias != nil {
						want[i] += float64(bias[j])
					}
					if e.Addend != nil {
						want[i] += float64(addend[i])
					}
					for l := range k.g {
						from, m := r*k.c+j/k.g*k.g+l, (j/k.g*k.g+l)*k.g+j%k.g
						want[i] += float64(x[from]) * float64(a[m])
						if two {
							want[i] += float64(x2[from]) * float64(a2[m])
						}
					}
					if e.Clamp {
						want[i] = math.Min(math.Max(want[i], 0), float64(e.Ceiling))
					}
				}
				var bits []float32
				for _, name := range Families() {
					restore := Use(name)
					y, intact := guarded(n, 1)
					if two {
						MixChannels(y, x, a, x2, a2, k.c, k.g, e)
					} else {
						MixChannels(y, x, a, nil, nil, k.c, k.g, e)
						if MixesInPlace(k.g) {
							z := slices.Clone(x)
							MixChannels(z, z, a, nil, nil, k.c, k.g, e)
							if !sameBits(y, z) {
								t.Errorf("%v, %s: in place, the bits differ", k, name)
							}
						}
					}
					restore()
					if !intact() {
						t.Errorf("%v, %s: writes outside its output", k, name)
					}
					for i, v := range y {
						if math.Abs(float64(v)-want[i]) > 1e-5*float64(k.g+4) {
							t.Fatalf("%v, %s, two %v, %+v: y[%d] = %g, want %g", k, name, two, e, i, v, want[i])
						}
					}
					if name != "portable" {
						if bits != nil && !sameBits(bits, y) {
							t.Errorf("%v: the bits of %s differ", k, name)
						}
						bits = y
					}
				}
			}
		}
	}
}

func TestPlusDiagonal(t *testing.T) {
	m := make([]float32, 8)
	PlusDiagonal(m, []float32{1, 2, 3, 4, 5, 6, 7, 8}, []float32{10, 20, 30, 40}, 2, 2)
	for i, want := range []float32{21, 2, 3, 44, 65, 6, 7, 88} {
		if m[i] != want {
			t.Errorf("m[%d] = %g, want %g", i, m[i], want)
		}
	}
}

func BenchmarkMixChannels(b *testing.B) {
	for _, k := range []struct{ c, g int }{{16, 16}, {64, 16}, {64, 64}} {
		rows := (1 << 14) / k.c
		x, x2, y, a, a2 := Aligned(rows*k.c), Aligned(rows*k.c), Aligned(rows*k.c), Aligned(k.c*k.g), Aligned(k.c*k.g)
		for _, name := range Families() {
			b.Run(fmt.Sprintf("%s/%d of %d", name, k.g, k.c), func(b *testing.B) {
				defer Use(name)()
				for b.Loop() {
					MixChannels(y, x, a, x2, a2, k.c, k.g, Epilogue{})
				}
				b.ReportMetric(4*float64(len(x)*k.g)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// MixChannels may be given matrices on the caller's stack, which moves when it grows, also while MixChannels runs.
func TestMixChannelsFromStack(t *testing.T) {
	const c, g, rows = 8, 8, 3
	x, x2, a2 := make([]float32, rows*c), make([]float32, rows*c), make([]float32, c*g)
	for i := range x {
		x[i], x2[i] = float32(i%5), float32(i%7)
	}
	for i := range a2 {
		a2[i] = float32(i % 3)
	}
	wrong := make(chan int)
	if escaped != nil {
		t.Error("onHeap keeps what it is given")
	}
	for depth := range 400 {
		go func() { wrong <- mixFromStack(depth, x, x2, a2, c, g) }()
		if n := <-wrong; n != 0 {
			t.Fatalf("%d wrong entries at depth %d", n, depth)
		}
	}
}

//go:noinline
func mixFromStack(depth int, x, x2, a2 []float32, c, g int) int {
	if depth > 0 {
		return mixFromStack(depth-1, x, x2, a2, c, g)
	}
	var a [64]float32
	for i := range a {
		a[i] = float32(i % 4)
	}
	y := make([]float32, len(x))
	MixChannels(y, x, a[:], x2, a2, c, g, Epilogue{})
	wrong := 0
	for r := 0; r < len(x); r += c {
		for j := range c {
			var want float32
			for k := range c {
				want += x[r+k]*float32((k*g+j)%4) + x2[r+k]*a2[k*g+j]
			}
			if y[r+j] != want {
				wrong++
			}
		}
	}
	return wrong
}
