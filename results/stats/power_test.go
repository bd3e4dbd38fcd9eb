package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The power is the share of samples whose interval lies above 0.
func TestPairedPower(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, test := range []struct {
		n     int
		delta float64
	}{{3, 2}, {5, 1.5}, {10, 1}, {34, 0.5}} {
		found := 0
		const trials = 40000
		for range trials {
			var values []float64
			for range test.n {
				values = append(values, test.delta+random.NormFloat64())
			}
			if i, err := Mean(values); err != nil {
				t.Fatal(err)
			} else if i.Lo() > 0 {
				found++
			}
		}
		drawn, power := float64(found)/trials, PairedPower(test.n, test.delta, 1)
		if math.Abs(drawn-power) > 4*math.Sqrt(power*(1-power)/trials)+1e-3 {
			t.Errorf("power of %d seeds for %v standard deviations: %.4f, drawn %.4f", test.n, test.delta, power, drawn)
		}
		if scaled := PairedPower(test.n, -3*test.delta, 3); math.Abs(scaled-power) > 1e-12 {
			t.Errorf("in another unit: %v, want %v", scaled, power)
		}
	}
	if PairedPower(1, 1, 1) != 0 || PairedPower(2, 1, 0) != 1 || PairedPower(2, 0, 0) != 0 {
		t.Error("one seed, or no spread")
	}
}

// The power of an equivalence is the share of samples without a difference that show it.
func TestEquivalencePower(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, test := range []struct {
		n     int
		bound float64
	}{{3, 2}, {5, 1.2}, {10, 1}, {40, 0.5}} {
		found := 0
		const trials = 20000
		for range trials {
			var values []float64
			for range test.n {
				values = append(values, random.NormFloat64())
			}
			if i, err := Mean(values); err != nil {
				t.Fatal(err)
			} else if decideWithin(i, test.bound) == Reproduced {
				found++
			}
		}
		drawn, power := float64(found)/trials, EquivalencePower(test.n, test.bound, 1)
		if math.Abs(drawn-power) > 4*math.Sqrt(power*(1-power)/trials)+1e-3 {
			t.Errorf("power of %d seeds for a bound of %v standard deviations: %.4f, drawn %.4f", test.n, test.bound, power, drawn)
		}
	}
	n := SeedsForEquivalence(0.5, 1, 0.8, 1000)
	if EquivalencePower(n, 0.5, 1) < 0.8 || EquivalencePower(n-1, 0.5, 1) >= 0.8 || EquivalencePower(2, 9, 1) != 0 {
		t.Errorf("%d seeds", n)
	}
}

func TestSeedsFor(t *testing.T) {
	for _, sd := range []float64{0, 0.2, 0.5, 1, 2} {
		n := SeedsFor(1, sd, 0.8, 1000)
		if PairedPower(n, 1, sd) < 0.8 || n > 2 && PairedPower(n-1, 1, sd) >= 0.8 {
			t.Errorf("spread %v: %d seeds have power %v, one less %v", sd, n, PairedPower(n, 1, sd), PairedPower(n-1, 1, sd))
		}
	}
	if n := SeedsFor(0.01, 1, 0.8, 50); n != 50 {
		t.Errorf("what cannot be decided takes %d seeds, want the bound", n)
	}
}

func TestHolm(t *testing.T) {
	for _, test := range []struct{ p, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.03}, []float64{0.03}},
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.5, 0.9, 0.02}, []float64{1, 1, 0.06}},
	} {
		got := Holm(test.p)
		if len(got) != len(test.want) {
			t.Fatalf("Holm(%v) = %v", test.p, got)
		}
		for i := range got {
			if math.Abs(got[i]-test.want[i]) > 1e-15 {
				t.Errorf("Holm(%v) = %v, want %v", test.p, got, test.want)
			}
		}
	}
}

// A claim is decided just where the p-value of its verdict is below 0.05.
func TestVerdictPValue(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	seen := map[string]int{}
	for range 5000 {
		centre, sd := 0.6*random.NormFloat64(), 0.5*random.Float64()
		var values []float64
		for range 3 + random.IntN(8) {
			values = append(values, centre+sd*random.NormFloat64())
		}
		d, err := Mean(values)
		if err != nil {
			t.Fatal(err)
		}
		v := Judge(d, nil)
		seen[fmt.Sprint(v.Decision, d.Hi() < 0)]++
		if decided := v.Decision != Undecided; decided != (v.P < 1-Confidence) {
			t.Errorf("%v ± %v: %v, p = %v", d.Mean, d.Half, v, v.P)
		}
	}
	if len(seen) != 3 {
		t.Errorf("only these outcomes were seen: %v", seen)
	}
}

// The textbook's numbers for a paired t test, two-sided at 95 %, with a power of 80 %: small, medium and large differences, in standard
// deviations.
func TestSeedsForOfTheTextbook(t *testing.T) {
	for difference, want := range map[float64]int{0.2: 199, 0.5: 34, 0.8: 15, 1: 10} {
		if n := SeedsFor(difference, 1, 0.8, 1000); n != want {
			t.Errorf("%v standard deviations: %d seeds, want %d", difference, n, want)
		}
	}
}

// The smallest difference that is found has the power just so, and takes the seeds that find it.
func TestLeastFound(t *testing.T) {
	for _, n := range []int{2, 5, 34} {
		for _, sd := range []float64{0.3, 7} {
			d := SmallestFound(n, sd, 0.8)
			if power := PairedPower(n, d, sd); power < 0.8 || power > 0.8+1e-5 {
				t.Errorf("%d seeds, spread %v: %v is found with power %v", n, sd, d, power)
			}
			if got := SeedsFor(d, sd, 0.8, 1000); got != n {
				t.Errorf("spread %v: %v takes %d seeds, want %d", sd, d, got, n)
			}
		}
	}
	if d := SmallestFound(34, 1, 0.8); d > 0.5 || SmallestFound(33, 1, 0.8) <= 0.5 {
		t.Errorf("34 seeds find %v standard deviations, want just 0.5", d)
	}
	if !math.IsInf(SmallestFound(1, 1, 0.8), 1) || SmallestFound(3, 0, 0.8) != 0 {
		t.Error("one seed, or no spread")
	}
}
