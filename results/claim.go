package results

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// A Claim is a statement of the paper, or one of ours, with what an experiment found of it: data, which words.go puts into words.
type Claim struct {
	Subject   string      `json:"subject,omitempty"` // the network or the case that it is on; "": all
	Statement string      `json:"statement"`         // "CE > SE"
	Measure   string      `json:"measure,omitempty"` // what the figures are of, where the statement does not say it; "": Top-1
	Compared  *Comparison `json:"compared,omitempty"`

	Unit  Unit      `json:"unit,omitempty"`
	Ours  *Interval `json:"figure,omitempty"` // in Unit; nil: not measured, or no figure
	Found string    `json:"ours,omitempty"`   // what was found, where that is no figure
	Paper *float64  `json:"paper,omitempty"`  // in Unit; nil: the paper has no figure

	Decision Decision `json:"decision"`
	Reason   string   `json:"reason,omitempty"` // why it came out so, in a few words
	Needed   int      `json:"needed,omitempty"` // seeds that would decide it; 0: it is decided, or not known
	Larger   bool     `json:"larger,omitempty"` // than the paper's difference
	P        *float64 `json:"p,omitempty"`      // of the test over seeds that the decision rests on; nil: there is none
	Holm     *float64 `json:"-"`                // P after Holm's correction over the claims that it is shown with; nil: not corrected

	Standing      Standing `json:"standing,omitempty"`
	ControlFailed bool     `json:"control_failed,omitempty"` // the network that it is compared with does not gain what it should
	UnderTrained  bool     `json:"under_trained,omitempty"`  // the baseline is below what its experiment expects
	Awaited       bool     `json:"awaited,omitempty"`        // seeds are still to come: it is not judged before
	Superseded    bool     `json:"-"`                        // the same claim is measured at a larger scale

	Notes []string `json:"notes,omitempty"` // that belong to the figure
	Plot  string   `json:"plot,omitempty"`  // name of a chart of the same page, without ending; "": there is none
	Cases []Claim  `json:"cases,omitempty"` // what a claim on a family of cases is the mean of: shown beneath it, and not counted
}

// Standing says whose claim it is. Only those of the paper that could have come out either way are counted.
type Standing string

// Standings of a claim.
const (
	OfPaper        Standing = ""
	Control        Standing = "control"      // shows that the experiment can find a difference that everybody finds
	Own            Standing = "own"          // the paper does not say it
	ByConstruction Standing = "construction" // it could not have come out otherwise
	OfTheory       Standing = "theory"       // a statement, not an experience with networks
)

// Counts reports whether the claim is counted with the paper's.
func (c *Claim) Counts() bool { return c.Standing == OfPaper && !c.Superseded && !c.ControlFailed }

// Measured reports whether there is something of ours to judge.
func (c *Claim) Measured() bool { return (c.Ours != nil || c.Found != "") && !c.Awaited }

// Take sets what a verdict says.
func (c *Claim) Take(v Verdict) {
	c.Decision, c.Reason, c.Needed, c.Larger = v.Decision, v.Doubt, v.Needed, v.Larger
	if v.Difference.Bounded() {
		c.P = &v.P
	}
}

// Claims are what the comparisons of an experiment say, and of a layout of the paper's table what the block costs. Where the layout says so, comparisons
// along an axis are cases of one claim.
func Claims(l Layout, records []Record) ([]Claim, error) {
	v, err := newView(l, records)
	if err != nil {
		return nil, err
	}
	return v.claims(), nil
}

// claims is Claims of a view.
func (v *view) claims() []Claim {
	plot := ""
	if f, ok := v.overview(); ok {
		plot = f.name
	}
	if along := v.alongAxes(); len(along) > 0 {
		plot = along[0].name
	}
	var list []Claim
	for _, f := range v.families() {
		claims := []Claim{v.claimOf(f.tests[0])}
		if f.over {
			claims = v.claimsOver(f)
		}
		for i := range claims {
			claims[i].Plot = plot
		}
		list = append(list, claims...)
	}
	if v.Kind == LayoutBlocks {
		list = append(list, v.costClaims()...)
	}
	return list
}

// claimOf is the claim of a test.
func (v *view) claimOf(t *test) Claim {
	compared := t.Comparison
	c := Claim{
		Subject: t.where, Statement: t.block + " > " + t.against, Compared: &compared, Unit: Points, Paper: t.paper,
		Standing: t.Standing, UnderTrained: v.marked[t.of], ControlFailed: t.control != nil && t.control.failedAsControl(),
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
			c.Take(t.verdict.doubted("the baseline is under-trained"))
		}
	}
	return c
}

// claimsOver are the two claims on the cases of a family: on their mean, and on how it differs from the first case, which is not among those of the mean.
func (v *view) claimsOver(f family) []Claim {
	mean, change := v.meanTests(f)
	whole := v.claimOf(mean)
	for _, t := range f.tests {
		whole.Cases = append(whole.Cases, v.claimOf(t))
	}
	if change == nil {
		return []Claim{whole}
	}
	c := v.claimOf(change)
	c.Statement = fmt.Sprintf("%s gains more on %s", change.block, change.against)
	if c.Standing == Control { // the change is no control of anything
		return []Claim{whole}
	}
	return []Claim{whole, c}
}

// printed is half of the last digit that the paper prints of GFLOPs.
const printed = 0.005

// slower is how much more of the baseline's time than the paper's an inference may take.
const slower = 0.05

// costClaims are the paper's on what its block costs: the GFLOPs that it prints, and a multiple of the baseline's time. What was not measured has none.
func (v *view) costClaims() []Claim {
	var list []Claim
	for _, c := range v.cases {
		if !v.claimed(c.values[1]) || c.network == nil {
			continue
		}
		claim := Claim{Subject: v.valueLabel(ModelKey, c.values[0])}
		block, cell := v.valueLabel(BlockKey, c.values[1]), v.paperCell(c.values[0], c.values[1])
		if paper := cell.GFLOPs; paper != nil && *paper > 0 && c.network.MACs > 0 {
			g := claim
			ours := c.network.MACs / 1e9
			g.Statement, g.Unit, g.Ours, g.Paper = block+" costs the GFLOPs that the paper prints", GFLOPs, figureOf(ours, ours, ours), paper
			g.Notes = []string{signed(100*(ours / *paper - 1), 1) + " %"}
			if g.Decision = Contradicted; math.Abs(ours-*paper) <= printed {
				g.Decision = Reproduced
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
			r.Statement, r.Measure, r.Unit, r.Ours, r.Paper = block+" adds marginally to the time of an inference", t.name, Times, ours, &paper
			switch {
			case ours.Min == ours.Max:
				r.Reason = "the interval of the time was not recorded"
			case ours.Max <= paper+slower:
				r.Decision = Reproduced
			case ours.Min > paper+slower:
				r.Decision = Contradicted
			}
			list = append(list, r)
		}
	}
	return list
}

// claimed reports whether the paper makes a claim on a block.
func (v *view) claimed(block string) bool {
	return slices.ContainsFunc(v.Compare, func(c Comparison) bool { return c.Key == BlockKey && c.Value == block && c.Standing == OfPaper })
}

// figureOf is a figure that is not over seeds, between two bounds.
func figureOf(x, low, high float64) *Interval { return &Interval{Mean: x, Min: low, Max: high} }

// intervalJSON is an Interval without what JSON cannot say.
type intervalJSON struct {
	N    int      `json:"n,omitempty"`
	Mean float64  `json:"mean"`
	SD   *float64 `json:"sd,omitempty"` // of two values or more
	Min  float64  `json:"min"`
	Max  float64  `json:"max"`
}

// MarshalJSON writes an interval; its width follows from the standard deviation.
func (i Interval) MarshalJSON() ([]byte, error) {
	j := intervalJSON{N: i.N, Mean: i.Mean, Min: i.Min, Max: i.Max}
	if i.N >= 2 {
		j.SD = &i.SD
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (i *Interval) UnmarshalJSON(b []byte) error {
	var j intervalJSON
	if err := unmarshalStrict(b, &j); err != nil {
		return err
	}
	*i = Interval{N: j.N, Mean: j.Mean, Min: j.Min, Max: j.Max}
	switch {
	case j.N >= 2 && j.SD != nil && *j.SD >= 0:
		i.SD, i.Half = *j.SD, halfWidth(*j.SD, j.N)
	case j.N >= 2 || j.SD != nil:
		return fmt.Errorf("an interval of %d values: a standard deviation is expected of two or more", j.N)
	case j.N == 1:
		i.SD, i.Half = math.NaN(), math.Inf(1)
	}
	return nil
}
