package results

import (
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
	costs := claims[min(6, len(claims)):]
	claims = claims[:min(6, len(claims))]
	if len(claims) != 6 || len(v.tests) != 6 || len(costs) != 3 {
		t.Fatalf("%d claims and %d on costs, %d tests, want 6 and 3: three networks, each against the baseline and SE", len(claims), len(costs), len(v.tests))
	}
	for i, c := range claims {
		test := v.tests[i]
		open := i >= 4 // a trial of ResNet-101 with CE is still to come
		ours := test.differenceText() + " pp, "
		if open {
			ours = absent
		}
		if c.Claim != test.where+": "+test.claim() || c.Verdict != test.verdictText() || !strings.HasPrefix(c.Ours, ours) || c.Plot != "top1" || c.Measured() == open || (c.Difference == nil) != open {
			t.Errorf("%+v is not the test %+v", c, test)
		}
	}
	if c := costs[0]; c.Paper != "×1.12" || !strings.HasPrefix(c.Ours, "×") || c.P != nil || (c.Verdict != "reproduced") == (c.Ours <= c.Paper) {
		t.Errorf("%+v is no claim on what CE costs in ResNet-18", c)
	}
	if claims[0].Paper != "+1.5 pp" || claims[3].Paper != "+0.7 pp" {
		t.Errorf("the paper's differences are %s and %s, want +1.5 pp and +0.7 pp", claims[0].Paper, claims[3].Paper)
	}
	for expect, marked := range map[float64]bool{0.05: false, 0.999: true} {
		l.ExpectBaseline = expect
		if claims, err = Claims(l, records); err != nil || strings.Contains(claims[0].Ours, "†") != marked {
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
			{Head: "First", Name: "one", Title: "One", Scale: "Scaled down: width.", Claims: []Claim{
				{Claim: "|γ̂| ≥ |γ|", Paper: "stated", Ours: "fails in 3 of 4 cases", Verdict: "not reproduced (counterexamples)", Plot: "shares"},
				{Claim: "CE > SE", Ours: "+0.10 ± 1.00 pp †", Verdict: "undecided (about 40 seeds would decide)", Plot: "shares"},
				{Claim: "variances do not fall", Ours: "holds", Verdict: "reproduced", Own: true},
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
		"# All claims\n", "Claims of the paper: 1 not reproduced, 1 undecided.", "## First", "[One](one/table.md), `./reproduce.sh one`. Scaled down: width.",
		`\|γ̂\| ≥ \|γ\|`, "| not the paper's", "| no figure", "[plot](one/shares.png)", "![One](one/shares.png)", "![One](one/other.png)", "Not run: `two`.", "![Three](three/only.png)",
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
