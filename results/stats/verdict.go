package stats

import (
	"fmt"
	"math"
	"slices"
)

// Decision is the outcome of a claim.
type Decision int

// Decisions on "A > B", by the rules fixed before any run. Those on "A within w of B" are in JudgeWithin.
const (
	Undecided    Decision = iota // by the seeds that there are
	Reproduced                   // the interval of the paired difference lies above 0
	Smaller                      // it holds 0, and ends below half the paper's difference
	Contradicted                 // it lies below 0; of a statement: a counterexample was found
)

var decisionNames = []string{"undecided", "reproduced", "smaller than the paper's", "contradicted"}

func (d Decision) String() string { return decisionNames[d] }

// MarshalText writes the decision as its name.
func (d Decision) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Decision) UnmarshalText(text []byte) error {
	i := slices.Index(decisionNames, string(text))
	if i < 0 {
		return fmt.Errorf("%q is not a valid decision: %q expected", text, decisionNames)
	}
	*d = Decision(i)
	return nil
}

// Verdict is a decision and what it rests on.
type Verdict struct {
	Decision   Decision
	Difference Interval // A − B, paired by seed
	Paper      *float64 // the paper's difference, in the same unit; nil: it has none
	P          float64  // p-value of the two-sided test of no difference; 1 where the sample cannot bear one
	Larger     bool     // the interval lies above the paper's difference
	// MeanWithin is, of JudgeWithin, that the mean lies within the bound, wherever its interval ends.
	MeanWithin bool
	Doubt      string // why the sample cannot bear a verdict, in a few words; "": it can
}

// Judge gives the verdict on "A > B" from the paired difference, and from the paper's, nil where it has none.
func Judge(difference Interval, paper *float64) Verdict {
	v := Verdict{Difference: difference, Paper: paper, P: 1}
	if v.Doubt = difference.doubt(); v.Doubt != "" {
		return v
	}
	v.Decision, v.P = decide(difference, paper), difference.twoSided()
	v.Larger = paper != nil && difference.Lo() > *paper
	return v
}

// JudgeWithin gives the verdict on "A is as accurate as B within a bound" from the paired difference, in the unit of the bound: Reproduced
// where the whole interval lies within ± the bound, Contradicted where all of it lies beyond, and else Undecided: a wide interval around 0
// shows no equivalence. The 95 % interval lies within the bound where two one-sided t tests (TOST) at 2.5 % each reject a difference above
// it and one below it. That is stricter than the usual 5 % each, which are the 90 % interval.
//
// References:
//
//	Schuirmann: A comparison of the two one-sided tests procedure and the power approach for assessing the equivalence of average
//	bioavailability (1987).
//	Lakens: Equivalence tests: A practical primer for t tests, correlations, and meta-analyses (2017).
func JudgeWithin(difference Interval, bound float64) Verdict {
	v := Verdict{Difference: difference, P: 1}
	if v.Doubt = difference.doubt(); v.Doubt != "" {
		return v
	}
	v.MeanWithin = math.Abs(difference.Mean) <= bound
	// Twice the smaller of two p-values: of TOST, and of the one-sided test that the difference is beyond the bound. It is below 5 % where
	// the interval decides.
	within := max(difference.pValue(-bound), 1-difference.pValue(bound))
	beyond := min(difference.pValue(bound), 1-difference.pValue(-bound))
	v.Decision, v.P = decideWithin(difference, bound), min(1, 2*min(within, beyond))
	return v
}

func decideWithin(d Interval, bound float64) Decision {
	switch {
	case d.Lo() >= -bound && d.Hi() <= bound:
		return Reproduced
	case d.Lo() > bound || d.Hi() < -bound:
		return Contradicted
	}
	return Undecided
}

// WithDoubt is the verdict where something else keeps the sample from bearing one.
func (v Verdict) WithDoubt(why string) Verdict {
	return Verdict{Difference: v.Difference, Paper: v.Paper, P: 1, Doubt: why}
}

func decide(d Interval, paper *float64) Decision {
	switch {
	case d.Lo() > 0:
		return Reproduced
	case d.Hi() < 0:
		return Contradicted
	case paper != nil && d.Hi() < *paper/2:
		return Smaller
	}
	return Undecided
}

// JudgeShare gives the verdict on the claim that a share is above a bound. One that has not moved from what it was at the start decides
// nothing. All three are in one unit.
func JudgeShare(share Interval, bound, start float64) Verdict {
	above := share
	above.Mean, above.Min, above.Max = share.Mean-bound, share.Min-bound, share.Max-bound
	if share.Mean == start || share.Lo() <= start && start <= share.Hi() && share.Bounded() {
		return Verdict{Difference: above, P: 1, Doubt: "as at the start"}
	}
	return Judge(above, nil)
}

// doubt says why an interval decides nothing, whatever its mean; "" where it may.
func (i Interval) doubt() string {
	switch {
	case i.N == 1:
		return "one seed; an interval needs three"
	case !i.Bounded():
		return "two seeds; an interval needs three"
	case !i.Spreads():
		return "no spread: the same for every seed"
	}
	return ""
}
