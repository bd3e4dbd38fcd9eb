package kernel

import (
	"fmt"
	"math"
	"testing"

	"cenet/nn/kernel/elementary"
	"cenet/nn/stream"
)

// Every family has the bits of elementary.Sigmoid, at every length and in place, for numbers of every exponent, infinities and NaN.
func TestSigmoidBits(t *testing.T) {
	random := stream.New(1, "sigmoid")
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -math.MaxFloat32,
		math.SmallestNonzeroFloat32, 64, -64, 256, -256, 104, 103.97, 103.98, 37.5, 36.7, 88.72, 87.3, float32(math.NaN())}
	for length := range 70 {
		for range 200 {
			x := make([]float32, length)
			for i := range x {
				switch random.IntN(3) {
				case 0:
					x[i] = math.Float32frombits(uint32(random.IntN(1 << 32)))
				case 1:
					x[i] = float32(20 * random.Normal())
				default:
					x[i] = special[random.IntN(len(special))]
				}
			}
			y := make([]float32, length)
			Sigmoid(y, x)
			for i, v := range x {
				want := float32(elementary.Sigmoid(float64(v)))
				if math.Float32bits(y[i]) != math.Float32bits(want) && !(y[i] != y[i] && want != want) {
					t.Fatalf("length %d: sigmoid of %g is %g, want %g", length, v, y[i], want)
				}
			}
			Sigmoid(x, x)
			for i := range x {
				if math.Float32bits(x[i]) != math.Float32bits(y[i]) && y[i] == y[i] {
					t.Fatalf("length %d: in place %g, else %g", length, x[i], y[i])
				}
			}
		}
	}
}

// BenchmarkSigmoid compares with the plain loop.
func BenchmarkSigmoid(b *testing.B) {
	x, y := make([]float32, 8192), make([]float32, 8192)
	random := stream.New(1, "sigmoid")
	for i := range x {
		x[i] = float32(random.Normal())
	}
	for name, f := range map[string]func(){"kernel": func() { Sigmoid(y, x) }, "plain": func() {
		for i, v := range x {
			y[i] = float32(elementary.Sigmoid(float64(v)))
		}
	}} {
		b.Run(fmt.Sprintf("%s/%d", name, len(x)), func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
}
