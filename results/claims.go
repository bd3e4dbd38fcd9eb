package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cenet/nn/durable"
)

// A Claim is what the paper says, beside what an experiment found of it.
type Claim struct {
	Claim   string `json:"claim"`
	Paper   string `json:"paper,omitempty"` // its figure; "": it prints none
	Ours    string `json:"ours"`            // with its confidence interval where it has one
	Verdict string `json:"verdict"`
	Plot    string `json:"plot,omitempty"` // name of a chart of the same page, without ending; "": there is none
	// P is the p-value of the test over seeds that the verdict rests on; nil where it rests on none.
	P *float64 `json:"p,omitempty"`
	// Difference is the mean that the verdict is on, where it is of a comparison, and PaperDifference the paper's, in points; nil: there is none.
	Difference      *float64 `json:"difference,omitempty"`
	PaperDifference *float64 `json:"paper_difference,omitempty"`
	// BelowPaper tells that the verdict is open, but the paper's difference lies above the interval.
	BelowPaper bool `json:"below_paper,omitempty"`
	// Smaller tells that the same claim is decided at a larger scale: it is shown, and not counted.
	Smaller bool `json:"smaller,omitempty"`
	// Own tells that the statement is not the paper's: it stands beside one of the paper's, and is not counted with these.
	Own bool `json:"own,omitempty"`
	// Identity tells that the statement holds by construction: it is shown, and not counted.
	Identity bool `json:"identity,omitempty"`
	// Cases are what a claim on a family of cases is the mean of: shown beneath it, and not counted.
	Cases []Claim `json:"cases,omitempty"`
}

// Counts tells whether the claim is one of the paper's that could have come out either way.
func (c *Claim) Counts() bool { return !c.Own && !c.Identity && !c.Smaller }

// Measured tells whether there is a figure of ours.
func (c *Claim) Measured() bool { return !strings.HasPrefix(c.Ours, absent) }

// Claims are the paired tests of Channel Equilibrium against its rivals. Where the layout says so, those along an axis are cases of one claim.
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
	for _, family := range v.families() {
		cases := make([]Claim, len(family))
		for i, t := range family {
			cases[i] = v.claimOf(t, plot)
		}
		if v.Over == "" {
			list = append(list, cases...)
			continue
		}
		c := v.claimOf(v.meanTest(family), plot)
		c.Cases = cases
		list = append(list, c)
	}
	if v.Kind == LayoutBlocks {
		list = append(list, v.costClaims()...)
	}
	return list
}

// claimOf is the claim of a test.
func (v *view) claimOf(t test, plot string) Claim {
	c := Claim{Claim: t.claim(), Paper: t.paperText(), Ours: t.differenceText(), Verdict: t.verdictText(), Plot: plot}
	if t.where != "" {
		c.Claim = t.where + ": " + c.Claim
	}
	switch {
	case t.failed != nil:
	case t.awaited > 0:
		c.Ours = absent
	default:
		c.Ours += fmt.Sprintf(" pp, %s", count(t.verdict.Difference.N, "seed"))
		c.Difference, c.PaperDifference, c.BelowPaper = &t.verdict.Difference.Mean, t.paper, t.belowPaper()
		if t.verdict.Difference.Bounded() {
			c.P = &t.verdict.P
		}
	}
	if v.markedTest(t) && c.Measured() {
		c.Ours += " †"
	}
	return c
}

// families are the tests of Channel Equilibrium: each alone or, where the layout names an axis, those together that differ along it.
func (v *view) families() [][]test {
	var families [][]test
	at := map[string]int{}
	over := axisIndex(v.Layout, v.Over)
	for i, t := range v.tests {
		if t.block != v.valueLabel(BlockKey, blockCE) {
			continue
		}
		key := fmt.Sprint(i)
		if over >= 0 {
			key = strings.Join(append(without(t.of.values, over), t.against), "\x00")
		}
		k, ok := at[key]
		if !ok {
			k = len(families)
			at[key], families = k, append(families, nil)
		}
		families[k] = append(families[k], t)
	}
	return families
}

// claimed are the tests that the claims are made of: one a claim.
func (v *view) claimed() []test {
	var list []test
	for _, family := range v.families() {
		if v.Over == "" {
			list = append(list, family...)
		} else {
			list = append(list, v.meanTest(family))
		}
	}
	return list
}

// meanTest tests the mean over those cases of a family that the layout counts, seed by seed.
func (v *view) meanTest(family []test) test {
	over := axisIndex(v.Layout, v.Over)
	mean := test{block: family[0].block, against: family[0].against, of: family[0].of}
	var counted []test
	for _, t := range family {
		if x, err := strconv.ParseFloat(t.of.values[over], 64); err == nil && x > v.OverAbove {
			counted = append(counted, t)
			mean.awaited = max(mean.awaited, t.awaited)
		}
	}
	mean.where = fmt.Sprintf("mean over %s above %v", v.axisLabel(v.Over), v.OverAbove)
	ours, theirs := map[string]float64{}, map[string]float64{}
	for _, s := range family[0].of.seeds() {
		var a, b float64
		whole := len(counted) > 0
		for _, t := range counted {
			x, y := t.of.trials[s], t.rival.trials[s]
			if whole = whole && x != nil && y != nil; whole {
				a, b = a+top1Percent(x)/float64(len(counted)), b+top1Percent(y)/float64(len(counted))
			}
		}
		if whole {
			ours[s], theirs[s] = a, b
		}
	}
	difference, err := Paired(ours, theirs)
	if mean.failed = err; err == nil {
		mean.verdict = Judge(difference)
	}
	mean.atChance = len(counted) > 0
	for _, t := range counted {
		mean.atChance = mean.atChance && t.atChance
		mean.step = max(mean.step, t.step)
	}
	mean.doubted()
	return mean
}

// paperText is the paper's difference, "" where it prints none.
func (t test) paperText() string {
	if t.paper == nil {
		return ""
	}
	return strings.Replace(fmt.Sprintf("%+.1f pp", *t.paper), "-", "−", 1)
}

// markedTest tells whether the case of the test is under-trained.
func (v *view) markedTest(t test) bool { return v.marked[t.of] }

// A Topic is what the paper claims of one matter, and the experiment that looks at it.
type Topic struct {
	Head    string
	Name    string // of the experiment, and of its folder beside the overview; "": none is shown
	Title   string // of the experiment
	Scale   string // what is scaled down, in a sentence; "" where nothing is
	Claims  []Claim
	Absent  string   // why there is nothing to show; "" where there is
	Figures []string // charts to show beneath, names without ending; beside those that claims have
}

// A Sentence is what a reader should believe of some claims.
type Sentence struct{ On, Text string }

// Overview is one page of all claims: a table, and what it was drawn from.
type Overview struct {
	Title   string
	Summary []Sentence // what a reader should believe
	About   []string
	Quick   bool
	Topics  []Topic
}

// underTrainedMark explains † in an overview.
const underTrainedMark = "† under-trained: the baseline is below what its experiment expects of it."

// Markdown draws the overview, for a file beside the folders of the experiments.
func (o Overview) Markdown() (string, error) {
	var b strings.Builder
	paragraph := func(s string) { b.WriteString(s + "\n\n") }
	paragraph("# " + o.Title)
	if o.Quick {
		paragraph("**" + quickBanner + "**")
	}
	if len(o.Summary) > 0 {
		lines := make([]string, len(o.Summary))
		for i, s := range o.Summary {
			lines[i] = fmt.Sprintf("- **%s.** %s.", s.On, s.Text)
		}
		paragraph(strings.Join(lines, "\n"))
	}
	for _, s := range o.About {
		paragraph(s)
	}
	columns := []column{{"Claim", true}, {"Paper", true}, {"Here", true}, {"Verdict", true}, {"Plot", true}}
	marked := false
	for _, t := range o.Topics {
		for _, c := range t.Claims {
			marked = marked || strings.Contains(c.Ours, "†")
		}
	}
	if tally := o.Tally(); len(tally) > 0 {
		var parts []string
		for _, v := range tally {
			parts = append(parts, fmt.Sprintf("%d %s", v.Claims, v.Verdict))
		}
		text := "Claims of the paper: " + strings.Join(parts, ", ")
		if n := o.BelowPaper(); n > 0 {
			text += fmt.Sprintf("; the paper's difference lies above the interval of %d of the undecided", n)
		}
		paragraph(text + ".")
	}
	for _, t := range o.Topics {
		paragraph("## " + t.Head)
		if t.Name != "" && t.Absent == "" {
			paragraph(fmt.Sprintf("[%s](%s/table.md), `./reproduce.sh %s`.%s", t.Title, t.folder(o.Quick), t.Name, after(" ", t.Scale)))
		}
		if t.Absent != "" {
			paragraph(t.Absent)
			continue
		}
		var rows [][]string
		for _, r := range t.Rows() {
			lead, plot := "", absent
			if r.Case {
				lead = "– "
			} else if r.Plot != "" {
				plot = fmt.Sprintf("[plot](%s/%s.png)", t.folder(o.Quick), r.Plot)
			}
			rows = append(rows, []string{lead + r.Claim, r.Paper, r.Ours, r.Verdict, plot})
		}
		if len(rows) > 0 {
			table, err := markdownTable(columns, rows)
			if err != nil {
				return "", err
			}
			paragraph(strings.TrimRight(table, "\n"))
		}
		shown := map[string]bool{}
		for _, f := range t.plots() {
			if !shown[f] {
				shown[f] = true
				paragraph(fmt.Sprintf("![%s](%s/%s.png)", t.Title, t.folder(o.Quick), f))
			}
		}
	}
	if marked {
		paragraph(underTrainedMark)
	}
	return strings.TrimRight(b.String(), "\n") + "\n", nil
}

// corrected says of each claim that was decided by a test over seeds whether it stands after Holm's correction over the claims of the topic.
func (t Topic) corrected() []string {
	var tested []int
	var p []float64
	for i, c := range t.Claims {
		if c.P != nil && c.Counts() {
			tested, p = append(tested, i), append(p, *c.P)
		}
	}
	texts := make([]string, len(t.Claims))
	if len(p) < 2 {
		return texts
	}
	for k, q := range Holm(p) {
		switch {
		case p[k] >= 1-Confidence:
		case q < 1-Confidence:
			texts[tested[k]] = "; stands after Holm's correction"
		default:
			texts[tested[k]] = fmt.Sprintf("; not after Holm's correction (p = %.2g)", q)
		}
	}
	return texts
}

// Write draws the overview into a file.
func (o Overview) Write(path string) error {
	text, err := o.Markdown()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return durable.WriteBytes(path, []byte(text))
}

// plots are the charts of the claims, then the others.
func (t Topic) plots() []string {
	var list []string
	for _, c := range t.Claims {
		if c.Plot != "" {
			list = append(list, c.Plot)
		}
	}
	return append(list, t.Figures...)
}

// folder is where the experiment's files are, as seen from the overview.
func (t Topic) folder(quick bool) string {
	if quick {
		return "../" + t.Name + "/quick"
	}
	return t.Name
}

// after is a text behind a separator, "" where there is none.
func after(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}

// costClaims are the paper's that the block adds marginally to what a network costs, one a model: that CE takes no larger multiple of the
// baseline's time than the paper prints. What was not measured has none.
func (v *view) costClaims() []Claim {
	var list []Claim
	for _, c := range v.cases {
		if c.values[1] != blockCE {
			continue
		}
		ours, ok := v.ratio(c, cpuSeconds)
		paper, printed := v.paperRatio(v.paperCell(c.values[0], blockCE), paperCPU)
		if !ok || !printed {
			continue
		}
		decision := Reproduced
		if ours > paper {
			decision = NotReproduced
		}
		list = append(list, Claim{
			Claim: v.valueLabel(ModelKey, c.values[0]) + ": " + v.valueLabel(BlockKey, blockCE) + " adds marginally to the time of an inference (CPU)",
			Paper: fmt.Sprintf("×%.2f", paper), Ours: fmt.Sprintf("×%.2f", ours), Verdict: decision.String(),
		})
	}
	return list
}
