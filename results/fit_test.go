package results

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// What a terminal shows fits into any width, and in 80 columns has the networks and their accuracies whole.
func TestFits(t *testing.T) {
	page := pageMadeUp()
	page.Sections[0].Table.Rows[0][0] = strings.Repeat("long ", 40)
	for name, draw := range map[string]func(width int) (string, error){
		"blocks": func(width int) (string, error) { l, r := madeUpTable1(); return Summary(l, r, width) },
		"sweep":  func(width int) (string, error) { l, r := madeUpSweep(); return Summary(l, r, width) },
		"grid":   func(width int) (string, error) { l, r := madeUpGrid(); return Summary(l, r, width) },
		"page":   func(width int) (string, error) { return PageSummary(page, width) },
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
