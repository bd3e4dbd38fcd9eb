package kernel

import (
	"math"
	"testing"

	"cenet/nn/stream"
)

// Values and gradients are those of the definition in float64, also where the window is wider than a row.
func TestChannelConv(t *testing.T) {
	s := stream.New(1, "channel convolution")
	for _, size := range []struct{ rows, c, k int }{{1, 1, 1}, {1, 1, 3}, {3, 5, 3}, {2, 17, 5}, {4, 33, 9}, {2, 3, 9}} {
		random := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(s.Normal())
			}
			return x
		}
		n := size.rows * size.c
		x, dy, w, first := random(n), random(n), random(size.k), random(size.k)
		y, dx, dw := random(n), random(n), append([]float32(nil), first...)
		ChannelConv(y, x, w, size.c)
		ChannelConvInput(dx, dy, w, size.c, 0.5)
		ChannelConvWeight(dw, dy, x, size.c)
		wantY, wantX, wantW := make([]float64, n), make([]float64, n), make([]float64, size.k)
		for j := range w {
			wantW[j] = float64(first[j])
		}
		for r := range size.rows {
			for i := range size.c {
				for j := range w {
					from := i + j - size.k/2
					if from < 0 || from >= size.c {
						continue
					}
					a, b := r*size.c+i, r*size.c+from
					wantY[a] += float64(w[j]) * float64(x[b])
					wantX[b] += 0.5 * float64(w[j]) * float64(dy[a])
					wantW[j] += float64(dy[a]) * float64(x[b])
				}
			}
		}
		for name, pair := range map[string]struct {
			got  []float32
			want []float64
		}{"y": {y, wantY}, "dx": {dx, wantX}, "dw": {dw, wantW}} {
			for i, want := range pair.want {
				if !(math.Abs(float64(pair.got[i])-want) <= 1e-5*(1+math.Abs(want))) {
					t.Errorf("%+v: %s[%d] is %v, want %v", size, name, i, pair.got[i], want)
				}
			}
		}
	}
}
