package layout_test

import (
	"cenet/results"
	"cenet/results/folder"
	"cenet/results/layout"
	"cenet/results/markdown"
	"cenet/results/stats"
	"cenet/results/words"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A chart has the figures of the table: the last point of a curve is the mean that the table shows, with its seeds.
func TestCharts(t *testing.T) {
	l, records := layout.MadeUpTable1()
	p := resolved(t, l, records)
	checked := 0
	for _, c := range p.Sections[0].Charts {
		if c.Name != "curves-resnet18" {
			continue
		}
		for i, line := range c.Panels[0].Lines {
			last := len(line.X) - 1
			seeds := line.Seeds[last]
			text := words.Interval(stats.Interval{N: len(seeds), Mean: line.Y[last], Half: line.Hi[last] - line.Y[last]}, 2, "")
			if row := p.Sections[0].Table.Rows[i]; row[0] != "ResNet-18" || row[2] != text || seeds[0].Seed != "1" {
				t.Errorf("%s: the curve ends at %s, the table has %v", line.Label, text, row)
			}
			checked++
		}
	}
	if checked != 3 {
		t.Errorf("%d curves checked", checked)
	}
}

// More cases than have room for a row each are shown by their rank, in a figure of an ordinary size.
func TestManyCases(t *testing.T) {
	l := layout.Layout{Title: "Many", Kind: layout.Sweep, Axes: []string{"a", "b", "c", results.SeedKey}}
	var records []results.Record
	for a := range 10 {
		for b := range 10 {
			for c := range 10 {
				records = append(records, layout.MadeUpTrial(map[string]any{"a": a, "b": b, "c": c, results.SeedKey: 1},
					0.5+0.0004*float64(100*a+10*b+c), 1))
			}
		}
	}
	for _, c := range resolved(t, l, records).Sections[0].Charts {
		if c.Name != "top1" {
			continue
		}
		line := c.Panels[0].Lines[0]
		if n := len(line.X); n != 1000 || line.Y[0] < line.Y[n-1] || line.Names[0] == "" {
			t.Errorf("%d points from %v to %v", n, line.Y[0], line.Y[n-1])
		}
		return
	}
	t.Error("no overview")
}

// A folder is read as the page that its table.md was drawn from, whatever Go types the settings had.
func TestRead(t *testing.T) {
	for name, made := range map[string]func() (layout.Layout, []results.Record){"blocks": layout.MadeUpTable1, "sweep": layout.MadeUpSweep,
		"grid": layout.MadeUpGrid} {
		l, records := made()
		for _, r := range records {
			if r.Kind == results.KindTrial {
				l.Planned = append(l.Planned, r.Settings)
			}
		}
		dir := t.TempDir()
		if _, _, err := folder.Render(dir, l, records); err != nil {
			t.Fatal(err)
		}
		if err := results.WriteRecords(filepath.Join(dir, results.RecordsFile), records); err != nil {
			t.Fatal(err)
		}
		got, err := folder.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		want, err := layout.Page(l, records)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: another page is read", name)
		}
		if got, err = got.Resolve(); err != nil {
			t.Fatal(err)
		}
		text, err := markdown.Page(got)
		if err != nil {
			t.Fatal(err)
		}
		if table, _ := os.ReadFile(filepath.Join(dir, "table.md")); string(table) != text {
			t.Errorf("%s: table.md is not the document's", name)
		}
	}
}

// What a folder lacks, or has damaged, is named.
func TestReadFolderRefuses(t *testing.T) {
	l, records := layout.MadeUpSweep()
	for want, spoil := range map[string]func(dir string) error{
		"layout.json is missing": func(dir string) error { return os.Remove(filepath.Join(dir, "layout.json")) },
		"layout.json" + ": ": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "layout.json"), []byte(`{"title": 1}`), 0o644)
		},
		results.RecordsFile + ":1: ": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, results.RecordsFile), []byte("{"), 0o644)
		},
		folder.PageFile + ": ": func(dir string) error { return os.WriteFile(filepath.Join(dir, folder.PageFile), []byte("{"), 0o644) },
		"layout \"\" is neither": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "layout.json"), []byte(`{"kind": ""}`), 0o644)
		},
	} {
		dir := t.TempDir()
		if _, _, err := folder.Render(dir, l, records); err != nil {
			t.Fatal(err)
		}
		if err := results.WriteRecords(filepath.Join(dir, results.RecordsFile), records); err != nil {
			t.Fatal(err)
		}
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := folder.Read(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := folder.Read(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
}
