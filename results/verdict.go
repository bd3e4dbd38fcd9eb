package results

import (
	"fmt"
	"math"
	"sort"
)

// Negligible is the difference, in percentage points of Top-1, below which a claimed gain counts as none.
const Negligible = 0.2

// Decision is the outcome of a test of the claim "A > B".
type Decision int

// Decisions, by the rules fixed before any run.
const (
	Undecided     Decision = iota // by the seeds that there are
	Reproduced                    // the interval of the paired difference lies above 0
	NotReproduced                 // it lies below 0, or inside ±Negligible
)

func (d Decision) String() string {
	switch d {
	case Reproduced:
		return "reproduced"
	case NotReproduced:
		return "not reproduced"
	}
	return "undecided"
}

// Verdict is a decision and what it rests on.
type Verdict struct {
	Decision   Decision
	Difference Interval // A − B, percentage points of Top-1, paired by seed
	// P is the p-value of the test that the decision rests on: of no difference, or, inside ±Negligible, of one that is larger. Below 1 − Confidence it
	// is just where the claim is decided.
	P float64
	// Needed is the number of seeds that would decide an undecided claim, 0 where the claim is decided or where the seeds say too little about
	// the spread.
	Needed int
}

// Judge gives the verdict on "A > B" from the paired difference in percentage points. An interval that lies above 0 and
// inside ±Negligible counts as reproduced: small, but there.
func Judge(difference Interval) Verdict {
	v := Verdict{Decision: decide(difference), Difference: difference, P: difference.twoSided()}
	if v.Decision == NotReproduced && difference.Hi() >= 0 {
		v.P = 2 * max(difference.pValue(-Negligible), 1-difference.pValue(Negligible))
	}
	if v.Decision == Undecided && difference.Bounded() && difference.Spreads() {
		v.Needed = seedsNeeded(difference)
	}
	return v
}

func decide(d Interval) Decision {
	switch {
	case !d.Bounded() || !d.Spreads():
		return Undecided
	case d.Lo() > 0:
		return Reproduced
	case d.Hi() < 0:
		return NotReproduced
	case d.Lo() >= -Negligible && d.Hi() <= Negligible:
		return NotReproduced
	}
	return Undecided
}

// seedsNeeded is the smallest n at which the interval would decide, were mean and standard deviation to stay as observed:
// t₀.₉₇₅(n−1)·s/√n below |d|, or at most Negligible − |d|. It is an estimate from the few seeds there are: if the true
// values are the observed ones, a run with n seeds decides about every second time.
func seedsNeeded(d Interval) int {
	decides := func(n int) bool {
		return decide(Interval{N: n, Mean: d.Mean, SD: d.SD, Half: halfWidth(d.SD, n)}) != Undecided
	}
	// The half-width falls with n, so n is found by doubling and bisection. One of the two bounds is at least
	// Negligible/2, so the search ends; the cap only guards against a standard deviation no accuracy can have.
	const most = 1 << 30
	hi := d.N + 1
	for !decides(hi) && hi < most {
		hi *= 2
	}
	return d.N + 1 + sort.Search(hi-d.N-1, func(i int) bool { return decides(d.N + 1 + i) })
}

// String is the verdict in words, with the number of seeds that would decide it.
func (v Verdict) String() string {
	switch {
	case v.Decision != Undecided:
		return v.Decision.String()
	case v.Needed > 0:
		return fmt.Sprintf("%v (about %s seeds would decide)", v.Decision, groupDigits(roundSeeds(v.Needed)))
	}
	return fmt.Sprintf("%v (%s)", v.Decision, v.Difference.doubt())
}

// doubt says why an interval decides nothing, whatever its mean; "" where it may.
func (i Interval) doubt() string {
	switch {
	case i.N == 1:
		return "one seed; an interval needs three"
	case !i.Bounded():
		return "two seeds; an interval needs three"
	case !i.Spreads():
		return "no spread: the difference is the same for every seed"
	}
	return ""
}

// roundSeeds keeps two digits, rounded up: the estimate carries no more.
func roundSeeds(n int) int {
	if n < 100 {
		return n
	}
	unit := math.Pow(10, math.Floor(math.Log10(float64(n)))-1)
	return int(math.Ceil(float64(n)/unit) * unit)
}
