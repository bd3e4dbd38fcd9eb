package layout

import (
	"slices"
	"strconv"

	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// blocksTable is one row per model and block, our figures next to the paper's. A table with the blocks side by side, as the paper
// prints it, would be more than forty columns wide with intervals.
func (v *view) blocksTable() *page.Table {
	top5 := "Top-5 (%)" + v.saturationMark()
	t := &page.Table{Columns: page.Columns([]string{"Network", "Block"}, "Top-1 (%)", "paper Top-1", top5, "paper Top-5", "Seeds",
		"GFLOPs", "paper GFLOPs", "Params (M)", "CPU (s)", "paper CPU (s)", "GPU (s)", "paper GPU (s)")}
	t.Columns[1].Keep, t.Columns[2].Keep = true, true
	for i := shortColumns; i < len(t.Columns); i++ {
		t.Columns[i].Wide = true
	}
	for _, c := range v.cases {
		n, cell := c.network, v.paperCell(c.values[0], c.values[1])
		gflops, params := words.Absent, words.Absent
		if n != nil {
			gflops = strconv.FormatFloat(n.MACs/1e9, 'f', 3, 64)
			params = strconv.FormatFloat(float64(n.Params)/1e6, 'f', 2, 64)
		}
		row := []string{
			v.valueLabel(results.ModelKey, c.values[0]), v.valueLabel(results.BlockKey, c.values[1]) + v.mark(c),
			words.Mean(c.over(top1Percent), 2), words.Optional(cell.Top1, 1),
			words.Mean(c.over(top5Percent), 2), words.Optional(cell.Top5, 1), c.seedsText(),
			gflops, words.Optional(cell.GFLOPs, 2), params,
		}
		for _, on := range processors {
			ours := words.Absent
			if n != nil {
				seconds, _, _ := on.ours(n)
				ours = words.Inference(seconds) + ratioText(v.ratio(c, on))
			}
			row = append(row, ours, words.Optional(on.paper(cell), on.decimals)+ratioText(v.paperRatio(cell, on)))
		}
		t.Rows = append(t.Rows, row)
	}
	// Our column is next to every figure of the paper, “–” if we have none; other empty columns are left out.
	keep := []string{"Top-1 (%)", top5}
	for _, p := range v.Paper {
		for head, figure := range map[string]*float64{"GFLOPs": p.GFLOPs, "CPU (s)": p.CPU, "GPU (s)": p.GPU} {
			if figure != nil {
				keep = append(keep, head)
			}
		}
	}
	return t.Prune(keep...)
}

// shortColumns is the number of columns of a table of blocks that a terminal shows.
const shortColumns = 7

// trialHead and trialCells are the columns of the CSV that both layouts share, at full precision; accuracies in [0, 1],
// times in seconds.
var trialHead = []string{
	"seeds", "failed", "missing",
	"top1_mean", "top1_sd", "top1_ci95_half",
	"top5_mean", "top5_sd", "top5_ci95_half",
	"test_loss_mean", "test_loss_sd", "test_loss_ci95_half",
	"seconds_mean", "under_trained", "quick",
}

func (v *view) trialCells(c *caseOf) []string {
	cells := []string{strconv.Itoa(len(c.trials)), strconv.Itoa(len(c.failed)), strconv.Itoa(len(c.missing))}
	cells = append(cells, words.RawMean(c.over(top1))...)
	cells = append(cells, words.RawMean(c.over(top5))...)
	cells = append(cells, words.RawMean(c.over(testLoss))...)
	return append(cells, words.RawMean(c.over(seconds))[0], strconv.FormatBool(v.marked[c]), strconv.FormatBool(v.Quick))
}

func (v *view) blocksCSV() [][]string {
	head := slices.Concat([]string{"model", "block"}, trialHead, []string{
		"params", "macs", "cpu_seconds", "cpu_batch", "cpu_runs", "cpu_ratio_to_baseline", "gpu_seconds", "gpu_ratio_to_baseline",
		"paper_top1_percent", "paper_top5_percent", "paper_gflops", "paper_cpu_seconds", "paper_gpu_seconds",
	})
	rows := [][]string{head}
	for _, c := range v.cases {
		cost := make([]string, 8)
		if n := c.network; n != nil {
			cost[0], cost[1] = strconv.Itoa(n.Params), words.Raw(n.MACs)
			if n.CPUSeconds > 0 {
				cost[2], cost[3], cost[4] = words.Raw(n.CPUSeconds), strconv.Itoa(n.Batch), strconv.Itoa(n.CPURuns)
			}
			if n.GPUSeconds > 0 {
				cost[6] = words.Raw(n.GPUSeconds)
			}
			for i, on := range processors {
				if ratio := v.ratio(c, on); ratio != nil {
					cost[5+2*i] = words.Raw(ratio.Mean)
				}
			}
		}
		p := v.paperCell(c.values[0], c.values[1])
		rows = append(rows, slices.Concat(c.values, v.trialCells(c), cost, []string{
			words.RawOptional(p.Top1), words.RawOptional(p.Top5), words.RawOptional(p.GFLOPs), words.RawOptional(p.CPU), words.RawOptional(p.GPU),
		}))
	}
	return rows
}

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
		if i := v.axisIndex(results.BlockKey); i >= 0 {
			row[i] += v.mark(c)
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
