package results

import (
	"fmt"
	"strings"
	"testing"
)

// A claim over rates is that of the mean over those above 0, seed by seed, with every rate beneath it.
func TestClaimOverRates(t *testing.T) {
	l := Layout{Title: "Rates", Kind: LayoutSweep, Axes: []string{"corrupt.rate", BlockKey, SeedKey}, Over: "corrupt.rate"}
	var records []Record
	top1 := func(rate float64, block string, seed int) float64 {
		gain := map[string]float64{"none": 0, "se": 0.015, "ce": 0.02 * rate}[block]
		return 0.9 - 0.3*rate + gain + 0.001*float64(seed)*(1+rate)*gain
	}
	for _, rate := range []float64{0, 0.4, 0.8} {
		for _, block := range []string{"none", "se", "ce"} {
			for seed := 1; seed <= 3; seed++ {
				r := madeUpTrial(map[string]any{"corrupt.rate": rate, BlockKey: block, SeedKey: seed}, 0.8, 3)
				r.Result.Top1 = top1(rate, block, seed)
				records = append(records, r)
			}
		}
	}
	claims, err := Claims(l, records)
	if err != nil {
		t.Fatal(err)
	}
	if len(claims) != 2 || len(claims[0].Cases) != 3 || len(claims[1].Cases) != 3 {
		t.Fatalf("%d claims, want two of three cases each: %+v", len(claims), claims)
	}
	var want float64 // over the rates 0.4 and 0.8 and three seeds
	for _, rate := range []float64{0.4, 0.8} {
		for seed := 1; seed <= 3; seed++ {
			want += 100 * (top1(rate, "ce", seed) - top1(rate, "none", seed)) / 6
		}
	}
	c := claims[0]
	if !strings.HasPrefix(c.Ours, fmt.Sprintf("+%.2f ± ", want)) || c.Verdict != Reproduced.String() || c.P == nil || *c.P >= 0.05 {
		t.Errorf("%+v, want a difference of %.2f, reproduced", c, want)
	}
	if claims[1].Verdict == Reproduced.String() {
		t.Errorf("CE > SE is said to be reproduced: %+v", claims[1])
	}
	l.Over = "train.lr"
	if _, err := Claims(l, records); err == nil {
		t.Error("an axis that is none is taken")
	}
}

// The overview corrects the p-values of a topic's counted claims, and counts neither cases nor identities.
func TestOverviewCorrects(t *testing.T) {
	p := func(x float64) *float64 { return &x }
	o := Overview{Title: "All", Topics: []Topic{{Head: "One", Name: "one", Title: "One", Claims: []Claim{
		{Claim: "A", Ours: "1", Verdict: "reproduced", P: p(0.001), Cases: []Claim{{Claim: "A at 0", Ours: "0", Verdict: "undecided", P: p(0.9)}}},
		{Claim: "B", Ours: "2", Verdict: "reproduced", P: p(0.03)},
		{Claim: "C", Ours: "3", Verdict: "undecided", P: p(0.4)},
		{Claim: "D", Ours: "4", Verdict: "reproduced", Identity: true},
		{Claim: "E", Ours: "5", Verdict: "reproduced", Own: true, P: p(1e-9)},
	}}}}
	text, err := o.Markdown()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 5 {
			rows[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2]) + " / " + strings.TrimSpace(cells[4])
		}
	}
	for claim, want := range map[string]string{
		"A": "no figure / reproduced; stands after Holm's correction", "– A at 0": "– / undecided", "C": "no figure / undecided",
		"B": fmt.Sprintf("no figure / reproduced; not after Holm's correction (p = %.2g)", 2*0.03),
		"D": "holds by construction / reproduced", "E": "not the paper's / reproduced",
	} {
		if rows[claim] != want {
			t.Errorf("%s: %q, want %q", claim, rows[claim], want)
		}
	}
	if !strings.Contains(text, "Claims of the paper: 2 reproduced, 1 undecided.") {
		t.Errorf("counted wrongly:\n%s", text)
	}
}

// The first value of an axis that a layout names is compared with the others, block by block, and this is no claim of the paper's.
func TestContrast(t *testing.T) {
	l, records := madeUpGrid()
	before, err := newView(l, records)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := Claims(l, records)
	if err != nil {
		t.Fatal(err)
	}
	l.Contrast = "corrupt.rate"
	v, err := newView(l, records)
	if err != nil {
		t.Fatal(err)
	}
	added := v.tests[len(before.tests):]
	if len(added) != 3*4 {
		t.Fatalf("%d comparisons, want 12: three blocks, the rate 0 with four others", len(added))
	}
	for _, c := range added {
		if c.block != "rate 0" || c.against == c.block || c.failed != nil || c.verdict.Difference.Mean <= 0 {
			t.Errorf("%+v", c)
		}
	}
	if after, err := Claims(l, records); err != nil || len(after) != len(claims) {
		t.Errorf("%d claims, %d without the comparisons: %v", len(after), len(claims), err)
	}
	l.Contrast = "train.lr"
	if _, err := newView(l, records); err == nil {
		t.Error("an axis that is none is taken")
	}
}
