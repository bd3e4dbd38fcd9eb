package suite

import (
	"slices"
	"strings"

	"cenet/experiments/report"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
)

// forest is a chart of the comparisons of accuracies that count, and of those whose control failed. It has a row for each network with its
// images, and a panel for each comparison that the paper makes or that is a control. It is nil if nothing was measured.
func forest(topics []page.Topic) *chart.Chart {
	type cell struct {
		row   string
		claim stats.Claim
	}
	var rows []string
	var compared []stats.Comparison
	cells := map[stats.Comparison][]cell{}
	for _, t := range topics {
		for _, c := range t.Claims {
			if t.Demonstration || c.Compared == nil || !c.Measured() || c.Superseded || c.Role != stats.FromPaper && c.Role != stats.Control {
				continue
			}
			row := strings.Trim(c.Subject+", "+t.Setting, ", ")
			if !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
			k := *c.Compared
			if !slices.Contains(compared, k) {
				compared = append(compared, k)
			}
			cells[k] = append(cells[k], cell{row, c})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	forest := &chart.Chart{Name: "claims", Title: "Differences in Top-1 between channel blocks, mean over seeds, paired by seed"}
	for _, k := range compared {
		p := chart.Panel{Title: report.Label(k.Value) + " − " + report.Label(k.Against), X: "Top-1 (pp)"}
		for _, row := range rows {
			r := chart.Row{Label: row}
			if i := slices.IndexFunc(cells[k], func(c cell) bool { return c.row == row }); i >= 0 {
				c := &cells[k][i].claim
				r.Ours, r.Paper, r.Uncounted = c.Ours, c.Paper, c.ControlFailed
			}
			p.Rows = append(p.Rows, r)
		}
		forest.Panels = append(forest.Panels, p)
	}
	return forest
}
