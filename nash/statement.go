package nash

import (
	"math"
	"slices"
	"strings"
)

// A Statement is what a check decides, over many cases. One figure a case decides it there.
type Statement struct {
	ID      string
	Text    string // in words
	Measure string // what the figure of a case is
	Holds   bool   // it must hold in every case; else a case in which it fails must be found
	Least   bool   // the smallest figure is the worst; else the largest
}

// A Finding is what became of a statement.
type Finding struct {
	Statement
	Cases, Failures int
	Worst           float64 // figure of the worst case
	Example         *Case   // where it failed: of a statement that holds the worst, else the smallest case; nil if nowhere
}

// Confirmed reports whether the finding is what the theory says: no failure of what must hold, at least one of what must not.
// A statement without a case is never confirmed.
func (f *Finding) Confirmed() bool {
	if f.Holds {
		return f.Cases > 0 && f.Failures == 0
	}
	return f.Failures > 0
}

// A Case is one input of a check, with what it takes to examine it again.
type Case struct {
	Check     string // name of the check
	Statement string // that it represents; all of the check's are examined again
	Origin    string // how it was made, for people
	Seed      int    // that it was drawn from
	Figure    float64
	Arrays    map[string][][]float64 // matrices by name; a vector is one row, a number one entry
}

// size is how many numbers a case has, and plain whether none has more than two decimals: cases that are small and plain are
// easy to check by hand.
func (c *Case) size() (size int, plain bool) {
	plain = true
	for _, rows := range c.Arrays {
		for _, row := range rows {
			size += len(row)
			for _, v := range row {
				plain = plain && v == math.Round(v*100)/100
			}
		}
	}
	return size, plain
}

// A Ledger collects findings. Those of several are joined in a fixed order, so that nothing depends on which worker was first.
type Ledger struct {
	Findings []Finding
	index    map[string]int
}

// newLedger returns a ledger of the statements given.
func newLedger(statements []Statement) *Ledger {
	l := &Ledger{index: map[string]int{}}
	for i, s := range statements {
		l.Findings = append(l.Findings, Finding{Statement: s})
		l.index[s.ID] = i
	}
	return l
}

// note adds the figure of a case to the statement called id. example makes the case, where it is wanted. A figure that is
// no number is a failure.
func (l *Ledger) note(id string, figure float64, holds bool, example func() *Case) {
	i, ok := l.index[id]
	if !ok {
		panic("nash: unknown statement")
	}
	f := &l.Findings[i]
	if math.IsNaN(figure) || math.IsInf(figure, 0) {
		figure, holds = math.MaxFloat64, false
		if f.Least {
			figure = -math.MaxFloat64
		}
	}
	f.Cases++
	if f.Cases == 1 || f.worse(figure, f.Worst) {
		f.Worst = figure
	}
	if holds {
		return
	}
	f.Failures++
	if f.Example != nil && f.Holds && !f.worse(figure, f.Example.Figure) {
		return
	}
	c := example()
	c.Statement, c.Figure = id, figure
	if f.prefers(c) {
		f.Example = c
	}
}

func (f *Finding) worse(a, b float64) bool { return f.Least && a < b || !f.Least && a > b }

// prefers reports whether c is the better example.
func (f *Finding) prefers(c *Case) bool {
	if f.Example == nil {
		return true
	}
	if !f.Holds {
		a, aPlain := c.size()
		b, bPlain := f.Example.size()
		if a != b {
			return a < b
		}
		if aPlain != bPlain {
			return aPlain
		}
	}
	return f.worse(c.Figure, f.Example.Figure)
}

// join adds the findings of another ledger of the same statements.
func (l *Ledger) join(other *Ledger) {
	for i := range l.Findings {
		f, o := &l.Findings[i], &other.Findings[i]
		if o.Cases == 0 {
			continue
		}
		if f.Cases == 0 || f.worse(o.Worst, f.Worst) {
			f.Worst = o.Worst
		}
		f.Cases += o.Cases
		f.Failures += o.Failures
		if o.Example != nil && f.prefers(o.Example) {
			f.Example = o.Example
		}
	}
}

// examined returns a ledger of the findings that have a case.
func (l *Ledger) examined() []Finding {
	var list []Finding
	for _, f := range l.Findings {
		if f.Cases > 0 {
			list = append(list, f)
		}
	}
	return list
}

// Failed names the findings that are not what the theory says; "" for an empty list.
func Failed(findings []Finding) string {
	var list []string
	for i := range findings {
		f := &findings[i]
		switch {
		case f.Confirmed():
		case f.Cases == 0:
			list = append(list, f.ID+": no case examined")
		case f.Holds:
			list = append(list, f.ID+": must hold, but fails")
		default:
			list = append(list, f.ID+": must fail somewhere, but no case was found")
		}
	}
	return strings.Join(list, "; ")
}

// Numbers is how many numbers the case has.
func (c *Case) Numbers() int {
	n, _ := c.size()
	return n
}

// StatementsOf are the statements that a check decides, by its name; nil: there is no such check.
func StatementsOf(check string) []Statement {
	switch check {
	case NameRemark1:
		return slices.Clone(remark1Statements)
	case NameProposition1:
		return slices.Clone(prop1Statements)
	case NameGames:
		return slices.Clone(gameStatements)
	}
	return nil
}
