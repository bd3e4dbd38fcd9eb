package layout

import (
	"fmt"
	"math"
	"slices"

	"cenet/results"
	"cenet/results/stats"
	"cenet/results/words"
)

// Claims are what the comparisons of an experiment say, and of a layout of the paper's table what the block costs. Where the layout says
// so, comparisons along an axis are cases of one claim.
func Claims(l Layout, records []results.Record) ([]stats.Claim, error) {
	v, err := newView(l, records)
	if err != nil {
		return nil, err
	}
	return v.claims(), nil
}

// claims is Claims of a view.
func (v *view) claims() []stats.Claim {
	plot := ""
	if c := v.overview(); c != nil {
		plot = c.Name
	}
	if along := v.alongAxes(); len(along) > 0 {
		plot = along[0].Name
	}
	var list []stats.Claim
	for _, f := range v.families() {
		claims := []stats.Claim{v.claimOf(f.tests[0])}
		if f.over {
			claims = v.claimsOver(f)
		}
		for i := range claims {
			claims[i].Plot = plot
		}
		list = append(list, claims...)
	}
	if v.Kind == Blocks {
		list = append(list, v.costClaims()...)
	}
	return list
}

// claimOf is the claim of a test.
func (v *view) claimOf(t *test) stats.Claim {
	compared := t.Comparison
	c := stats.Claim{
		Subject: t.where, Statement: t.statement(), Compared: &compared, Unit: stats.Points, Paper: t.paper,
		Role: t.Role, UnderTrained: v.marked[t.of], ControlFailed: t.control != nil && t.control.failedAsControl(),
	}
	switch {
	case t.failed != nil:
		c.Reason = "no seed in common"
	case t.awaited > 0:
		c.Ours, c.Awaited = &t.verdict.Difference, true
		c.Reason = fmt.Sprintf("%d of %d seeds are in", t.verdict.Difference.N, t.awaited)
	default:
		c.Ours = &t.verdict.Difference
		c.Take(t.verdict)
		if c.UnderTrained && c.Reason == "" {
			c.Take(t.verdict.WithDoubt("the baseline is under-trained"))
		}
	}
	return c
}

// claimsOver are the two claims on the cases of a family: on their mean, and on how it differs from the first case, which is not among
// those of the mean.
func (v *view) claimsOver(f family) []stats.Claim {
	mean, change := v.meanTests(f)
	whole := v.claimOf(mean)
	for _, t := range f.tests {
		whole.Cases = append(whole.Cases, v.claimOf(t))
	}
	if change == nil || change.Within > 0 {
		return []stats.Claim{whole}
	}
	c := v.claimOf(change)
	c.Statement = fmt.Sprintf("%s gains more on %s", change.block, change.against)
	if c.Role == stats.Control { // the change is no control of anything
		return []stats.Claim{whole}
	}
	return []stats.Claim{whole, c}
}

// printed is half of the last digit that the paper prints of GFLOPs.
const printed = 0.005

// slower is how much more of the baseline's time than the paper's an inference may take.
const slower = 0.05

// costClaims are the paper's on what its block costs: the GFLOPs that it prints, and a multiple of the baseline's time. What was not
// measured has none.
func (v *view) costClaims() []stats.Claim {
	var list []stats.Claim
	for _, c := range v.cases {
		if !v.claimed(c.values[1]) || c.network == nil {
			continue
		}
		claim := stats.Claim{Subject: v.valueLabel(results.ModelKey, c.values[0])}
		block, cell := v.valueLabel(results.BlockKey, c.values[1]), v.paperCell(c.values[0], c.values[1])
		if paper := cell.GFLOPs; paper != nil && *paper > 0 && c.network.MACs > 0 {
			g := claim
			ours := c.network.MACs / 1e9
			g.Statement, g.Unit, g.Ours, g.Paper = block+" costs the GFLOPs that the paper prints", stats.GFLOPs, stats.Between(ours, ours, ours),
				paper
			g.Notes = []string{words.Signed(100*(ours / *paper - 1), 1) + " %"}
			if g.Decision = stats.Contradicted; math.Abs(ours-*paper) <= printed {
				g.Decision = stats.Reproduced
			}
			list = append(list, g)
		}
		for _, t := range []timing{onCPU, onGPU} {
			ours, ok := v.ratio(c, t)
			paper, has := v.paperRatio(cell, t.paper)
			if !ok || !has {
				continue
			}
			r := claim
			r.Statement, r.Measure, r.Unit, r.Ours, r.Paper = block+" adds marginally to the time of an inference", t.name, stats.Times, ours, &paper
			switch {
			case ours.Min == ours.Max:
				r.Reason = "the interval of the time was not recorded"
			case ours.Max <= paper+slower:
				r.Decision = stats.Reproduced
			case ours.Min > paper+slower:
				r.Decision = stats.Contradicted
			}
			list = append(list, r)
		}
	}
	return list
}

// claimed reports whether the paper makes a claim on a block.
func (v *view) claimed(block string) bool {
	return slices.ContainsFunc(v.Compare, func(c stats.Comparison) bool {
		return c.Key == results.BlockKey && c.Value == block && c.Role == stats.FromPaper
	})
}
