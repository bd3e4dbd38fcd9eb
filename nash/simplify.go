package nash

import (
	"fmt"
	"math"
)

// maxSimplified is how many numbers a case may have to be rounded.
const maxSimplified = 200

// simplify replaces the examples of statements that do not hold by those with the fewest decimals near them for which they
// still fail, so that a reader can check them by hand. again examines a case.
func simplify(l *Ledger, again func(*Case) ([]Finding, error)) {
	for i := range l.Findings {
		f := &l.Findings[i]
		if f.Holds || f.Example == nil {
			continue
		}
		if n, _ := f.Example.size(); n > maxSimplified {
			continue
		}
		for decimals := 1; decimals <= 6; decimals++ {
			c := f.Example.rounded(decimals)
			found, err := again(c)
			if err != nil {
				continue
			}
			if g := failed(found, f.ID); g != nil {
				c.Figure = g.Worst
				f.Example = c
				break
			}
		}
	}
}

// failed returns the finding of a statement that failed, or nil.
func failed(findings []Finding, id string) *Finding {
	for i := range findings {
		if f := &findings[i]; f.ID == id && f.Failures > 0 {
			return f
		}
	}
	return nil
}

// rounded returns the case with the given number of decimals. The γ of Proposition 1 first gets 1 for its largest magnitude where that
// changes nothing, as P depends on its direction alone.
func (c *Case) rounded(decimals int) *Case {
	out := *c
	out.Origin += fmt.Sprintf(", rounded to %d decimals", decimals)
	out.Arrays = map[string][][]float64{}
	unit := math.Pow(10, float64(decimals))
	for name, rows := range c.Arrays {
		scale := 1.0
		if name == "gamma" && c.Check == NameProposition1 && !untraced[c.Statement] {
			most, sum := 0.0, 0.0
			for _, v := range rows[0] {
				most = max(most, math.Abs(v))
				sum += v
			}
			scale = math.Copysign(1/most, sum)
		}
		for _, row := range rows {
			var list []float64
			for _, v := range row {
				list = append(list, math.Round(v*scale*unit)/unit+0)
			}
			out.Arrays[name] = append(out.Arrays[name], list)
		}
	}
	return &out
}

// untraced are the statements without trace normalisation, for which the size of γ matters.
var untraced = map[string]bool{"scale-no-trace": true, "length-no-trace": true}
