package results

import (
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

// A folder is read as the document that its table.md was drawn from, whatever Go types the settings had.
func TestReadDocument(t *testing.T) {
	for name, made := range map[string]func() (Layout, []Record){"blocks": madeUpTable1, "sweep": madeUpSweep, "grid": madeUpGrid} {
		l, records := made()
		for _, r := range records {
			if r.Kind == KindTrial {
				l.Planned = append(l.Planned, r.Settings)
			}
		}
		dir := t.TempDir()
		if _, err := Render(dir, l, records); err != nil {
			t.Fatal(err)
		}
		if err := WriteRecords(filepath.Join(dir, recordsFile), records); err != nil {
			t.Fatal(err)
		}
		got, err := ReadDocument(dir)
		if err != nil {
			t.Fatal(err)
		}
		want, err := NewDocument(l, records)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: another document is read", name)
		}
		text, err := got.Markdown()
		if err != nil {
			t.Fatal(err)
		}
		if table, _ := os.ReadFile(filepath.Join(dir, "table.md")); string(table) != text {
			t.Errorf("%s: table.md is not the document's", name)
		}
	}
}

// What a folder lacks, or has damaged, is named.
func TestReadDocumentRefuses(t *testing.T) {
	l, records := madeUpSweep()
	for want, spoil := range map[string]func(dir string) error{
		layoutFile + " beside it": func(dir string) error { return os.Remove(filepath.Join(dir, layoutFile)) },
		layoutFile + ": ": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, layoutFile), []byte(`{"title": 1}`), 0o644)
		},
		recordsFile + ":1: ": func(dir string) error { return os.WriteFile(filepath.Join(dir, recordsFile), []byte("{"), 0o644) },
		pageFile + ": ":      func(dir string) error { return os.WriteFile(filepath.Join(dir, pageFile), []byte("{"), 0o644) },
		"layout \"\" is neither": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, layoutFile), []byte(`{"kind": ""}`), 0o644)
		},
	} {
		dir := t.TempDir()
		if _, err := Render(dir, l, records); err != nil {
			t.Fatal(err)
		}
		if err := WriteRecords(filepath.Join(dir, recordsFile), records); err != nil {
			t.Fatal(err)
		}
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadDocument(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := ReadDocument(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
}

// The drawing of a figure has the figures of its table: the last point of a curve is the mean that the table shows, with its seeds.
func TestDrawing(t *testing.T) {
	l, records := madeUpTable1()
	d, err := NewDocument(l, records)
	if err != nil {
		t.Fatal(err)
	}
	table := d.Sections[0].Blocks[0].Table
	checked := 0
	for _, b := range d.Sections[0].Blocks {
		if b.Figure == nil || b.Figure.Name != "curves-resnet18" {
			continue
		}
		for i, tr := range b.Figure.Panels[0].Traces {
			last := tr.Points[len(tr.Points)-1]
			text := words.Interval(stats.Interval{N: len(last.Singles), Mean: last.Y, Half: last.Hi - last.Y}, 2, "")
			if row := table.Rows[i]; row[0] != "ResNet-18" || row[2] != text || last.Singles[0].Seed != "1" {
				t.Errorf("%s: the curve ends at %s, the table has %v", tr.Label, text, row)
			}
			checked++
		}
	}
	if checked != 3 {
		t.Errorf("%d curves looked at", checked)
	}
}

// More cases than have room for a row each are shown by their rank, in a figure of an ordinary size.
func TestManyCases(t *testing.T) {
	l := Layout{Title: "Many", Kind: LayoutSweep, Axes: []string{"a", "b", "c", SeedKey}}
	var records []Record
	for a := range 10 {
		for b := range 10 {
			for c := range 10 {
				records = append(records, madeUpTrial(map[string]any{"a": a, "b": b, "c": c, SeedKey: 1}, 0.5+0.0004*float64(100*a+10*b+c), 1))
			}
		}
	}
	d, err := NewDocument(l, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range d.Sections[0].Blocks {
		if b.Figure == nil || b.Figure.Name != "top1" {
			continue
		}
		points := b.Figure.Panels[0].Traces[0].Points
		if len(points) > 401 || points[0].Y < points[len(points)-1].Y || points[0].Name == "" {
			t.Errorf("%d points from %v to %v", len(points), points[0], points[len(points)-1])
		}
		return
	}
	t.Error("no overview")
}
