package layout

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

const (
	testsNote = "Difference: mean over the seeds that both have, in percentage points (pp) of Top-1, ± half its paired 95 % confidence " +
		"interval (Student's t). Reproduced: the interval lies above 0. Contradicted: it lies below 0. Smaller than the paper's: it contains " +
		"0 and ends below half the paper's difference. Undecided: everything else. Larger than the paper's: the interval " +
		"lies above the paper's difference. p: test of no difference, with Holm's correction over the comparisons of this table, without " +
		"controls."
	controlNote = "Control: a block that is known to help must help here too. The control fails if its interval does not lie above 0, or " +
		"lies above twice the paper's difference. A comparison with a block whose control failed is not counted."
	withinNote = "“Within” claims that the two are equally accurate, up to the bound. It holds if the whole interval lies within ± the " +
		"bound, so that two one-sided t tests (TOST) at 2.5 % reject a larger difference in both directions. It is contradicted if the " +
		"whole interval lies beyond the bound, and else undecided, wherever the mean is. p: of the two tests, doubled, or of the difference " +
		"beyond the bound. References: Schuirmann (1987), Lakens (2017)."
)

// Claims are those of the comparisons of an experiment, and in the layout of the paper's tables those of what the block costs. The layout
// can make the comparisons along an axis cases of one claim.
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
	if charts := append(v.alongAxes(), v.overview()...); len(charts) > 0 {
		plot = charts[0].Name
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
	c.Statement, c.Compared = fmt.Sprintf("%s gains more on %s", change.block, change.against), nil
	if c.Role == stats.Control { // the change is no control of anything
		return []stats.Claim{whole}
	}
	return []stats.Claim{whole, c}
}

// printed is half the last digit of the paper's GFLOPs.
const printed = 0.005

// slower is how far our ratio to the baseline's time may exceed the paper's.
const slower = 0.05

// costClaims are the paper's claims on what its block costs: GFLOPs, and time as a multiple of the baseline's. Without a measurement there
// is no claim.
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
		for _, on := range processors {
			ours, paper := v.ratio(c, on), v.paperRatio(cell, on)
			if ours == nil || paper == nil {
				continue
			}
			r := claim
			r.Statement, r.Measure, r.Unit, r.Ours, r.Paper = block+" adds little to the time of an inference", on.name, stats.Times, ours,
				&paper.Mean
			switch {
			case ours.Min == ours.Max:
				r.Reason = "the interval of the time was not recorded"
			case ours.Max <= paper.Mean+slower:
				r.Decision = stats.Reproduced
			case ours.Min > paper.Mean+slower:
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

// testsTable shows some tests as claims.
func testsTable(claims []stats.Claim) *page.Table {
	t := &page.Table{Columns: append(page.Columns([]string{"Case", "Claim"}, "Difference (pp)", "Paper (pp)", "Seeds", "p (Holm)"),
		page.Column{Head: "Verdict", Text: true})}
	for i := range claims {
		c := &claims[i]
		seeds := 0
		if c.Ours != nil {
			seeds = c.Ours.N
		}
		t.Rows = append(t.Rows, []string{
			cmp.Or(c.Subject, words.Absent), c.Statement, words.Difference(c), words.PaperDifference(c), strconv.Itoa(seeds), words.P(c),
			words.Verdict(c),
		})
	}
	return t.Prune()
}

// compared are the tests of the experiment as claims, with Holm's correction over all but the controls.
func (v *view) compared() []stats.Claim {
	list := make([]stats.Claim, len(v.tests))
	var corrected []*stats.Claim
	for i, t := range v.tests {
		list[i] = v.claimOf(t)
		if list[i].Role != stats.Control {
			corrected = append(corrected, &list[i])
		}
	}
	stats.CorrectHolm(corrected)
	return list
}
