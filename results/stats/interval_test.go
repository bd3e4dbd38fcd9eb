package stats

import (
	"math"
	"testing"
)

// Student's t, 97.5 % quantiles, as tables print them.
// References: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
var t975 = map[int]float64{1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func ptr(x float64) *float64 { return &x }

func TestMean(t *testing.T) {
	for _, test := range []struct {
		values   []float64
		mean, sd float64
	}{
		{[]float64{1, 3}, 2, math.Sqrt2},
		{[]float64{1, 2, 3}, 2, 1},
		{[]float64{86, 87, 89, 90}, 88, math.Sqrt(10.0 / 3)},
		{[]float64{5, 5, 5, 5, 5}, 5, 0},
	} {
		i, err := Mean(test.values)
		if err != nil {
			t.Fatal(err)
		}
		n := len(test.values)
		half := t975[n-1] * test.sd / math.Sqrt(float64(n))
		if i.N != n || !near(i.Mean, test.mean, 1e-12) || !near(i.SD, test.sd, 1e-12) || !near(i.Half, half, 1e-3*half) {
			t.Errorf("Mean(%v) = %+v, want %v ± %v, sd %v", test.values, i, test.mean, half, test.sd)
		}
		if i.Bounded() != (n > 2) || n > 2 && (i.Lo() != i.Mean-i.Half || i.Hi() != i.Mean+i.Half) || n == 2 &&
			!(math.IsInf(i.Lo(), -1) && math.IsInf(i.Hi(), 1)) {
			t.Errorf("Mean(%v): ends %v and %v", test.values, i.Lo(), i.Hi())
		}
	}
	equal, err := Mean([]float64{70.1 - 60.1, 40.1 - 30.1, 20.1 - 10.1}) // but for rounding
	if err != nil || equal.SD != 0 || equal.Half != 0 || equal.Spreads() || !near(equal.Mean, 10, 1e-12) {
		t.Errorf("Mean of equal differences = %+v, %v", equal, err)
	}
	one, err := Mean([]float64{3})
	if err != nil || one.Bounded() || one.Mean != 3 || !math.IsInf(one.Half, 1) || !math.IsNaN(one.SD) {
		t.Errorf("Mean of one value = %+v, %v", one, err)
	}
	for _, bad := range [][]float64{nil, {}, {1, math.NaN()}, {math.Inf(1)}, {math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}} {
		if i, err := Mean(bad); err == nil {
			t.Errorf("Mean(%v) = %+v, want an error", bad, i)
		}
	}
}

func TestPaired(t *testing.T) {
	a := map[string]float64{"1": 80, "2": 85, "3": 90, "9": 1}
	b := map[string]float64{"1": 79, "2": 83, "3": 87, "8": 1}
	i, err := Paired(a, b) // 1, 2, 3
	if err != nil || i.N != 3 || i.Mean != 2 || !near(i.SD, 1, 1e-12) || !near(i.Half, 4.303/math.Sqrt(3), 1e-3) {
		t.Errorf("Paired = %+v, %v", i, err)
	}
	if _, err := Paired(a, map[string]float64{"7": 1}); err == nil {
		t.Error("no seed in common, and no error")
	}
	if _, err := Paired(map[string]float64{"1": math.NaN()}, b); err == nil {
		t.Error("NaN, and no error")
	}
}

func TestJudge(t *testing.T) {
	interval := func(mean, half float64) Interval {
		return Interval{N: 3, Mean: mean, SD: half * math.Sqrt(3) / 4.302652729911275, Half: half}
	}
	for _, test := range []struct {
		d      Interval
		paper  *float64
		want   Decision
		larger bool
	}{
		{interval(1, 0.5), nil, Reproduced, false},
		{interval(1, 0.5), ptr(0.6), Reproduced, false},
		{interval(1, 0.5), ptr(0.4), Reproduced, true},   // the interval lies above the paper's difference
		{interval(0.1, 0.05), ptr(3), Reproduced, false}, // above 0, if little
		{interval(-1, 0.5), nil, Contradicted, false},
		{interval(-1, 0.5), ptr(1), Contradicted, false},
		{interval(0, 0.4), ptr(1), Smaller, false},
		{interval(-0.3, 0.7), ptr(1), Smaller, false},
		{interval(0, 0.5), ptr(1), Undecided, false}, // ends at half the paper's
		{interval(0, 0.1), nil, Undecided, false},    // without the paper's there is no smaller
		{interval(0, 0.1), ptr(0), Undecided, false},
		{interval(0.5, 0.5), nil, Undecided, false}, // touches 0
		{interval(1, 3), ptr(1), Undecided, false},
		{Interval{N: 1, Mean: 2, SD: math.NaN(), Half: math.Inf(1)}, ptr(9), Undecided, false},
		{Interval{N: 2, Mean: 2, SD: 0.01, Half: 0.1}, nil, Undecided, false}, // two seeds
		{Interval{N: 5, Mean: 10}, nil, Undecided, false},                     // no spread
		{Interval{N: 5, Mean: -10}, ptr(1), Undecided, false},
		{Interval{N: 5}, ptr(1), Undecided, false},
	} {
		v := Judge(test.d, test.paper)
		if v.Decision != test.want || v.Larger != test.larger {
			t.Errorf("Judge(%v ± %v) = %v, larger %v, want %v", test.d.Mean, test.d.Half, v.Decision, v.Larger, test.want)
		}
		bears := test.d.Bounded() && test.d.Spreads()
		if bears != (v.Doubt == "") || !bears && v.P != 1 {
			t.Errorf("Judge(%v ± %v): doubt %q, p = %v", test.d.Mean, test.d.Half, v.Doubt, v.P)
		}
	}
}

// A share is judged by whether it lies above a bound, and one that has not moved decides nothing.
func TestJudgeShare(t *testing.T) {
	share := func(mean, half float64) Interval { return Interval{N: 3, Mean: mean, SD: 1, Half: half} }
	for _, test := range []struct {
		share        Interval
		bound, start float64
		want         Decision
	}{
		{share(60, 5), 50, 0, Reproduced}, {share(40, 5), 50, 0, Contradicted}, {share(52, 5), 50, 0, Undecided},
		{share(60, 5), 50, 57, Undecided},
		{share(2, 1), 0, 0, Reproduced}, {share(2, 3), 0, 0, Undecided}, {Interval{N: 3}, 0, 0, Undecided},
		{Interval{N: 3, Mean: 100}, 50, 100, Undecided},
	} {
		if v := JudgeShare(test.share, test.bound, test.start); v.Decision != test.want {
			t.Errorf("%v ± %v above %v, from %v: %v, want %v", test.share.Mean, test.share.Half, test.bound, test.start, v.Decision, test.want)
		}
	}
}

// Equally accurate is what lies within a bound with the whole interval. A wide interval around 0 shows nothing.
func TestJudgeWithin(t *testing.T) {
	d := func(mean, half float64) Interval {
		return Interval{N: 5, Mean: mean, SD: half / halfWidth(1, 5), Half: half}
	}
	for _, test := range []struct {
		d    Interval
		want Decision
		mean bool
	}{
		{d(0.1, 0.15), Reproduced, true}, {d(-0.1, 0.05), Reproduced, true}, // the second differs from 0, by little
		{d(0, 0.31), Undecided, true}, {d(0.29, 0.02), Undecided, true}, {d(-0.1, 5), Undecided, true},
		{d(0.4, 0.2), Undecided, false}, {d(-0.31, 0.02), Undecided, false},
		{d(0.4, 0.05), Contradicted, false}, {d(-0.4, 0.05), Contradicted, false},
		{Interval{N: 2, Mean: 0, SD: 1, Half: 9}, Undecided, false}, {Interval{N: 5}, Undecided, false},
	} {
		v := JudgeWithin(test.d, 0.3)
		if v.Decision != test.want || v.MeanWithin != test.mean {
			t.Errorf("JudgeWithin(%v ± %v) = %v, %v, want %v, %v", test.d.Mean, test.d.Half, v.Decision, v.MeanWithin, test.want, test.mean)
		}
		if bears := test.d.Bounded() && test.d.Spreads(); bears != (v.Doubt == "") {
			t.Errorf("JudgeWithin(%v ± %v): doubt %q", test.d.Mean, test.d.Half, v.Doubt)
		}
		if test.d.Spreads() && (v.P < 1-Confidence) != (test.want != Undecided) {
			t.Errorf("JudgeWithin(%v ± %v): p = %v", test.d.Mean, test.d.Half, v.P)
		}
	}
}
