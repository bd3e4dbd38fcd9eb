package words

import (
	"math"
	"testing"

	"cenet/results/stats"
)

func TestText(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{Mean([]float64{86, 87, 88}, 2), "87.00 ± 2.48"},
		{Mean([]float64{86}, 2), "86.00 ± –"},
		{Mean(nil, 2), "–"},
		{Mean([]float64{math.NaN()}, 2), "–"},
		{Interval(stats.Interval{N: 3, Mean: -1.5, SD: 1, Half: 0.25}, 2, "+"), "−1.50 ± 0.25"},
		{Mean([]float64{-1, 2}, 2), "0.50 (−1.00 to 2.00)"}, {Interval(stats.Interval{N: 2, Mean: 1, Min: 1, Max: 1}, 2, "+"), "+1.00 (both)"},
		{Digits(11689512), "11,689,512"}, {Digits(999), "999"}, {Digits(-1000), "-1,000"}, {Digits(-100), "-100"},
		{Seconds(0.01234), "0.0123 s"}, {Seconds(3.694), "3.69 s"}, {Seconds(0), "0.00 s"},
		{Seconds(754), "12 min 34 s"}, {Seconds(7260), "2 h 1 min"}, {Seconds(180000), "2 d 2 h"},
		{Seconds(math.NaN()), "–"}, {Seconds(-1), "–"},
		{Signed(-0.0061, 4), "−0.0061"}, {Signed(-0.00001, 4), "0.0000"}, {Signed(2, 1), "+2.0"},
		{Raw(0.1), "0.1"}, {Raw(math.Inf(1)), ""},
		{Verdict(within(stats.Reproduced, true)), "within 0.3 pp, with the whole interval"},
		{Verdict(within(stats.Undecided, true)), "undecided: the mean is within 0.3 pp, its interval is wider"},
		{Verdict(within(stats.Undecided, false)), "undecided: the mean is not within 0.3 pp, some of its interval is"},
		{Verdict(within(stats.Contradicted, false)), "differs by more than 0.3 pp, with the whole interval"},
		{Verdict(&stats.Claim{Compared: &stats.Comparison{Within: 1}, Reason: "one seed"}), "undecided (one seed)"},
		{Sentence(within(stats.Reproduced, true)), "a within 0.3 pp of b: – pp: within 0.3 pp, with the whole interval"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

// within is a claim that two are equally accurate.
func within(d stats.Decision, mean bool) *stats.Claim {
	return &stats.Claim{Statement: "a within 0.3 pp of b", Compared: &stats.Comparison{Within: 0.3}, Decision: d, MeanWithin: mean}
}

func TestFigures(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 1 - 1e-10: "1 − 1e-10", 1 + 2.5e-7: "1 + 2.5e-07", 0.98521: "0.9852", 0: "0"} {
		if got := Figure(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}
