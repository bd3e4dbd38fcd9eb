package results

import (
	"cenet/results/stats"
	"cenet/results/words"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClaims(t *testing.T) {
	l, records := madeUpTable1()
	claims, err := Claims(l, records)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newView(l, records)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.tests) != 9 || len(claims) != 15 {
		t.Fatalf("%d tests and %d claims, want 9 and 15: three networks, SE against the baseline, CE against both, and what CE costs twice", len(v.tests), len(claims))
	}
	for i, c := range claims[:9] {
		test := v.tests[i]
		open := test.awaited > 0 // a trial of ResNet-101 with CE is still to come
		if c.Statement != test.block+" > "+test.against || c.Subject != test.where || c.Plot != "top1" || c.Measured() == open || c.Role != test.Role {
			t.Errorf("%+v is not the test %+v", c, test)
		}
		if !open && (*c.Ours != test.verdict.Difference || c.Paper == nil) || open && !strings.HasSuffix(words.Verdict(&c), "undecided (2 of 3 seeds are in)") {
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
		timed := append([]Record{}, records...)
		for i, r := range timed {
			if r.Kind == KindNetwork {
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
		if err != nil || claims[0].UnderTrained != marked || strings.Contains(words.Ours(&claims[0]), "†") != marked || marked && claims[0].Decision != stats.Undecided {
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

func TestOverview(t *testing.T) {
	o := Overview{
		Title: "All claims", About: []string{"About."},
		Topics: []Topic{
			{Head: "First", Name: "one", Title: "One", Scale: "Scaled down: width.", Claims: []stats.Claim{
				{Statement: "|γ̂| ≥ |γ|", Role: stats.FromTheory, Found: "fails in 3 of 4 cases", Decision: stats.Contradicted, Reason: "counterexamples", Plot: "shares"},
				{Statement: "CE > SE", Unit: stats.Points, Ours: &stats.Interval{N: 3, Mean: 0.1, SD: 1, Half: 1}, UnderTrained: true, Needed: 40, Plot: "shares"},
				{Statement: "CE > baseline", Unit: stats.Points, Ours: &stats.Interval{N: 3, Mean: -2, SD: 1, Half: 1}, Decision: stats.Contradicted},
				{Statement: "variances do not fall", Found: "holds", Decision: stats.Reproduced, Role: stats.NotInPaper},
			}, Figures: []string{"other"}},
			{Head: "Second", Name: "two", Title: "Two", Absent: "Not run: `two`."},
			{Head: "Third", Name: "three", Title: "Three", Figures: []string{"only"}},
		},
	}
	text, err := o.Markdown()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# All claims\n", "Claims of the paper: 1 undecided, 1 contradicted.", "## First", "[One](one/table.md), `./reproduce.sh one`. Scaled down: width.",
		`\|γ̂\| ≥ \|γ\|`, "| not the paper's", "| no figure", "| stated", "contradicted (counterexamples)", "undecided (about 40 seeds would decide)", "[plot](one/shares.png)", "![One](one/shares.png)", "![One](one/other.png)", "Not run: `two`.", "![Three](three/only.png)",
		"† under-trained",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for _, unwanted := range []string{"QUICK", "two/table.md"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("%q stands in\n%s", unwanted, text)
		}
	}
	if n := strings.Count(text, "![One](one/shares.png)"); n != 1 {
		t.Errorf("a plot that two claims share is shown %d times", n)
	}
	o.Quick = true
	path := filepath.Join(t.TempDir(), "quick", "README.md")
	if err := o.Write(path); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(written), quickBanner) || !strings.Contains(string(written), "(../one/quick/table.md)") {
		t.Errorf("a quick overview is not marked, or links elsewhere: %v\n%s", err, written)
	}
}
