package elementary

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

const precision = 200

func number(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// bigExp is eˣ: the Taylor series of x/2¹⁶ to degree 13, squared sixteen times.
func bigExp(x *big.Float) *big.Float {
	const halvings = 16
	r := new(big.Float).SetPrec(precision).SetMantExp(x, -halvings)
	sum, term := number(1), number(1)
	for n := 1; n < 14; n++ {
		term.Quo(term.Mul(term, r), number(float64(n)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLog is ln x by Newton's iteration on bigExp, from a value that is right to some digits.
func bigLog(x float64) *big.Float {
	m, k := math.Frexp(x)
	y := number(math.Log(m) + float64(k)*math.Ln2)
	for range 3 {
		e := bigExp(y)
		y.Add(y, e.Sub(new(big.Float).Quo(number(x), e), number(1)))
	}
	return y
}

// pi is π to 60 digits (OEIS A000796).
var pi, _ = new(big.Float).SetPrec(precision).SetString("3.14159265358979323846264338327950288419716939937510582097494459")

// bigCos is cos(2πu), by its Taylor series.
func bigCos(u float64) *big.Float {
	t := number(u)
	t.Mul(t, pi)
	t.Mul(t, number(2))
	t.Mul(t, t)
	sum, term := number(1), number(1)
	for n := 1; n < 60; n++ {
		term.Neg(term.Quo(term.Mul(term, t), number(float64(2*n*(2*n-1)))))
		sum.Add(sum, term)
	}
	return sum
}

// ulps is how many units in the last place got is away from want.
func ulps(got float64, want *big.Float) float64 {
	w, _ := want.Float64()
	unit := math.Max(math.Nextafter(math.Abs(w), math.Inf(1))-math.Abs(w), math.SmallestNonzeroFloat64)
	d, _ := new(big.Float).Quo(new(big.Float).Sub(number(got), want), number(unit)).Float64()
	return math.Abs(d)
}

// Every function is within its bound of the value in 200 bits, over all of its range and where it is reduced.
func TestAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	uniform := func(lo, hi float64) func() float64 { return func() float64 { return lo + r.Float64()*(hi-lo) } }
	spread := func(lo, hi float64) func() float64 {
		return func() float64 { return math.Exp2(lo + r.Float64()*(hi-lo)) }
	}
	exp := func(x float64) *big.Float { return bigExp(number(x)) }
	expm1 := func(x float64) *big.Float { return new(big.Float).Sub(exp(x), number(1)) }
	sigmoid := func(x float64) *big.Float {
		return new(big.Float).Quo(number(1), new(big.Float).Add(number(1), exp(-x)))
	}
	for _, k := range []struct {
		name  string
		f     func(float64) float64
		want  func(float64) *big.Float
		draw  func() float64
		bound float64
	}{
		{"exp", Exp, exp, uniform(-1, 1), 1},
		{"exp", Exp, exp, uniform(-708, 709), 1},
		{"exp below the normal numbers", Exp, exp, uniform(-745, -708), 1},
		{"expm1", Expm1, expm1, uniform(-1, 1), 3},
		{"expm1", Expm1, expm1, uniform(-45, 45), 3},
		{"expm1 near 0", Expm1, expm1, spread(-60, -3), 1},
		{"sigmoid", Sigmoid, sigmoid, uniform(-40, 40), 3},
		{"log", Log, bigLog, uniform(0.5, 2), 1},
		{"log", Log, bigLog, uniform(1-1e-6, 1+1e-6), 1},
		{"log", Log, bigLog, spread(-1074, 1023), 1},
		{"cosine", CosTurns, bigCos, uniform(0, 1), 3},
		{"cosine", CosTurns, bigCos, uniform(-3, 3), 3},
	} {
		worst, at := 0.0, 0.0
		for range 2000 {
			x := k.draw()
			if d := ulps(k.f(x), k.want(x)); !(d <= worst) {
				worst, at = d, x
			}
		}
		t.Logf("%s: at most %.3f units in the last place, at %v", k.name, worst, at)
		if !(worst <= k.bound) {
			t.Errorf("%s: %.3f units in the last place off at %v", k.name, worst, at)
		}
	}
}

// What is no number, at the ends of a range or exact.
func TestSpecialValues(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for name, cases := range map[string]struct {
		f    func(float64) float64
		want map[float64]float64
	}{
		"exp": {Exp, map[float64]float64{0: 1, inf: inf, -inf: 0, nan: nan, 710: inf, -746: 0, 1e300: inf, -1e300: 0,
			math.Copysign(0, -1): 1}},
		"expm1":    {Expm1, map[float64]float64{0: 0, inf: inf, -inf: -1, nan: nan, 710: inf, -1e300: -1}},
		"log":      {Log, map[float64]float64{1: 0, 0: -inf, inf: inf, -inf: nan, nan: nan, -1: nan}},
		"sigmoid":  {Sigmoid, map[float64]float64{0: 0.5, inf: 1, -inf: 0, nan: nan, 1000: 1, -1000: 0}},
		"CosTurns": {CosTurns, map[float64]float64{0: 1, 0.25: 0, 0.5: -1, 0.75: 0, 1: 1, -0.25: 0, inf: nan, -inf: nan, nan: nan}},
	} {
		for x, want := range cases.want {
			if got := cases.f(x); got != want && !(got != got && want != want) {
				t.Errorf("%s of %v is %v, want %v", name, x, got, want)
			}
		}
	}
	if got := Exp(expOverflow); math.IsInf(got, 0) || got < 0.999*math.MaxFloat64 {
		t.Errorf("exp of %v is %v", float64(expOverflow), got)
	}
	if v := Expm1(math.Copysign(0, -1)); v != 0 || !math.Signbit(v) {
		t.Errorf("expm1 of −0 is %v", v)
	}
}

// The bits of some values, which are the same on every machine.
func TestPinned(t *testing.T) {
	var got [5]uint64
	r := rand.New(rand.NewPCG(3, 4))
	for range 100000 {
		x := float64(20*r.Float64()) - 10
		for i, v := range [...]float64{Exp(x), Expm1(x), Sigmoid(x), Log(x + 10.5), CosTurns(x)} {
			got[i] = got[i]*0x9E3779B97F4A7C15 + math.Float64bits(v)
		}
	}
	if got != pinned {
		t.Errorf("the sums over the bits of exp, expm1, sigmoid, log and cosine are %#x, want %#x", got, pinned)
	}
}

func BenchmarkExp(b *testing.B) {
	x, sum := -3.0, 0.0
	for b.Loop() {
		sum += Exp(x)
		x += 1e-7
	}
}

// pinned is what TestPinned printed on an x86-64 machine; arm64 and a float64 device give the same.
var pinned = [5]uint64{0xc11552ac9d7d2fa5, 0xb091cbd44c756c5d, 0x361cdd70fb0e500f, 0xe3b64f6ff12ccb14, 0x5f89b7e096aacf62}
