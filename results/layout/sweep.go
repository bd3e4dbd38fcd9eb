package layout

import (
	"math"
	"slices"
	"strconv"

	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// sweepTable is one row per case: the settings that vary, then the results.
func (v *view) sweepTable() *page.Table {
	t := &page.Table{}
	for _, a := range v.axes() {
		t.Columns = append(t.Columns, page.Column{Head: v.axisLabel(a), Text: !v.numeric(a), Keep: true})
	}
	n := len(t.Columns)
	t.Columns = append(t.Columns, page.Columns(nil, "Top-1 (%)", "Top-5 (%)"+v.saturationMark(), "Test loss", "Seconds a trial", "Seeds")...)
	t.Columns[n].Keep = true
	var keep []string
	for _, c := range t.Columns {
		keep = append(keep, c.Head)
	}
	figures := slices.DeleteFunc(slices.Clone(sweepFigures), func(f sweepFigure) bool { return f.ofPaper && len(v.Paper) == 0 })
	for _, f := range figures {
		t.Columns = append(t.Columns, page.Column{Head: f.head})
	}
	for _, c := range v.cases {
		row := make([]string, n)
		for i, a := range v.axes() {
			row[i] = v.valueLabel(a, c.values[i])
		}
		if v.marked[c] {
			row[axisIndex(v.Layout, results.BlockKey)] += " †"
		}
		row = append(row, words.Mean(c.over(top1Percent), 2), words.Mean(c.over(top5Percent), 2), words.Mean(c.over(testLoss), 4),
			meanAlone(c.over(seconds), 1), c.seedsText())
		for _, f := range figures {
			if f.alone {
				row = append(row, meanAlone(c.over(f.of), f.decimals))
			} else {
				row = append(row, words.Mean(c.over(f.of), f.decimals))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t.Prune(keep...)
}

// meanAlone is the mean of some values without its interval.
func meanAlone(values []float64, decimals int) string {
	i, err := stats.Mean(values)
	if err != nil {
		return words.Absent
	}
	return strconv.FormatFloat(i.Mean, 'f', decimals, 64)
}

// sweepFigure is a column of a sweep's table, shown if some trial has the figure.
type sweepFigure struct {
	head     string
	of       figure
	decimals int
	alone    bool // the mean without its interval
	ofPaper  bool // shown only if the experiment has figures of the paper
}

// sweepFigures are what some trials have next to their accuracies.
var sweepFigures = []sweepFigure{
	{"Best Top-1 (%)", ofBest(func(e results.Epoch) float64 { return 100 * e.TestTop1 }), 2, false, false},
	{"Best epoch", ofBest(func(e results.Epoch) float64 { return float64(e.Epoch) }), 1, true, false},
	{"Training labels (%)", fitPercent, 2, false, false},
	{"Gap (pp)", func(r *results.Record) float64 { return fitPercent(r) - top1Percent(r) }, 2, false, false},
	{"Wrong labels (%)", wrongPercent, 2, true, false},
	{"MFLOPs", ofCost(func(c *results.Cost) float64 { return c.MACs / 1e6 }), 2, true, false},
	{"Params (k)", ofCost(func(c *results.Cost) float64 { return float64(c.Params) / 1e3 }), 1, true, false},
	{"Step (ms)", stepMilliseconds, 1, true, false},
	{"paper's network: GFLOPs", ofCost(func(c *results.Cost) float64 { return c.PaperMACs / 1e9 }), 3, true, true},
	{"Params (M)", ofCost(func(c *results.Cost) float64 { return float64(c.PaperParams) / 1e6 }), 2, true, true},
}

// ofBest is a figure of the epoch with the highest Top-1 on the test images, the first of several, in trials that were scored on their
// training labels.
func ofBest(of func(results.Epoch) float64) figure {
	return func(r *results.Record) float64 {
		if math.IsNaN(fitPercent(r)) {
			return math.NaN()
		}
		best := r.Result.Epochs[0]
		for _, e := range r.Result.Epochs {
			if e.TestTop1 > best.TestTop1 {
				best = e
			}
		}
		return of(best)
	}
}

func wrongPercent(r *results.Record) float64 {
	if r.Images == nil || r.Images.Corruption == nil {
		return math.NaN()
	}
	return 100 * r.Images.Corruption.Effective
}

func ofCost(of func(*results.Cost) float64) figure {
	return func(r *results.Record) float64 {
		if r.Cost == nil {
			return math.NaN()
		}
		return of(r.Cost)
	}
}

// stepMilliseconds is the time of a step of trials whose cost is shown.
func stepMilliseconds(r *results.Record) float64 {
	if r.Cost == nil || r.Provenance.StepSeconds <= 0 {
		return math.NaN()
	}
	return 1e3 * r.Provenance.StepSeconds
}

// numeric reports whether every value of an axis is a number.
func (v *view) numeric(axis string) bool {
	i := axisIndex(v.Layout, axis)
	return !slices.ContainsFunc(v.cases, func(c *caseOf) bool {
		_, err := strconv.ParseFloat(c.values[i], 64)
		return err != nil
	})
}

func (v *view) sweepCSV() [][]string {
	var extra []sweepFigure // that some case has
	for _, f := range sweepFigures {
		if slices.ContainsFunc(v.cases, func(c *caseOf) bool { return len(c.over(f.of)) > 0 }) {
			extra = append(extra, f)
		}
	}
	head := slices.Concat(v.axes(), trialHead)
	for _, f := range extra {
		head = append(head, f.head+" mean", f.head+" sd", f.head+" ci95 half")
	}
	rows := [][]string{head}
	for _, c := range v.cases {
		values := slices.Clone(c.values)
		for i := range values {
			if values[i] == words.Absent {
				values[i] = ""
			}
		}
		row := slices.Concat(values, v.trialCells(c))
		for _, f := range extra {
			row = append(row, words.RawMean(c.over(f.of))...)
		}
		rows = append(rows, row)
	}
	return rows
}
