package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// A timing is of inferences on one kind of processor.
type timing struct {
	name   string
	ours   func(*results.Network) (seconds, low, high float64) // the median and its 95 % interval; 0: not measured, or not recorded
	paper  func(PaperCell) *float64
	device func(*results.Network) string
}

var (
	onCPU = timing{"CPU", func(n *results.Network) (s, low, high float64) { return n.CPUSeconds, n.CPULow, n.CPUHigh },
		func(p PaperCell) *float64 { return p.CPU }, func(*results.Network) string { return "" }}
	onGPU = timing{"GPU", func(n *results.Network) (s, low, high float64) { return n.GPUSeconds, n.GPULow, n.GPUHigh },
		func(p PaperCell) *float64 { return p.GPU }, func(n *results.Network) string { return n.GPU }}
)

// ratio is the time of a case's network over that of its model's baseline, of the same batch, between the bounds that follow from those of
// the two; without these, both bounds are the ratio. False where either is not measured.
func (v *view) ratio(c *caseOf, t timing) (*stats.Interval, bool) {
	if c.network == nil {
		return nil, false
	}
	own, low, high := t.ours(c.network)
	for _, b := range v.cases {
		n := b.network
		if own == 0 || n == nil || b.values[0] != c.values[0] || b.values[1] != blockBaseline || n.Batch != c.network.Batch ||
			t.device(n) != t.device(c.network) {
			continue
		}
		base, baseLow, baseHigh := t.ours(n)
		if base == 0 {
			continue
		}
		r := stats.Between(own/base, own/base, own/base)
		if low > 0 && baseLow > 0 && b != c {
			r.Min, r.Max = low/baseHigh, high/baseLow
		}
		return r, true
	}
	return nil, false
}

func (v *view) paperRatio(cell PaperCell, seconds func(PaperCell) *float64) (float64, bool) {
	own, base := seconds(cell), seconds(v.paperCell(cell.Model, blockBaseline))
	if own == nil || base == nil || *base == 0 {
		return 0, false
	}
	return *own / *base, true
}

func ratioText(x float64, ok bool) string {
	if !ok {
		return ""
	}
	return fmt.Sprintf(" (×%.2f)", x)
}

// ratioText is the ratio of a case, "" without one.
func (v *view) ratioText(c *caseOf, t timing) string {
	r, ok := v.ratio(c, t)
	if !ok {
		return ""
	}
	return ratioText(r.Mean, true)
}

// blocksTable is one row per model and block, our figures next to the paper's. A table with the blocks side by side, as the paper
// prints it, would be more than forty columns wide with intervals.
func (v *view) blocksTable() *page.Table {
	top5Head := "Top-5 (%)" + v.saturationMark()
	t := &page.Table{Columns: page.Columns([]string{"Network", "Block"}, "Top-1 (%)", "paper Top-1", top5Head, "paper Top-5", "Seeds",
		"GFLOPs", "paper GFLOPs", "Params (M)", "CPU (s)", "paper CPU (s)", "GPU (s)", "paper GPU (s)")}
	for _, c := range v.cases {
		cell := v.paperCell(c.values[0], c.values[1])
		gflops, params, cpu, gpu := words.Absent, words.Absent, words.Absent, words.Absent
		if n := c.network; n != nil {
			gflops = strconv.FormatFloat(n.MACs/1e9, 'f', 3, 64)
			params = strconv.FormatFloat(float64(n.Params)/1e6, 'f', 2, 64)
			cpu = words.Inference(n.CPUSeconds) + v.ratioText(c, onCPU)
			gpu = words.Inference(n.GPUSeconds) + v.ratioText(c, onGPU)
		}
		t.Rows = append(t.Rows, append(v.accuracyCells(c), gflops, words.Optional(cell.GFLOPs, 2), params,
			cpu, words.Optional(cell.CPU, 2)+ratioText(v.paperRatio(cell, onCPU.paper)),
			gpu, words.Optional(cell.GPU, 3)+ratioText(v.paperRatio(cell, onGPU.paper))))
	}
	// Our column is next to every figure of the paper, "–" if we have none; other empty columns are left out.
	keep := []string{"Top-1 (%)", top5Head}
	for _, p := range v.Paper {
		for head, figure := range map[string]*float64{"GFLOPs": p.GFLOPs, "CPU (s)": p.CPU, "GPU (s)": p.GPU} {
			if figure != nil {
				keep = append(keep, head)
			}
		}
	}
	return t.Prune(keep...)
}

// accuracyCells are the cells that the table and the short one begin with.
func (v *view) accuracyCells(c *caseOf) []string {
	cell := v.paperCell(c.values[0], c.values[1])
	mark := ""
	if v.marked[c] {
		mark = " †"
	}
	return []string{
		v.valueLabel(results.ModelKey, c.values[0]), v.valueLabel(results.BlockKey, c.values[1]) + mark,
		words.Mean(c.over(top1Percent), 2), words.Optional(cell.Top1, 1),
		words.Mean(c.over(top5Percent), 2), words.Optional(cell.Top5, 1), c.seedsText(),
	}
}

// blocksShort is the table for a terminal.
func (v *view) blocksShort() *page.Table {
	t := &page.Table{Columns: page.Columns([]string{"network", "block"}, "top-1 %", "paper top-1", "top-5 %"+v.saturationMark(), "paper top-5",
		"seeds")}
	t.Columns[1].Keep, t.Columns[2].Keep = true, true
	for _, c := range v.cases {
		t.Rows = append(t.Rows, v.accuracyCells(c))
	}
	return t
}

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
			if ratio, ok := v.ratio(c, onCPU); ok {
				cost[5] = words.Raw(ratio.Mean)
			}
			if n.GPUSeconds > 0 {
				cost[6] = words.Raw(n.GPUSeconds)
			}
			if ratio, ok := v.ratio(c, onGPU); ok {
				cost[7] = words.Raw(ratio.Mean)
			}
		}
		p := v.paperCell(c.values[0], c.values[1])
		rows = append(rows, slices.Concat(c.values, v.trialCells(c), cost, []string{
			words.RawOptional(p.Top1), words.RawOptional(p.Top5), words.RawOptional(p.GFLOPs), words.RawOptional(p.CPU), words.RawOptional(p.GPU),
		}))
	}
	return rows
}

// residualsTable is the difference of every cell's GFLOPs from the paper's.
func (v *view) residualsTable() *page.Table {
	t := &page.Table{Columns: page.Columns([]string{"Network", "Block"}, "GFLOPs", "paper", "Residual", "Residual (%)")}
	for _, c := range v.cases {
		if v.Kind != Blocks || c.network == nil {
			continue
		}
		paper := v.paperCell(c.values[0], c.values[1]).GFLOPs
		if paper == nil || *paper == 0 {
			continue
		}
		ours := c.network.MACs / 1e9
		t.Rows = append(t.Rows, []string{
			v.valueLabel(results.ModelKey, c.values[0]), v.valueLabel(results.BlockKey, c.values[1]),
			strconv.FormatFloat(ours, 'f', 4, 64), words.Optional(paper, 2),
			words.Signed(ours-*paper, 4), words.Signed(100*(ours-*paper) / *paper, 1),
		})
	}
	return t
}

// sameMeasurement says what the package can say by itself about how ours compares with the paper's.
func (v *view) sameMeasurement() []string {
	var lines []string
	var inputs, timings, gpus []string
	gpu := false
	for _, c := range v.cases {
		gpu = gpu || v.paperCell(c.values[0], c.values[1]).GPU != nil
		n := c.network
		if n == nil {
			continue
		}
		if n.Input != "" {
			inputs = append(inputs, n.Input)
		}
		if n.CPUSeconds > 0 {
			in := ""
			if n.Precision != "" {
				in = " in " + n.Precision
			}
			timings = append(timings, fmt.Sprintf("median of %d inferences of a batch of %d%s", n.CPURuns, n.Batch, in))
		}
		if n.GPUSeconds > 0 {
			gpus = append(gpus, fmt.Sprintf("median of %d inferences of a batch of %d on %s, the image brought to it and the output back, in %s",
				n.CPURuns, n.Batch, n.GPU, cmp.Or(n.Precision, "float32")))
		}
	}
	for _, list := range []*[]string{&inputs, &timings, &gpus} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	for _, in := range inputs {
		lines = append(lines, fmt.Sprintf("Same measurement: GFLOPs (multiply-accumulates, 10⁹, one image) and parameters are those of the "+
			"paper's own networks at %s, whatever the accuracies were trained on.", in))
	}
	for _, t := range timings {
		lines = append(lines, fmt.Sprintf("Same quantity on another machine: CPU (s) is the %s through the paper's own networks; compare the "+
			"ratio to the baseline, in brackets.", t))
	}
	for _, t := range gpus {
		lines = append(lines, fmt.Sprintf("Same quantity on another GPU: GPU (s) is the %s; compare the ratio to the baseline, in brackets.", t))
	}
	if gpu && gpus == nil {
		lines = append(lines, "Not measured on a GPU: GPU (s) is “–”; `--device gpu` measures it where there is one.")
	}
	if len(v.Paper) > 0 {
		lines = append(lines, "The paper's Top-1 and Top-5 are on ImageNet, after its full recipe. Where data or recipe named here are "+
			"others, compare the differences between blocks, not the levels.")
	}
	return lines
}
