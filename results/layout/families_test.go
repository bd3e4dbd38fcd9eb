package layout

import (
	"cenet/results"
	"cenet/results/stats"
	"cenet/results/words"
	"slices"
	"strings"
	"testing"
)

// A claim over rates is that of the mean over those above 0, seed by seed, with every rate beneath it.
func TestClaimOverRates(t *testing.T) {
	l := MadeUpBlocks(Layout{Title: "Rates", Kind: Sweep, Axes: []string{"corrupt.rate", results.BlockKey, results.SeedKey},
		Over: "corrupt.rate"})
	var records []results.Record
	top1 := func(rate float64, block string, seed int) float64 {
		gain := map[string]float64{"none": 0, "se": 0.015, "ce": 0.02 * rate}[block]
		return 0.9 - 0.3*rate + gain + 0.001*float64(seed)*(1+rate)*gain
	}
	for _, rate := range []float64{0, 0.4, 0.8} {
		for _, block := range []string{"none", "se", "ce"} {
			for seed := 1; seed <= 3; seed++ {
				r := MadeUpTrial(map[string]any{"corrupt.rate": rate, results.BlockKey: block, results.SeedKey: seed}, 0.8, 3)
				r.Result.Top1 = top1(rate, block, seed)
				records = append(records, r)
			}
		}
	}
	claims, err := Claims(l, records)
	if err != nil {
		t.Fatal(err)
	}
	if len(claims) != 5 || len(claims[0].Cases) != 3 || len(claims[1].Cases) != 3 || claims[2].Cases != nil {
		t.Fatalf("%d claims, want the control and, against two others, the mean and the change: %+v", len(claims), claims)
	}
	var mean, change float64 // over the rates 0.4 and 0.8 and three seeds
	for seed := 1; seed <= 3; seed++ {
		for _, rate := range []float64{0.4, 0.8} {
			mean += 100 * (top1(rate, "ce", seed) - top1(rate, "none", seed)) / 6
		}
		change -= 100 * (top1(0, "ce", seed) - top1(0, "none", seed)) / 3
	}
	change += mean
	if c := claims[0]; c.Role != stats.Control || words.Name(&c) != "mean over corrupt.rate above 0: SE > baseline" {
		t.Errorf("%+v is no control", c)
	}
	if c := claims[1]; !near(c.Ours.Mean, mean, 1e-9) || c.Decision != stats.Reproduced || c.P == nil || *c.P >= 0.05 {
		t.Errorf("%+v, want a difference of %.2f, reproduced", c, mean)
	}
	if c := claims[2]; !near(c.Ours.Mean, change, 1e-9) || words.Name(&c) != "the change from corrupt.rate 0 to the mean above it: CE gains more on "+
		"baseline" {
		t.Errorf("%+v, want a change of %.2f", c, change)
	}
	if claims[3].Decision == stats.Reproduced || claims[3].Statement != "CE > SE" {
		t.Errorf("CE > SE is said to be reproduced: %+v", claims[3])
	}
	l.Over = "train.lr"
	if _, err := Claims(l, records); err == nil {
		t.Error("an axis that is none is taken")
	}
}

// A control that fails, below 0 or above twice the paper's difference, takes "CE > SE" out of the count and leaves "CE > baseline" in.
func TestControl(t *testing.T) {
	for _, test := range []struct {
		se     float64 // above the baseline, pp
		failed bool
	}{{1, false}, {-1, true}, {0, true}, {1.9, false}, {2.3, true}} {
		l := MadeUpBlocks(Layout{Title: "Control", Kind: Blocks, Axes: []string{results.ModelKey, results.BlockKey, results.SeedKey}})
		var records []results.Record
		for block, gain := range map[string]float64{"none": 0, "se": test.se, "ce": 2.5} {
			l.Paper = append(l.Paper, PaperCell{Model: "m", Block: block, Top1: Ptr(map[string]float64{"none": 70, "se": 71, "ce": 71.5}[block])})
			for seed := 1; seed <= 5; seed++ {
				r := MadeUpTrial(map[string]any{results.ModelKey: "m", results.BlockKey: block, results.SeedKey: seed}, 0.8, 2)
				r.Result.Top1 = 0.8 + gain/100 + 1e-4*float64(seed*seed%5)*(1+gain)
				records = append(records, r)
			}
		}
		claims, err := Claims(l, records)
		if err != nil || len(claims) != 3 {
			t.Fatal(err, claims)
		}
		for _, c := range claims {
			against := c.Compared.Against == "se"
			if c.ControlFailed != (test.failed && against) || c.Counts() != (c.Compared.Value == "ce" && !c.ControlFailed) ||
				strings.Contains(words.Verdict(&c), "control failed") != c.ControlFailed {
				t.Errorf("SE %+v pp above the baseline: %s: %s, counted: %v", test.se, words.Name(&c), words.Verdict(&c), c.Counts())
			}
		}
	}
}

// A block without a comparison of its own is compared with no block, and a pair of values that is named is compared in each block.
func TestCompare(t *testing.T) {
	l := Layout{Title: "Rates", Kind: Sweep, Axes: []string{"train.lr", results.BlockKey, results.SeedKey}}
	var records []results.Record
	for i, rate := range []float64{0.03, 0.1} {
		for k, block := range []string{"none", "se", "eca"} {
			for seed := 1; seed <= 3; seed++ {
				r := MadeUpTrial(map[string]any{"train.lr": rate, results.BlockKey: block, results.SeedKey: seed}, 0.8, 2)
				r.Result.Top1 = 0.7 + 0.02*float64(i) + 0.01*float64(k) + 1e-4*float64(seed*seed)*float64(k+2*i)
				records = append(records, r)
			}
		}
	}
	names := func(l Layout) (list []string) {
		claims, err := Claims(l, records)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			list = append(list, words.Name(&c)+": "+c.Decision.String())
		}
		slices.Sort(list)
		return list
	}
	want := []string{"lr 0.03: eca > baseline: reproduced", "lr 0.03: se > baseline: reproduced", "lr 0.1: eca > baseline: reproduced",
		"lr 0.1: se > baseline: reproduced"}
	if got := names(l); !slices.Equal(got, want) {
		t.Errorf("claims %q, want %q", got, want)
	}
	l.Compare = []stats.Comparison{{Key: "train.lr", Value: "0.1", Against: "0.03", Role: stats.NotInPaper}}
	want = []string{"baseline: lr 0.1 > lr 0.03: reproduced", "eca: lr 0.1 > lr 0.03: reproduced", "se: lr 0.1 > lr 0.03: reproduced"}
	if got := names(l); !slices.Equal(got, want) {
		t.Errorf("claims %q, want %q", got, want)
	}
	v, err := newView(l, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.compared() {
		if c.P == nil || c.Holm == nil || *c.Holm < *c.P {
			t.Errorf("%s is not corrected: %v, %v", words.Name(&c), c.P, c.Holm)
		}
	}
	if p, err := PlanSeeds(l, records, 1); err != nil || len(p.Comparisons) != 3 {
		t.Errorf("the plan has %d comparisons: %v", len(p.Comparisons), err)
	}
	l.Compare[0].Key = "train.batch"
	if _, err := Claims(l, records); err == nil {
		t.Error("a comparison along what is no axis is taken")
	}
}

// The first value of an axis that a layout names is compared with the others, block by block, and this is no claim of the paper's.
func TestContrast(t *testing.T) {
	l, records := MadeUpGrid()
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
	if len(added) != 3*4 { // after those of blocks
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
