package stats

import "slices"

// A Comparison is a setting and two of its values, compared where all else is equal: the claim is that the first is the more accurate, or
// with Within, that both are equally accurate.
type Comparison struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Against string `json:"against"`
	// Within is the difference, in percentage points, up to which two networks count as equally accurate; 0: this is not the claim.
	Within float64 `json:"within,omitempty"`
	Role   Role    `json:"standing,omitempty"` // whose claim it is
	Listed bool    `json:"listed,omitempty"`   // with the tests of the experiment alone: it is not a claim
}

// A Claim is a statement of the paper, or one of ours, and what an experiment found about it. Package words writes it as text.
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
	Larger   bool     `json:"larger,omitempty"` // than the paper's difference
	// MeanWithin is, of a claim that two are equally accurate, that the mean alone is.
	MeanWithin bool     `json:"mean_within,omitempty"`
	P          *float64 `json:"p,omitempty"` // of the test over seeds that the decision rests on; nil: there is none
	Holm       *float64 `json:"-"`           // P after Holm's correction over the claims that it is shown with; nil: not corrected

	Role          Role `json:"standing,omitempty"`
	ControlFailed bool `json:"control_failed,omitempty"` // the network that it is compared with does not gain what it should
	UnderTrained  bool `json:"under_trained,omitempty"`  // the baseline is below what its experiment expects
	Awaited       bool `json:"awaited,omitempty"`        // seeds are still to come: it is not judged before
	Superseded    bool `json:"-"`                        // the same claim is measured at a larger scale

	Notes []string `json:"notes,omitempty"` // that belong to the figure
	Plot  string   `json:"plot,omitempty"`  // name of a chart of the same page, without ending; "": there is none
	Cases []Claim  `json:"cases,omitempty"` // what a claim on a family of cases is the mean of: shown beneath it, and not counted
}

// Role says whose claim it is. Only those of the paper that could have come out either way are counted.
type Role string

// Roles of a claim.
const (
	FromPaper      Role = ""
	Control        Role = "control"      // shows that the experiment can find a difference that everybody finds
	NotInPaper     Role = "own"          // the paper does not say it
	ByConstruction Role = "construction" // it could not have come out otherwise
	FromTheory     Role = "theory"       // a statement, not an experience with networks
)

// Unit is what the figures of a claim are in.
type Unit string

// Units of claims.
const (
	Points   Unit = "pp"       // percentage points of Top-1, differences
	Hundreds Unit = "hundreds" // points of 100, differences
	Shares   Unit = "shares"   // percent of channels
	Gains    Unit = "gains"    // percent of channels, differences
	Times    Unit = "times"    // a multiple of the baseline's
	GFLOPs   Unit = "gflops"   // 10⁹ multiply-accumulates
)

// Counts reports whether the claim is counted with the paper's.
func (c *Claim) Counts() bool {
	return c.Role == FromPaper && !c.Superseded && !c.ControlFailed && !c.Awaited
}

// Cost reports whether it says what a block costs.
func (c *Claim) Cost() bool { return c.Unit == Times || c.Unit == GFLOPs }

// Measured reports whether there is something of ours to judge.
func (c *Claim) Measured() bool { return (c.Ours != nil || c.Found != "") && !c.Awaited }

// Take sets what a verdict says.
func (c *Claim) Take(v Verdict) {
	c.Decision, c.Reason, c.Larger, c.MeanWithin = v.Decision, v.Doubt, v.Larger, v.MeanWithin
	if v.Difference.Bounded() {
		c.P = &v.P
	}
}

// CorrectHolm sets the p-values after Holm's correction over those claims that have one, where these are several.
func CorrectHolm(claims []*Claim) {
	claims = slices.DeleteFunc(slices.Clone(claims), func(c *Claim) bool { return c.P == nil })
	if len(claims) < 2 {
		return
	}
	p := make([]float64, len(claims))
	for i, c := range claims {
		p[i] = *c.P
	}
	for i, q := range Holm(p) {
		claims[i].Holm = &q
	}
}
