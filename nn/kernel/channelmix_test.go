package kernel

import "testing"

func TestMixChannels(t *testing.T) {
	const rows, c, g = 2, 4, 2
	x := []float32{1, 2, 3, 4, 5, 6, 7, 8}
	a := []float32{1, 2, 3, 4, 5, 6, 7, 8}
	m := make([]float32, c*g)
	PlusDiagonal(m, a, []float32{10, 20, 30, 40}, 2, g)
	y := make([]float32, rows*c)
	FillRows(y, []float32{1000, 2000, 3000, 4000})
	MixChannels(y, x, m, 1, c, g)
	for r := range rows {
		for j := range c {
			want := 1000 * float32(j+1)
			for i := range g {
				k := j/g*g + i
				want += x[r*c+k] * a[k*g+j%g]
			}
			want += x[r*c+j] * 20 * float32(j+1)
			if y[r*c+j] != want {
				t.Errorf("y[%d,%d] = %g, want %g", r, j, y[r*c+j], want)
			}
		}
	}
	z := []float32{1, 1, 1, 1, 1, 1, 1, 1}
	AddScaledRows(z, x, []float32{1, 2, 3, 4}, 2)
	for i, v := range z {
		if want := 1 + x[i]*2*float32(i%c+1); v != want {
			t.Errorf("z[%d] = %g, want %g", i, v, want)
		}
	}
}
