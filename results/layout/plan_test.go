package layout

import (
	"cenet/results"
	"cenet/results/stats"
	"errors"
	"math"
	"strings"
	"testing"
)

// MadeUpPilot is a layout of two networks with three blocks and five seeds, and the finished trials of two of the seeds and one that the
// file has not. The differences of a comparison are −spread, 0 and spread, so that spread is their standard deviation.
func MadeUpPilot(spreads map[string]float64) (Layout, []results.Record) {
	l := MadeUpBlocks(Layout{Title: "Pilot", Kind: Blocks, Axes: []string{results.ModelKey, results.BlockKey, results.SeedKey}})
	l.Compare = madeUpCompare[1:]
	top1 := map[string]float64{"none": 70, "se": 71.1, "ce": 71.7}
	var records []results.Record
	for _, model := range []string{"resnet18", "resnet50"} {
		for _, block := range []string{"none", "se", "ce"} {
			l.Paper = append(l.Paper, PaperCell{Model: model, Block: block, Top1: Ptr(top1[block])})
			for seed := 1; seed <= 5; seed++ {
				l.Planned = append(l.Planned, map[string]any{results.ModelKey: model, results.BlockKey: block, results.SeedKey: seed})
			}
			for i, seed := range []int{1, 2, 77} {
				r := MadeUpTrial(map[string]any{results.ModelKey: model, results.BlockKey: block, results.SeedKey: seed}, 0.8, 2)
				r.Result.Top1 = 0.8 + 0.01*float64(i)
				if block != "ce" {
					r.Result.Top1 -= 0.01 + float64(i-1)*spreads[model+" "+block]/100
				}
				r.Provenance.Seconds, r.Provenance.Workers = 100, 1
				records = append(records, r)
			}
		}
	}
	return l, records
}

// A pooled standard deviation of 2 pp makes differences of a quarter, a half and a whole of it those of the textbook.
func TestPlanSeeds(t *testing.T) {
	l, records := MadeUpPilot(map[string]float64{"resnet18 none": 1, "resnet18 se": math.Sqrt(7), "resnet50 none": 2, "resnet50 se": 2})
	for i := range records { // of a network that takes longer, on both workers
		if records[i].Settings[results.ModelKey] == "resnet50" {
			records[i].Provenance.Seconds, records[i].Provenance.Workers = 150, 2
		}
	}
	p, err := PlanSeeds(l, records, 2)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(p.SD-2) > 1e-9 || p.Freedom != 8 || p.Cases != 6 || p.Finished != 18 || p.Seconds != 150 || p.Least != 5 {
		t.Fatalf("%+v", p)
	}
	// χ² with 8 degrees of freedom is between 2.1797 and 17.5345.
	if math.Abs(p.SDLow-2*math.Sqrt(8/17.5345)) > 1e-4 || math.Abs(p.SDHigh-2*math.Sqrt(8/2.1797)) > 1e-4 {
		t.Errorf("interval %v to %v", p.SDLow, p.SDHigh)
	}
	for i, want := range []Spread{{"resnet18", "CE > baseline", 3, Ptr(1)}, {"resnet18", "CE > SE", 3, Ptr(math.Sqrt(7))},
		{"resnet50", "CE > baseline", 3, Ptr(2)}, {"resnet50", "CE > SE", 3, Ptr(2)}} {
		got := p.Comparisons[i]
		if got.Case != want.Case || got.Claim != want.Claim || got.Seeds != want.Seeds || math.Abs(*got.SD-*want.SD) > 1e-9 {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	const work = (3*100 + 3*2*150) / 2. // seconds of a seed of every case on two workers
	needed := map[float64]int{0.5: 128, 0.6: 0, 1: 34, 1.5: 0, 2: 10}
	if len(p.Rows) != len(needed) {
		t.Fatalf("%+v", p.Rows)
	}
	for _, r := range p.Rows {
		want, ok := needed[*r.Difference]
		if want == 0 {
			want = stats.SeedsFor(*r.Difference, 2, 0.8, 1000)
		}
		if !ok || r.Needed != want || r.Seeds != want || r.Trials != 6*want || r.Paper != (*r.Difference == 0.6) {
			t.Errorf("%v pp: %+v, want %d seeds", *r.Difference, r, want)
		}
		if math.Abs(r.Time-float64(want)*work) > 1e-6 || math.Abs(r.Left-float64(want-3)*work) > 1e-6 {
			t.Errorf("%v pp: %v s, %v left, want %v a seed", *r.Difference, r.Time, r.Left, work)
		}
	}
	f := p.FileSeeds
	if f.Seeds != 5 || f.Trials != 30 || f.Needed != 0 || math.Abs(stats.PairedPower(5, *f.Difference, 2)-0.8) > 1e-5 ||
		math.Abs(f.Time-5*work) > 1e-6 || math.Abs(f.Left-3*work) > 1e-6 {
		t.Errorf("seeds of the file: %+v", f)
	}
}

// No number of workers makes the longest trial shorter, and a trial on a device has it to itself.
func TestPlanWorkers(t *testing.T) {
	l, records := MadeUpPilot(map[string]float64{"resnet18 none": 1, "resnet18 se": 1, "resnet50 none": 1, "resnet50 se": 1})
	for _, test := range []struct {
		device  string
		workers int
		want    float64 // of 30 trials of 100 s
	}{{"", 1, 3000}, {"", 4, 750}, {"", 1000, 100}, {"GPU", 4, 3000}} {
		for i := range records {
			records[i].Provenance.Device = test.device
		}
		p, err := PlanSeeds(l, records, test.workers)
		if err != nil || math.Abs(p.FileSeeds.Time-test.want) > 1e-6 {
			t.Errorf("%+v: %v s, %v", test, p.FileSeeds.Time, err)
		}
	}
}

// Where few seeds are needed there are five all the same, three of trials of half an hour; what failed and what is not begun is counted for
// what it is.
func TestPlanLeastSeeds(t *testing.T) {
	for seconds, want := range map[float64]int{1799: 5, 1800: 3} {
		l, records := MadeUpPilot(map[string]float64{"resnet18 none": 0.1, "resnet18 se": 0.1, "resnet50 none": 0.1, "resnet50 se": 0.1})
		kept := records[:0]
		for _, r := range records {
			r.Provenance.Seconds = seconds
			switch {
			case r.Settings[results.ModelKey] == "resnet50" && r.Settings[results.BlockKey] == "se":
				continue // none of these
			case r.Settings[results.ModelKey] == "resnet50" && r.Settings[results.SeedKey] == 2:
				r.Result.Failure, r.Provenance.Seconds = "the loss is NaN", 1
			}
			kept = append(kept, r)
		}
		p, err := PlanSeeds(l, kept, 3)
		if err != nil {
			t.Fatal(err)
		}
		if p.Least != want || p.Seconds != seconds || p.Freedom != 2+2+1 || p.Finished != 15 || p.Comparisons[3].SD != nil ||
			p.Comparisons[3].Seeds != 0 {
			t.Errorf("%+v", p)
		}
		r := p.Rows[len(p.Rows)-1]
		if r.Needed != 2 || r.Seeds != want || math.Abs(r.Time-float64(6*want)*seconds/3) > 1e-6 ||
			math.Abs(r.Left-float64(5*(want-3)+want)*seconds/3) > 1e-6 {
			t.Errorf("%v s: %+v", seconds, r)
		}
	}
}

// A claim over an axis is planned by the spread of its mean, not by that of its cases.
func TestPlanOverRates(t *testing.T) {
	l := MadeUpBlocks(Layout{Title: "Rates", Kind: Sweep, Axes: []string{"corrupt.rate", results.BlockKey, results.SeedKey},
		Over: "corrupt.rate"})
	l.Compare = madeUpCompare[1:]
	var records []results.Record
	for k, rate := range []float64{0, 0.4, 0.8} {
		for _, block := range []string{"none", "ce"} {
			for seed := 1; seed <= 2; seed++ {
				r := MadeUpTrial(map[string]any{"corrupt.rate": rate, results.BlockKey: block, results.SeedKey: seed}, 0.8, 2)
				r.Result.Top1 = 0.5
				if block == "ce" && seed == 2 {
					r.Result.Top1 += []float64{0.3, 0.05, -0.03}[k] // mean over the last two: 1 pp
				}
				records = append(records, r)
			}
		}
	}
	p, err := PlanSeeds(l, records, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Comparisons) != 1 || p.Freedom != 1 || math.Abs(p.SD-1/math.Sqrt2) > 1e-9 ||
		!strings.HasPrefix(p.Comparisons[0].Case, "mean over ") {
		t.Errorf("%+v", p)
	}
}

// Without two seeds of a comparison, or without a comparison, there is no plan.
func TestPlanRefuses(t *testing.T) {
	l, records := MadeUpPilot(nil)
	one := records[:0:0]
	for _, r := range records {
		if seed := r.Settings[results.SeedKey]; seed == 1 || seed == 2 && r.Settings[results.BlockKey] != "ce" {
			one = append(one, r)
		}
	}
	for _, list := range [][]results.Record{nil, one} {
		if _, err := PlanSeeds(l, list, 1); !errors.Is(err, ErrNoPilot) {
			t.Errorf("%d records: %v", len(list), err)
		}
	}
	if _, err := PlanSeeds(Layout{Kind: Sweep, Axes: []string{"train.lr", results.SeedKey}}, nil, 1); !errors.Is(err, ErrNoComparison) {
		t.Errorf("no blocks: %v", err)
	}
}
