// Package elementary holds the elementary functions on which the bits of a training depend, in float64.
//
// Package math promises no last digit: its exp and log are assembly of their own on amd64 and arm64, and on arm64 the compiler contracts
// x*y+z into one rounding. The functions here are sequences of additions, multiplications and divisions, each rounded by itself (the
// conversions float64(…) see to that) and exact scalings by powers of 2: the same bits on every processor and, written in the same
// order without contraction, on every device with float64. Exp and Log are within one unit in the last place of the true value, the
// others within three.
package elementary

import "math"

// ln 2 in two parts: k·ln2High is exact for |k| < 2²⁰, since its last bits are 0.
const (
	ln2High = 0x1.62e42feep-1
	ln2Low  = math.Ln2 - ln2High
)

// Where exp leaves the float64 numbers, and where it rounds to 0.
const (
	expOverflow  = 0x1.62e42fefa39efp+9 // 709.78…
	expUnderflow = -745.2
)

// Exp returns eˣ. Below the normal numbers it is within one unit of the last place there.
func Exp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > expOverflow:
		return math.Inf(1)
	case x < expUnderflow:
		return 0
	}
	k, s := reduced(x)
	return scale(1+s, k)
}

// Expm1 returns eˣ−1, also where that is near 0.
func Expm1(x float64) float64 {
	switch {
	case x != x || x == 0:
		return x
	case x > 40: // 1 is less than half a unit of the last place
		return Exp(x)
	case x < -40:
		return -1
	}
	k, s := reduced(x)
	power := scale(1, k)
	return float64(power*s) + (power - 1)
}

// Sigmoid returns 1/(1+e⁻ˣ).
func Sigmoid(x float64) float64 { return 1 / (1 + Exp(-x)) }

// reduced returns an integer k and s = eʳ−1 with eˣ = 2ᵏ·(1+s) and r = x − k·ln 2, |r| ≤ ½·ln 2.
//
// s is r + r²·p(r), p the Taylor polynomial of (eʳ−1−r)/r² of degree 11; what is left out is below 2⁻⁵⁹.
func reduced(x float64) (k int, s float64) {
	n := math.Floor(float64(x*math.Log2E) + 0.5)
	r := (x - float64(n*ln2High)) - float64(n*ln2Low)
	p := float64(1.0/6227020800*r) + 1.0/479001600
	p = float64(p*r) + 1.0/39916800
	p = float64(p*r) + 1.0/3628800
	p = float64(p*r) + 1.0/362880
	p = float64(p*r) + 1.0/40320
	p = float64(p*r) + 1.0/5040
	p = float64(p*r) + 1.0/720
	p = float64(p*r) + 1.0/120
	p = float64(p*r) + 1.0/24
	p = float64(p*r) + 1.0/6
	p = float64(p*r) + 0.5
	return int(n), r + float64(float64(r*r)*p)
}

// scale returns x·2ᵏ for |k| ≤ 2044, in two steps so that each factor is a normal number: the first is exact, the second rounds once.
func scale(x float64, k int) float64 {
	half := k >> 1
	x *= math.Float64frombits(uint64(1023+half) << 52)
	return float64(x * math.Float64frombits(uint64(1023+k-half)<<52))
}

// Log returns the natural logarithm of x: NaN below 0, −Inf at 0.
//
// With x = 2ᵏ·(1+f), √½ ≤ 1+f < √2, and s = f/(2+f), it is k·ln 2 + f − s·(f − q), where q = ⅔s² + ⅖s⁴ + … is the series of
// ln((1+s)/(1−s)) = ln(1+f) without its first term, over s; what is left out is below 2⁻⁶⁰.
func Log(x float64) float64 {
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	k := -1023
	if x < 0x1p-1022 {
		x, k = x*0x1p54, k-54
	}
	bits := math.Float64bits(x)
	k += int(bits >> 52)
	m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	if m >= math.Sqrt2 {
		m, k = m/2, k+1
	}
	f := m - 1
	s := f / (2 + f)
	z := float64(s * s)
	q := float64(2.0/21*z) + 2.0/19
	q = float64(q*z) + 2.0/17
	q = float64(q*z) + 2.0/15
	q = float64(q*z) + 2.0/13
	q = float64(q*z) + 2.0/11
	q = float64(q*z) + 2.0/9
	q = float64(q*z) + 2.0/7
	q = float64(q*z) + 2.0/5
	q = float64(q*z) + 2.0/3
	q = float64(q * z)
	n := float64(k)
	return float64(n*ln2High) + (f - (float64(s*(f-q)) - float64(n*ln2Low)))
}

// CosTurns returns cos(2πu): exactly 0, 1 or −1 at the multiples of ¼.
//
// u is reduced to a quarter turn around 0, which is exact, and what is left, at most an eighth of a turn, goes into the Taylor
// polynomials of cosine (degree 16) or sine (degree 17), which leave out less than 2⁻⁵⁸.
func CosTurns(u float64) float64 {
	if u-u != 0 { // NaN, infinite
		return math.NaN()
	}
	u -= math.Floor(u)
	quarter := math.Floor(float64(4*u) + 0.5)
	t := float64((u - float64(quarter*0.25)) * (2 * math.Pi))
	z := float64(t * t)
	switch int(quarter) & 3 {
	case 0:
		return cosine(z)
	case 1:
		return -sine(t, z)
	case 2:
		return -cosine(z)
	}
	return sine(t, z)
}

// cosine returns cos √z for z ≤ (π/4)².
func cosine(z float64) float64 {
	p := float64(1.0/20922789888000*z) - 1.0/87178291200
	p = float64(p*z) + 1.0/479001600
	p = float64(p*z) - 1.0/3628800
	p = float64(p*z) + 1.0/40320
	p = float64(p*z) - 1.0/720
	p = float64(p*z) + 1.0/24
	p = float64(p*z) - 0.5
	return 1 + float64(p*z)
}

// sine returns sin t for |t| ≤ π/4, z being t².
func sine(t, z float64) float64 {
	p := float64(1.0/355687428096000*z) - 1.0/1307674368000
	p = float64(p*z) + 1.0/6227020800
	p = float64(p*z) - 1.0/39916800
	p = float64(p*z) + 1.0/362880
	p = float64(p*z) - 1.0/5040
	p = float64(p*z) + 1.0/120
	p = float64(p*z) - 1.0/6
	return t + float64(t*float64(p*z))
}
