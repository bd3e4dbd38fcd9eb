package results

import (
	"cenet/results/stats"
	"cenet/results/words"
	"slices"
	"strconv"
)

// sweepTable is one row per case: the settings that vary, then what came out.
func (v *view) sweepTable() ([]column, [][]string) {
	var columns []column
	for _, a := range v.axes() {
		columns = append(columns, column{v.axisLabel(a), !v.numeric(a)})
	}
	n := len(columns)
	columns = append(columns, column{"Top-1 (%)", false}, column{"Top-5 (%)" + v.saturationMark(), false}, column{"Test loss", false},
		column{"Seconds a trial", false}, column{"Seeds", false})
	measured := len(columns)
	figures := slices.DeleteFunc(slices.Clone(sweepFigures), func(f sweepFigure) bool { return f.ofPaper && len(v.Paper) == 0 })
	for _, f := range figures {
		columns = append(columns, column{f.head, false})
	}
	var rows [][]string
	for _, c := range v.cases {
		row := make([]string, n)
		for i, a := range v.axes() {
			row[i] = v.valueLabel(a, c.values[i])
		}
		if v.marked[c] {
			row[axisIndex(v.Layout, BlockKey)] += " †"
		}
		time := words.Absent
		if t, err := stats.Mean(c.over(seconds)); err == nil {
			time = strconv.FormatFloat(t.Mean, 'f', 1, 64)
		}
		row = append(row,
			words.Mean(c.over(top1Percent), 2), words.Mean(c.over(top5Percent), 2), words.Mean(c.over(testLoss), 4), time, c.seedsText())
		for _, f := range figures {
			row = append(row, f.text(c))
		}
		rows = append(rows, row)
	}
	var keep []string
	for _, c := range columns[:measured] {
		keep = append(keep, c.head)
	}
	return prune(columns, rows, keep...)
}

// sweepFigure is a column of a sweep's table that stands there where a trial has it.
type sweepFigure struct {
	head     string
	of       func(*Record) (float64, bool)
	decimals int
	alone    bool // the mean without its interval
	ofPaper  bool // shown where the experiment has figures of the paper
}

// sweepFigures are what some trials have beside their accuracies.
var sweepFigures = []sweepFigure{
	{"Best Top-1 (%)", whereFitted(bestTop1Percent), 2, false, false},
	{"Best epoch", whereFitted(bestEpoch), 1, true, false},
	{"Training labels (%)", fitPercent, 2, false, false},
	{"Gap (pp)", gapPercent, 2, false, false},
	{"Wrong labels (%)", wrongPercent, 2, true, false},
	{"MFLOPs", func(r *Record) (float64, bool) { return ofCost(r, func(c *Cost) float64 { return c.MACs / 1e6 }) }, 2, true, false},
	{"Params (k)", func(r *Record) (float64, bool) {
		return ofCost(r, func(c *Cost) float64 { return float64(c.Params) / 1e3 })
	}, 1, true, false},
	{"Step (ms)", stepMilliseconds, 1, true, false},
	{"paper's network: GFLOPs", func(r *Record) (float64, bool) { return ofCost(r, func(c *Cost) float64 { return c.PaperMACs / 1e9 }) }, 3, true, true},
	{"Params (M)", func(r *Record) (float64, bool) {
		return ofCost(r, func(c *Cost) float64 { return float64(c.PaperParams) / 1e6 })
	}, 2, true, true},
}

// text is the mean over the trials that have the figure, "–" where none has.
func (f *sweepFigure) text(c *caseOf) string {
	values := c.having(f.of)
	if !f.alone {
		return words.Mean(values, f.decimals)
	}
	i, err := stats.Mean(values)
	if err != nil {
		return words.Absent
	}
	return strconv.FormatFloat(i.Mean, 'f', f.decimals, 64)
}

// having returns a figure of every trial that has it, in the order of seeds.
func (c *caseOf) having(figure func(*Record) (float64, bool)) []float64 {
	var values []float64
	for _, s := range c.seeds() {
		if v, ok := figure(c.trials[s]); ok {
			values = append(values, v)
		}
	}
	return values
}

// singles are the figures of having, by seed.
func (c *caseOf) singles(figure func(*Record) (float64, bool)) []Single {
	var list []Single
	for _, s := range c.seeds() {
		if v, ok := figure(c.trials[s]); ok {
			list = append(list, Single{s, v})
		}
	}
	return list
}

// whereFitted is a figure of trials that were scored on their training labels.
func whereFitted(figure func(*Record) float64) func(*Record) (float64, bool) {
	return func(r *Record) (float64, bool) {
		if _, ok := fitPercent(r); !ok {
			return 0, false
		}
		return figure(r), true
	}
}

// best is the epoch of the highest Top-1 on the test images, the first of several.
func best(r *Record) Epoch {
	best := r.Result.Epochs[0]
	for _, e := range r.Result.Epochs {
		if e.TestTop1 > best.TestTop1 {
			best = e
		}
	}
	return best
}

func bestTop1Percent(r *Record) float64 { return 100 * best(r).TestTop1 }
func bestEpoch(r *Record) float64       { return float64(best(r).Epoch) }

// fitPercent is the accuracy on the training images and their labels as they were trained on, after the last epoch.
func fitPercent(r *Record) (float64, bool) {
	if n := len(r.Result.Epochs); n > 0 && r.Result.Epochs[n-1].FitTop1 != nil {
		return 100 * *r.Result.Epochs[n-1].FitTop1, true
	}
	return 0, false
}

func gapPercent(r *Record) (float64, bool) {
	fit, ok := fitPercent(r)
	return fit - top1Percent(r), ok
}

func wrongPercent(r *Record) (float64, bool) {
	if r.Images == nil || r.Images.Corruption == nil {
		return 0, false
	}
	return 100 * r.Images.Corruption.Effective, true
}

func ofCost(r *Record, figure func(*Cost) float64) (float64, bool) {
	if r.Cost == nil {
		return 0, false
	}
	return figure(r.Cost), true
}

// stepMilliseconds is the time of a step of trials whose cost is shown.
func stepMilliseconds(r *Record) (float64, bool) {
	return 1e3 * r.Provenance.StepSeconds, r.Cost != nil && r.Provenance.StepSeconds > 0
}

// numeric reports whether every value of an axis is a number.
func (v *view) numeric(axis string) bool {
	i := axisIndex(v.Layout, axis)
	for _, c := range v.cases {
		if _, err := strconv.ParseFloat(c.values[i], 64); err != nil {
			return false
		}
	}
	return true
}

func (v *view) sweepCSV() [][]string {
	var extra []sweepFigure // that some case has
	for _, f := range sweepFigures {
		if slices.ContainsFunc(v.cases, func(c *caseOf) bool { return len(c.having(f.of)) > 0 }) {
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
			row = append(row, words.RawMean(c.having(f.of))...)
		}
		rows = append(rows, row)
	}
	return rows
}
