package results

import (
	"fmt"
	"strings"
)

// This file puts claims into words, for Markdown, the terminal and the page of HTML alike. Nothing reads these words again.

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

// writtenAs says how figures of a unit are written.
var writtenAs = map[Unit]struct {
	sign, before, after, more string // more is said of ours alone
	decimals, paper           int    // of ours, and of the paper's
}{
	Points:   {sign: "+", after: " pp", decimals: 2, paper: 1},
	Hundreds: {sign: "+", after: " points of 100", decimals: 2, paper: 1},
	Shares:   {after: " %", more: " of channels", decimals: 1, paper: 1},
	Gains:    {sign: "+", after: " % of channels", decimals: 2, paper: 1},
	Times:    {before: "×", decimals: 2, paper: 2},
	GFLOPs:   {decimals: 3, paper: 2},
}

// Name is the statement with what it is on, and by what measure.
func (c *Claim) Name() string {
	name := c.What()
	if c.Subject != "" {
		name = c.Subject + ": " + name
	}
	return name
}

// What is the statement, with its measure.
func (c *Claim) What() string {
	if c.Measure == "" {
		return c.Statement
	}
	return c.Statement + " (" + c.Measure + ")"
}

// FigureText is what was measured, without unit and seeds; "–" where nothing was.
func (c *Claim) FigureText() string {
	w := writtenAs[c.Unit]
	switch {
	case c.Ours == nil:
		return absent
	case c.Ours.N > 0:
		return intervalText(*c.Ours, w.decimals, w.sign)
	case c.Ours.Min < c.Ours.Max:
		return fmt.Sprintf("%.*f (%.*f to %.*f)", w.decimals, c.Ours.Mean, w.decimals, c.Ours.Min, w.decimals, c.Ours.Max)
	}
	return fmt.Sprintf("%.*f", w.decimals, c.Ours.Mean)
}

// OursText is what was found.
func (c *Claim) OursText() string {
	if !c.Measured() {
		return absent
	}
	text := c.Found
	if c.Ours != nil {
		w := writtenAs[c.Unit]
		text = w.before + c.FigureText() + w.after + w.more
	}
	if len(c.Notes) > 0 {
		text += " (" + strings.Join(c.Notes, "; ") + ")"
	}
	if c.Ours != nil && c.Ours.N > 0 {
		text += ", " + count(c.Ours.N, "seed")
	}
	if c.UnderTrained {
		text += " †"
	}
	return text
}

// paperFigure is the paper's figure without its unit, "–" where it has none.
func (c *Claim) paperFigure() string {
	if c.Paper == nil {
		return absent
	}
	w := writtenAs[c.Unit]
	return strings.Replace(fmt.Sprintf("%"+w.sign+".*f", w.paper, *c.Paper), "-", "−", 1)
}

// PaperText is the paper's figure, or what the paper has to do with the claim.
func (c *Claim) PaperText() string {
	if c.Paper != nil {
		w := writtenAs[c.Unit]
		return w.before + c.paperFigure() + w.after
	}
	switch c.Standing {
	case Own:
		return "not the paper's"
	case ByConstruction:
		return "holds by construction"
	case OfTheory:
		return "stated"
	}
	return "no figure"
}

// VerdictText is the decision, with why it came out so and what restricts it.
func (c *Claim) VerdictText() string {
	text := c.Decision.String()
	switch {
	case c.Reason != "":
		text += " (" + c.Reason + ")"
	case c.Needed > 0:
		text += fmt.Sprintf(" (about %s would decide)", count(roundSeeds(c.Needed), "seed"))
	}
	if c.Larger {
		text += ", larger than the paper's"
	}
	if c.ControlFailed {
		text = "control failed: " + text
	}
	if c.Standing == Control {
		text = "control: " + text
	}
	return text
}

// HolmText is the p-value after Holm's correction, "–" where there is none.
func (c *Claim) HolmText() string {
	switch {
	case c.Holm == nil, c.Reason != "": // what cannot be judged has none to show
		return absent
	case *c.Holm < 0.001:
		return "< 0.001"
	}
	return fmt.Sprintf("%.2g", *c.Holm)
}

// standsText is whether a decided claim stands after Holm's correction, and whether it is counted.
func (c *Claim) standsText() string {
	text := ""
	if c.HolmText() != absent {
		decided := c.Decision == Reproduced || c.Decision == Contradicted
		switch {
		case decided && *c.Holm < 1-Confidence:
			text = "; stands after Holm's correction (p " + equals(c.HolmText()) + ")"
		case decided:
			text = "; not after Holm's correction (p " + equals(c.HolmText()) + ")"
		default:
			text = "; p " + equals(c.HolmText()) + " after Holm's correction"
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

// sentence is the claim as a line for a terminal.
func (c *Claim) sentence() string {
	return fmt.Sprintf("%s by %s pp: %s", c.Name(), c.FigureText(), c.VerdictText())
}
