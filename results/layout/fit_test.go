package layout_test

import (
	"cenet/results"
	"cenet/results/layout"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/terminal"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// What a terminal shows fits into any width, and in 80 columns has the networks and their accuracies whole.
func TestFits(t *testing.T) {
	made := page.Page{Title: "Page", Quick: true, Sections: []page.Section{{Table: &page.Table{Columns: []page.Column{{Head: "what",
		Text: true}, {Head: "x"}, {Head: "long", Wide: true}},
		Rows: [][]string{{strings.Repeat("long ", 40), "1", "w1"}, {"c", "2", "w2"}}}}}}
	for name, draw := range map[string]func(width int) (string, error){
		"blocks": func(width int) (string, error) { l, r := layout.MadeUpTable1(); return summary(l, r, width) },
		"sweep":  func(width int) (string, error) { l, r := layout.MadeUpSweep(); return summary(l, r, width) },
		"grid":   func(width int) (string, error) { l, r := layout.MadeUpGrid(); return summary(l, r, width) },
		"page":   func(width int) (string, error) { return terminal.Summary(made, width) },
	} {
		whole, err := draw(0)
		if err != nil {
			t.Fatal(err)
		}
		if same, _ := draw(1000); name != "page" && strings.Count(same, "\n") != strings.Count(whole, "\n") {
			t.Errorf("%s: another text where there is room", name)
		}
		for _, width := range []int{120, 80, 60, 40, 20} {
			text, err := draw(width)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(text) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%s: %d characters in %d columns: %s", name, n, width, line)
				}
			}
			if width == 80 && name == "blocks" && (!strings.Contains(text, "ResNet-101") || !strings.Contains(text, " ± 0.")) {
				t.Errorf("%s: in 80 columns:\n%s", name, text)
			}
		}
	}
}

// The text fits its width and has a line a difference; the JSON has no figure that is none, where the file has one seed.
func TestPlanText(t *testing.T) {
	l, records := layout.MadeUpPilot(map[string]float64{"resnet18 none": 0.4, "resnet18 se": 0.4, "resnet50 none": 0.4, "resnet50 se": 0.4})
	planned := l.Planned[:0:0]
	for _, settings := range l.Planned {
		if settings[results.SeedKey] == 1 {
			planned = append(planned, settings)
		}
	}
	l.Planned = planned
	p, err := layout.PlanSeeds(l, records, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{0, 80, 30} {
		text, err := terminal.Plan(p, width)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 0 && n > width {
				t.Errorf("%d characters in %d: %q", n, width, line)
			}
		}
		if strings.Contains(text, "table.md") || width == 30 && !strings.Contains(text, "--json") {
			t.Errorf("columns without room are said to be elsewhere:\n%s", text)
		}
		if width != 80 {
			continue
		}
		lines := map[string]string{}
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if len(words) > 1 {
				lines[words[0]] = strings.Join(words[1:], " ")
			}
		}
		n := stats.SeedsFor(0.5, p.SD, layout.PlanPower, 100)
		for head, want := range map[string]string{
			"0.50": fmt.Sprintf("pp %d %d %d ", n, n, 6*n), "2.00": "pp 3 5 30 25 min 0 s 10 min 0 s", "–": "– 1 6 5 min 0 s nothing file's seeds",
		} {
			if !strings.HasPrefix(lines[head], want) {
				t.Errorf("%s: %q, want %q:\n%s", head, lines[head], want, text)
			}
		}
		for _, want := range []string{"Pooled over the comparisons, 0.40 pp", "paper's smallest", "Made-up CPU"} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
				t.Errorf("no %q:\n%s", want, text)
			}
		}
	}
	text, err := json.Marshal(p)
	var back layout.SeedPlan
	if err == nil {
		err = json.Unmarshal(text, &back)
	}
	if err != nil || back.FileSeeds.Difference != nil || back.SD != p.SD || len(back.Rows) != 5 {
		t.Errorf("%v: %s", err, text)
	}
}
