package half

import (
	"math"
	"testing"
)

// Every number is (−1)ˢ·(1024 + f)·2^(e−25), or (−1)ˢ·f·2⁻²⁴ where e is 0; with the largest e it is infinite, or no number.
func TestFloat32(t *testing.T) {
	for h := range 1 << 16 {
		sign, exponent, fraction := 1-2*float64(h>>15), h>>10&31, float64(h&1023)
		want := sign * math.Ldexp(1024+fraction, exponent-25)
		switch {
		case exponent == 0:
			want = sign * math.Ldexp(fraction, -24)
		case exponent == 31 && fraction == 0:
			want = math.Inf(int(sign))
		case exponent == 31:
			want = math.NaN()
		}
		got := Float32(uint16(h))
		if same := math.Float32bits(got) == math.Float32bits(float32(want)); !same && !(got != got && want != want) {
			t.Fatalf("%#04x is %g, want %g", h, got, want)
		}
	}
}

func TestBFloat(t *testing.T) {
	for h, want := range map[uint16]float32{0x3f80: 1, 0xbfc0: -1.5, 0x0001: 0x1p-133, 0x7f80: float32(math.Inf(1))} {
		if got := BFloat(h); got != want {
			t.Errorf("%#04x is %g, want %g", h, got, want)
		}
	}
}
