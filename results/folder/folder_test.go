package folder

import (
	"bytes"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/terminal"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func pageMadeUp() page.Page {
	most := 100.0
	return page.Page{
		Title: "Page", Quick: true, About: []string{"About |it|."},
		Sections: []page.Section{
			{Head: "First", Text: []string{"Text."}, Table: &page.Table{Name: "table",
				Columns: []page.Column{{Head: "what", Text: true}, {Head: "|x|"}, {Head: "long", Wide: true}},
				Rows:    [][]string{{"a|b", "1", "w1"}, {"c", "2", "w2"}}},
				Seeds: &page.Table{Name: "seeds", Columns: page.Columns([]string{"network"}, "value"), Rows: [][]string{{"a", "0.5"}}}},
			{Head: "Second", Charts: []chart.Chart{
				{Name: "lines", Title: "Lines", Panels: []chart.Panel{
					{X: "x", Y: "y", LogY: true, Least: new(float64), Lines: []chart.Line{{Label: "a", X: []float64{1, 2, 3},
						Y: []float64{1, 0.1, 0.01}}}},
					{X: "x", Y: "%", Least: new(float64), Most: &most, XLabels: map[string]float64{"one": 1, "∞": 2},
						Lines: []chart.Line{{Label: "a", X: []float64{1, 2}, Y: []float64{10, 20}, Apart: true}}},
				}},
				{Name: "field", Title: "Field", Panels: []chart.Panel{{X: "x", Y: "y", Field: &chart.Field{
					X: []float64{0, 1, 2}, Y: []float64{0, 1}, Values: [][]float64{{0, 1}, {1, 2}, {5, 5}}, Levels: []float64{0.5, 3}}}}},
			}},
		},
		Machine: []string{"today"},
	}
}

// A page that is read again draws the same bytes.
func TestPage(t *testing.T) {
	p := pageMadeUp()
	*p.Sections[1].Charts[0].Panels[0].Least = 1e-3
	a, b := t.TempDir(), t.TempDir()
	files, err := RenderPage(a, p)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 8 || filepath.Base(files[0]) != "table.md" {
		t.Errorf("files %v", files)
	}
	read, err := ReadPage(a)
	if err != nil || !reflect.DeepEqual(read, p) {
		t.Fatalf("another page is read: %v", err)
	}
	again, err := RenderPage(b, read)
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		x, _ := os.ReadFile(files[i])
		y, _ := os.ReadFile(again[i])
		if len(x) == 0 || !bytes.Equal(x, y) {
			t.Errorf("%s differs", files[i])
		}
	}
	text, _ := os.ReadFile(files[0])
	for _, want := range []string{"# Page\n", page.QuickBanner, "[seeds.csv](seeds.csv)", `a\|b`, `\|x\|`, "About |it|.", "![" + page.QuickBanner +
		": Lines](lines.png)", "- today"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("table.md has no %q", want)
		}
	}
	csv, _ := os.ReadFile(filepath.Join(a, "table.csv"))
	if string(csv) != "what,|x|,long\na|b,1,w1\nc,2,w2\n" {
		t.Errorf("table.csv is %q", csv)
	}
	summary, err := terminal.Summary(p, 0)
	if err != nil || strings.Contains(summary, "w1") || !strings.Contains(summary, "a|b") {
		t.Errorf("summary: %v\n%s", err, summary)
	}
}

func TestPageRefuses(t *testing.T) {
	for name, change := range map[string]func(*page.Page){
		"row too short":    func(p *page.Page) { p.Sections[0].Table.Rows[0] = []string{"a"} },
		"no columns":       func(p *page.Page) { p.Sections[0].Table.Columns, p.Sections[0].Table.Rows = nil, nil },
		"name of a folder": func(p *page.Page) { p.Sections[0].Table.Name = "../x" },
		"name twice":       func(p *page.Page) { p.Sections[1].Charts[1].Name = "lines" },
		"no panels":        func(p *page.Page) { p.Sections[1].Charts[0].Panels = nil },
		"no lines":         func(p *page.Page) { p.Sections[1].Charts[0].Panels[0].Lines = nil },
		"unequal line":     func(p *page.Page) { p.Sections[1].Charts[0].Panels[0].Lines[0].X = []float64{1} },
		"not finite": func(p *page.Page) {
			p.Sections[1].Charts[0].Panels[1].Lines[0].Y[0] = math.MaxFloat64 * -1
			p.Sections[1].Charts[0].Panels[1].LogY = true
		},
		"ragged field": func(p *page.Page) { p.Sections[1].Charts[1].Panels[0].Field.Values[0] = []float64{1} },
		"no levels":    func(p *page.Page) { p.Sections[1].Charts[1].Panels[0].Field.Levels = nil },
	} {
		p := pageMadeUp()
		*p.Sections[1].Charts[0].Panels[0].Least = 1e-3
		if name == "not finite" {
			p.Sections[1].Charts[0].Panels[1].Least, p.Sections[1].Charts[0].Panels[1].Most = nil, nil
		}
		change(&p)
		if _, err := RenderPage(t.TempDir(), p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, PageFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPage(dir); err == nil {
		t.Error("a damaged page is read")
	}
}
