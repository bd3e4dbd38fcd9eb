package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

const residualsNote = "Residual: ours − paper. One rule counts every network; none is fitted to a cell. The paper prints two decimals, " +
	"so a residual within ±0.005 may be rounding."

// A processor is what inferences are timed on.
type processor struct {
	name     string
	ours     func(*results.Network) (seconds, low, high float64) // the median and its 95 % interval; 0: not measured, or not recorded
	paper    func(PaperCell) *float64
	decimals int // of the paper's figure
	device   func(*results.Network) string
}

var processors = []processor{
	{"CPU", func(n *results.Network) (s, low, high float64) { return n.CPUSeconds, n.CPULow, n.CPUHigh },
		func(p PaperCell) *float64 { return p.CPU }, 2, func(*results.Network) string { return "" }},
	{"GPU", func(n *results.Network) (s, low, high float64) { return n.GPUSeconds, n.GPULow, n.GPUHigh },
		func(p PaperCell) *float64 { return p.GPU }, 3, func(n *results.Network) string { return n.GPU }},
}

// ratio is the time of a case's network over that of its model's baseline, of the same batch. Its bounds follow from the intervals of the
// two times; without these, both are the ratio. It is nil if either time was not measured.
func (v *view) ratio(c *caseOf, on processor) *stats.Interval {
	if c.network == nil {
		return nil
	}
	own, low, high := on.ours(c.network)
	for _, b := range v.cases {
		n := b.network
		if own == 0 || n == nil || b.values[0] != c.values[0] || b.values[1] != blockBaseline || n.Batch != c.network.Batch ||
			on.device(n) != on.device(c.network) {
			continue
		}
		base, baseLow, baseHigh := on.ours(n)
		if base == 0 {
			continue
		}
		r := stats.Between(own/base, own/base, own/base)
		if low > 0 && baseLow > 0 && b != c {
			r.Min, r.Max = low/baseHigh, high/baseLow
		}
		return r
	}
	return nil
}

// paperRatio is the paper's time of a network over that of its baseline, nil if it lacks either.
func (v *view) paperRatio(cell PaperCell, on processor) *stats.Interval {
	own, base := on.paper(cell), on.paper(v.paperCell(cell.Model, blockBaseline))
	if own == nil || base == nil || *base == 0 {
		return nil
	}
	return stats.Between(*own / *base, *own / *base, *own / *base)
}

// ratioText follows a time in a table, "" without a ratio.
func ratioText(ratio *stats.Interval) string {
	if ratio == nil {
		return ""
	}
	return fmt.Sprintf(" (×%.2f)", ratio.Mean)
}

// residualsTable is the difference of every network's GFLOPs from the paper's.
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

// comparable says which of our figures can be compared with the paper's, and how.
func (v *view) comparable() []string {
	var lines []string
	add := func(format string, args ...any) { // a line once
		if line := fmt.Sprintf(format, args...); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	paperGPU, oursGPU := false, false
	for _, c := range v.cases {
		paperGPU = paperGPU || v.paperCell(c.values[0], c.values[1]).GPU != nil
		n := c.network
		if n == nil {
			continue
		}
		if n.Input != "" {
			add("Same measurement: GFLOPs (10⁹ multiply-accumulates for one image) and parameters are of the paper's own networks at %s, "+
				"whatever images the accuracies are from.", n.Input)
		}
		const compare = "Compare the ratio to the baseline, in brackets."
		if n.CPUSeconds > 0 {
			add("Another machine: CPU (s) is the median of %d inferences of the paper's own networks, %s. "+compare,
				n.CPURuns, strings.Join(slices.DeleteFunc([]string{fmt.Sprintf("batch size %d", n.Batch), n.Precision},
					func(s string) bool { return s == "" }), ", "))
		}
		if n.GPUSeconds > 0 {
			oursGPU = true
			add("Another GPU: GPU (s) is the median of %d inferences on %s, batch size %d, %s, with the transfer of images and outputs. "+compare,
				n.CPURuns, n.GPU, n.Batch, cmp.Or(n.Precision, "float32"))
		}
	}
	if paperGPU && !oursGPU {
		add("GPU (s) was not measured; `--device gpu` measures it.")
	}
	if len(v.Paper) > 0 {
		add("The paper's Top-1 and Top-5 are on ImageNet with its full recipe. If data or recipe differ here, compare the differences between " +
			"blocks, not the levels.")
	}
	return lines
}
