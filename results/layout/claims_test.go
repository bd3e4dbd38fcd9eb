package layout

import (
	"cenet/results"
	"cenet/results/stats"
	"cenet/results/words"
	"strings"
	"testing"
)

func TestClaims(t *testing.T) {
	l, records := MadeUpTable1()
	claims, err := Claims(l, records)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newView(l, records)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.tests) != 9 || len(claims) != 15 {
		t.Fatalf("%d tests and %d claims, want 9 and 15: three networks, SE against the baseline, CE against both, and what CE costs twice",
			len(v.tests), len(claims))
	}
	for i, c := range claims[:9] {
		test := v.tests[i]
		open := test.awaited > 0 // a trial of ResNet-101 with CE is still to come
		if c.Statement != test.block+" > "+test.against || c.Subject != test.where || c.Plot != "top1" || c.Measured() == open ||
			c.Role != test.Role {
			t.Errorf("%+v is not the test %+v", c, test)
		}
		if !open && (*c.Ours != test.verdict.Difference || c.Paper == nil) || open &&
			!strings.HasSuffix(words.Verdict(&c), "undecided (2 of 3 seeds are in)") {
			t.Errorf("%+v: %s", c, words.Verdict(&c))
		}
	}
	if a, b := words.Paper(&claims[1]), words.Paper(&claims[5]); a != "+1.5 pp" || b != "+0.7 pp" {
		t.Errorf("the paper's differences are %s and %s, want +1.5 pp and +0.7 pp", a, b)
	}
	if c := claims[9]; words.Ours(&c) != "1.824 (−0.3 %)" || words.Paper(&c) != "1.83" || c.Decision != stats.Contradicted || c.P != nil {
		t.Errorf("%+v is no claim on the GFLOPs of ResNet-18 with CE", c)
	}
	if c := claims[10]; words.Paper(&c) != "×1.12" || words.Ours(&c) != "×1.11" || c.Decision != stats.Undecided || c.Reason == "" {
		t.Errorf("%+v decides on a time without an interval", c)
	}
	for _, test := range []struct {
		times float64 // the upper end of the interval of CE
		want  stats.Decision
	}{{1.05, stats.Reproduced}, {1.2, stats.Undecided}} {
		timed := append([]results.Record{}, records...)
		for i, r := range timed {
			if r.Kind == results.KindNetwork {
				n := *r.Network
				n.CPULow, n.CPUHigh = n.CPUSeconds, n.CPUSeconds
				if n.Block == "ce" {
					n.CPUHigh *= test.times
				}
				timed[i].Network = &n
			}
		}
		list, err := Claims(l, timed)
		if err != nil || list[10].Decision != test.want {
			t.Errorf("a time of at most %v of ours: %+v, %v", test.times, list[10], err)
		}
	}
	for expect, marked := range map[float64]bool{0.05: false, 0.999: true} {
		l.ExpectBaseline = expect
		claims, err = Claims(l, records)
		if err != nil || claims[0].UnderTrained != marked || strings.Contains(words.Ours(&claims[0]), "†") != marked || marked &&
			claims[0].Decision != stats.Undecided {
			t.Errorf("of a baseline expected at %v: %v, %v", expect, claims, err)
		}
	}
	// Without the paper's figures and without a seed in common.
	l.Paper = nil
	if claims, err = Claims(l, records[:1]); err != nil || len(claims) == 0 && len(l.Planned) > 0 {
		t.Errorf("of one record: %v, %v", claims, err)
	}
	l.Axes = append(l.Axes, "train.epochs")
	if _, err := Claims(l, records); err == nil {
		t.Error("a layout that does not fit is taken")
	}
}
