// Package words writes figures and claims as text, the same for Markdown, the terminal and the web page. Nothing parses these texts again.
package words

import (
	"fmt"
	"strconv"
	"strings"

	"cenet/results/stats"
)

// writtenAs says how figures of a unit are written.
var writtenAs = map[stats.Unit]struct {
	sign, before, after, more string // more is said of ours alone
	decimals, paper           int    // of ours, and of the paper's
}{
	stats.Points:   {sign: "+", after: " pp", decimals: 2, paper: 1},
	stats.Hundreds: {sign: "+", after: " points of 100", decimals: 2, paper: 1},
	stats.Shares:   {after: " %", more: " of channels", decimals: 1, paper: 1},
	stats.Gains:    {sign: "+", after: " % of channels", decimals: 2, paper: 1},
	stats.Times:    {before: "×", decimals: 2, paper: 2},
	stats.GFLOPs:   {decimals: 3, paper: 2},
}

// Name is the statement with what it is on, and by what measure.
func Name(c *stats.Claim) string {
	name := Statement(c)
	if c.Subject != "" {
		name = c.Subject + ": " + name
	}
	return name
}

// Statement is the statement, with its measure.
func Statement(c *stats.Claim) string {
	if c.Measure == "" {
		return c.Statement
	}
	return c.Statement + " (" + c.Measure + ")"
}

// Difference is what was measured, without unit and seeds; "–" where nothing was.
func Difference(c *stats.Claim) string {
	w := writtenAs[c.Unit]
	switch {
	case c.Ours == nil:
		return Absent
	case c.Ours.N > 0:
		return Interval(*c.Ours, w.decimals, w.sign)
	case c.Ours.Min < c.Ours.Max:
		return fmt.Sprintf("%.*f (%.*f to %.*f)", w.decimals, c.Ours.Mean, w.decimals, c.Ours.Min, w.decimals, c.Ours.Max)
	}
	return fmt.Sprintf("%.*f", w.decimals, c.Ours.Mean)
}

// Ours is what was found.
func Ours(c *stats.Claim) string {
	if !c.Measured() {
		return Absent
	}
	text := c.Found
	if c.Ours != nil {
		w := writtenAs[c.Unit]
		text = w.before + Difference(c) + w.after + w.more
	}
	if len(c.Notes) > 0 {
		text += " (" + strings.Join(c.Notes, "; ") + ")"
	}
	if c.Ours != nil && c.Ours.N > 0 {
		text += ", " + Count(c.Ours.N, "seed")
	}
	if c.UnderTrained {
		text += " †"
	}
	return text
}

// PaperDifference is the paper's figure without its unit, "–" where it has none.
func PaperDifference(c *stats.Claim) string {
	if c.Paper == nil {
		return Absent
	}
	w := writtenAs[c.Unit]
	return strings.Replace(fmt.Sprintf("%"+w.sign+".*f", w.paper, *c.Paper), "-", "−", 1)
}

// Paper is the paper's figure, or what the paper has to do with the claim.
func Paper(c *stats.Claim) string {
	if c.Paper != nil {
		w := writtenAs[c.Unit]
		return w.before + PaperDifference(c) + w.after
	}
	switch c.Role {
	case stats.NotInPaper:
		return "not the paper's"
	case stats.ByConstruction:
		return "holds by construction"
	case stats.FromTheory:
		return "stated"
	}
	return "no figure"
}

// Verdict is the decision, with why it came out so and what restricts it.
func Verdict(c *stats.Claim) string {
	text := decision(c)
	if c.Reason != "" {
		text += " (" + c.Reason + ")"
	}
	if c.Larger {
		text += ", larger than the paper's"
	}
	if c.ControlFailed {
		text = "control failed: " + text
	}
	if c.Role == stats.Control {
		text = "control: " + text
	}
	return text
}

// decision is how a claim came out, without its reasons. Of two that are claimed to be equally accurate it says what the mean shows, and
// what the interval does.
func decision(c *stats.Claim) string {
	if c.Compared == nil || c.Compared.Within == 0 || c.Reason != "" {
		return c.Decision.String()
	}
	bound := Bound(c.Compared.Within)
	switch {
	case c.Decision == stats.Reproduced:
		return "within " + bound + ", with the whole interval"
	case c.Decision == stats.Contradicted:
		return "differs by more than " + bound + ", with the whole interval"
	case c.MeanWithin:
		return c.Decision.String() + ": the mean is within " + bound + ", its interval is wider"
	}
	return c.Decision.String() + ": the mean is not within " + bound + ", some of its interval is"
}

// Bound writes up to which difference two networks count as equally accurate.
func Bound(points float64) string { return strconv.FormatFloat(points, 'f', -1, 64) + " pp" }

// P is the p-value after Holm's correction, "–" without one.
func P(c *stats.Claim) string {
	switch {
	case c.Holm == nil, c.Reason != "": // what cannot be judged has none to show
		return Absent
	case *c.Holm < 0.001:
		return "< 0.001"
	}
	return fmt.Sprintf("%.2g", *c.Holm)
}

// AfterHolm says whether a decided claim remains after Holm's correction, and whether it is counted.
func AfterHolm(c *stats.Claim) string {
	text := ""
	if P(c) != Absent {
		decided := c.Decision == stats.Reproduced || c.Decision == stats.Contradicted
		switch {
		case decided && *c.Holm < 1-stats.Confidence:
			text = "; holds after Holm's correction (p " + equals(P(c)) + ")"
		case decided:
			text = "; not after Holm's correction (p " + equals(P(c)) + ")"
		default:
			text = "; p " + equals(P(c)) + " after Holm's correction"
		}
	}
	if c.Superseded {
		text += "; the larger scale counts"
	}
	return text
}

// equals puts an equals sign before a figure that has no other.
func equals(text string) string {
	if strings.HasPrefix(text, "<") {
		return text
	}
	return "= " + text
}

// Sentence is the claim as a line for a terminal.
func Sentence(c *stats.Claim) string {
	by := " by "
	if c.Compared != nil && c.Compared.Within > 0 {
		by = ": "
	}
	return fmt.Sprintf("%s%s%s pp: %s", Name(c), by, Difference(c), Verdict(c))
}
