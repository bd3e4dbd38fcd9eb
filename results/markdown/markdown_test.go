package markdown

import (
	"cenet/results/page"
	"cenet/results/stats"
	"strings"
	"testing"
)

func TestOverview(t *testing.T) {
	o := page.Overview{
		Title: "All claims", About: []string{"About."},
		Topics: []page.Topic{
			{Head: "First", Name: "one", Title: "One", Scale: "Scaled down: width.", Claims: []stats.Claim{
				{Statement: "|γ̂| ≥ |γ|", Role: stats.FromTheory, Found: "fails in 3 of 4 cases", Decision: stats.Contradicted,
					Reason: "counterexamples", Plot: "shares"},
				{Statement: "CE > SE", Unit: stats.Points, Ours: &stats.Interval{N: 3, Mean: 0.1, SD: 1, Half: 1}, UnderTrained: true,
					Plot: "shares"},
				{Statement: "CE > baseline", Unit: stats.Points, Ours: &stats.Interval{N: 3, Mean: -2, SD: 1, Half: 1}, Decision: stats.Contradicted},
				{Statement: "variances do not fall", Found: "holds", Decision: stats.Reproduced, Role: stats.NotInPaper},
			}, Figures: []string{"other"}},
			{Head: "Second", Name: "two", Title: "Two", Absent: "Not run: `two`."},
			{Head: "Third", Name: "three", Title: "Three", Figures: []string{"only"}},
		},
	}
	text, err := Overview(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# All claims\n", "2 claims of the paper count: 1 undecided, 1 contradicted.", "## First",
		"[One](one/table.md), `./reproduce.sh one`. Scaled down: width.",
		`\|γ̂\| ≥ \|γ\|`, "| not the paper's", "| no figure", "| stated", "contradicted (counterexamples)",
		"undecided", "[plot](one/shares.png)", "![One](one/shares.png)", "![One](one/other.png)", "Not run: `two`.",
		"![Three](three/only.png)",
		"† under-trained",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for _, unwanted := range []string{"QUICK", "two/table.md"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("%q is in\n%s", unwanted, text)
		}
	}
	if n := strings.Count(text, "![One](one/shares.png)"); n != 1 {
		t.Errorf("a plot that two claims share is shown %d times", n)
	}
	o.Quick = true
	written, err := Overview(o)
	if err != nil || !strings.Contains(written, page.QuickBanner) || !strings.Contains(written, "(../one/quick/table.md)") {
		t.Errorf("a quick overview is not marked, or links elsewhere: %v\n%s", err, written)
	}
}

// The overview corrects the p-values of all claims of a table of the paper, those whose control failed with them, and counts neither these
// nor cases, controls and what holds by construction.
func TestOverviewCorrects(t *testing.T) {
	p := func(x float64) *float64 { return &x }
	o := page.Overview{Title: "All", Topics: []page.Topic{
		{Head: "One", Name: "one", Title: "One", Family: "table", Claims: []stats.Claim{
			{Statement: "A", Found: "1", Decision: stats.Reproduced, P: p(0.001), Cases: []stats.Claim{{Statement: "A at 0", Found: "0",
				P: p(0.9)}}},
			{Statement: "B", Found: "2", Decision: stats.Reproduced, P: p(0.02)},
			{Statement: "C", Found: "3", P: p(0.4)},
			{Statement: "D", Found: "4", Decision: stats.Reproduced, Role: stats.ByConstruction},
			{Statement: "E", Found: "5", Decision: stats.Reproduced, Role: stats.NotInPaper, P: p(1e-9)},
			{Statement: "F", Found: "6", Decision: stats.Contradicted, Role: stats.Control, P: p(1e-9)},
			{Statement: "H", Found: "8", Decision: stats.Reproduced, Superseded: true, P: p(1e-9)},
		}},
		{Head: "Two", Name: "two", Title: "Two", Family: "table", Claims: []stats.Claim{{Statement: "G", Found: "7", Decision: stats.Reproduced,
			ControlFailed: true, P: p(0.01)}}},
	}}
	text, err := Overview(o)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 5 {
			rows[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2]) + " / " + strings.TrimSpace(cells[4])
		}
	}
	for claim, want := range map[string]string{
		"A": "no figure / reproduced; holds after Holm's correction (p = 0.004)", "– A at 0": "– / undecided",
		"C": "no figure / undecided; p = 0.4 after Holm's correction",
		"B": "no figure / reproduced; holds after Holm's correction (p = 0.04)",
		"G": "no figure / control failed: reproduced; holds after Holm's correction (p = 0.03)",
		"D": "holds by construction / reproduced", "E": "not the paper's / reproduced", "F": "no figure / control: contradicted",
		"H": "no figure / reproduced; the larger scale counts",
	} {
		if rows[claim] != want {
			t.Errorf("%s: %q, want %q", claim, rows[claim], want)
		}
	}
	if !strings.Contains(text, "3 claims of the paper count: 2 reproduced, 1 undecided.") {
		t.Errorf("counted wrongly:\n%s", text)
	}
}
