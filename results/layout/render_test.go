package layout_test

import (
	"bytes"
	"cenet/results"
	"cenet/results/folder"
	"cenet/results/layout"
	"cenet/results/markdown"
	"cenet/results/page"
	"cenet/results/plot"
	"cenet/results/stats"
	"cenet/results/terminal"
	"encoding/csv"
	"flag"
	"image"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of this package anew")

// golden compares bytes with a file under testdata, images with a small tolerance for another CPU's rounding.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	same := bytes.Equal(got, want)
	if filepath.Ext(name) == ".png" {
		same = sameImage(t, got, want)
	}
	if !same {
		other := filepath.Join(t.ArtifactDir(), filepath.Base(name))
		if err := os.WriteFile(other, got, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s differs from what is drawn now (%s); if it should, run go test ./results/layout -update", path, other)
	}
}

// sameImage compares pixels, each channel within 5 % of its range: no more than another rounding moves the edge of a glyph.
// It replaces gonum's cmpimg, which compares PDF too and would add a PDF reader to the module.
func sameImage(t *testing.T, got, want []byte) bool {
	t.Helper()
	pixels := func(data []byte) *image.RGBA {
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		p := image.NewRGBA(m.Bounds())
		draw.Draw(p, p.Bounds(), m, m.Bounds().Min, draw.Src)
		return p
	}
	a, b := pixels(got), pixels(want)
	if a.Rect != b.Rect {
		return false
	}
	for i, v := range a.Pix {
		if w := b.Pix[i]; max(v, w)-min(v, w) > 255/20 {
			return false
		}
	}
	return true
}

func render(t *testing.T, l layout.Layout, records []results.Record) map[string][]byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	_, files, err := folder.Render(dir, l, records)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(files) {
		t.Errorf("%d files in the folder, %d reported", len(entries), len(files))
	}
	drawn := make(map[string][]byte)
	for _, f := range files {
		if drawn[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	return drawn
}

// sheet is what Render would write, but for the PNGs, which are slow under the race detector, and without the files.
func sheet(t *testing.T, l layout.Layout, records []results.Record) map[string]string {
	t.Helper()
	p := resolved(t, l, records)
	drawn := map[string]string{}
	for _, c := range p.Sections[0].Charts {
		svg, err := plot.SVG(c)
		if err != nil {
			t.Fatal(err)
		}
		drawn[c.Name+".svg"] = string(svg)
	}
	var err error
	if drawn["table.md"], err = markdown.Page(p); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(p.Sections[0].Table.CSV); err != nil {
		t.Fatal(err)
	}
	drawn["table.csv"] = b.String()
	return drawn
}

// resolved is the page of some records, complete.
func resolved(t *testing.T, l layout.Layout, records []results.Record) page.Page {
	t.Helper()
	p, err := layout.Page(l, records)
	if err == nil {
		p, err = p.Resolve()
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// summary is what a terminal shows of some records.
func summary(l layout.Layout, records []results.Record, width int) (string, error) {
	p, err := layout.Page(l, records)
	if err != nil {
		return "", err
	}
	return terminal.Summary(p, width)
}

func TestRenderGolden(t *testing.T) {
	for _, test := range []struct {
		name  string
		of    func() (layout.Layout, []results.Record)
		files []string
	}{
		{"blocks", layout.MadeUpTable1, []string{"table.md", "table.csv", "curves-resnet50.png", "curves-resnet50.svg", "top1.svg"}},
		{"sweep", layout.MadeUpSweep, []string{"table.md", "table.csv", "curves.svg", "top1.png"}},
		{"grid", layout.MadeUpGrid, []string{"table.md", "curves.png", "top1.svg"}},
		{"within", layout.MadeUpWithin, []string{"table.md"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, records := test.of()
			drawn := sheet(t, l, records)
			for _, c := range resolved(t, l, records).Sections[0].Charts {
				if slices.Contains(test.files, c.Name+".png") {
					data, err := plot.PNG(c)
					if err != nil {
						t.Fatal(err)
					}
					drawn[c.Name+".png"] = string(data)
				}
			}
			for _, f := range test.files {
				if drawn[f] == "" {
					t.Errorf("%s is not drawn", f)
					continue
				}
				golden(t, test.name+"/"+f, []byte(drawn[f]))
			}
			s, err := summary(l, records, 0)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, test.name+"/summary.txt", []byte(s))
		})
	}
}

// The plan of an equivalence says how many seeds show it. The verdicts themselves are those of JudgeWithin, whatever the test images allow.
func TestWithin(t *testing.T) {
	l, records := layout.MadeUpWithin()
	p, err := layout.PlanSeeds(l, records, 2)
	if err != nil {
		t.Fatal(err)
	}
	text, err := terminal.Plan(p, 120)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "within/plan.txt", []byte(text))
	for i := range records {
		records[i].Images = &results.Images{Name: "made up", Train: 100, Test: 200, Classes: 10, Size: "8×8×1"}
	}
	claims, err := layout.Claims(l, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		const reason = "one test image, 0.5 pp, is more than the bound"
		if c.Subject == "worse" && (c.Decision != stats.Undecided || c.Reason != reason) {
			t.Errorf("images of half a point decide on 0.3 points: %+v", c)
		}
	}
}

// The order of the records is that in which parallel trials finished, and their settings may have been through JSON: neither
// may change a byte.
func TestRenderIsAFunctionOfTheRecords(t *testing.T) {
	l, records := layout.MadeUpTable1()
	want := sheet(t, l, records)

	path := filepath.Join(t.TempDir(), "records.jsonl")
	if err := results.WriteRecords(path, records); err != nil {
		t.Fatal(err)
	}
	read, err := results.ReadRecords(path)
	if err != nil {
		t.Fatal(err)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(read), func(i, j int) { read[i], read[j] = read[j], read[i] })
	got := sheet(t, l, read)
	if len(got) != len(want) {
		t.Errorf("%d files against %d", len(got), len(want))
	}
	for name, data := range want {
		if got[name] != data {
			t.Errorf("%s differs for the same records in another order", name)
		}
	}
}

func TestRenderLittle(t *testing.T) {
	l, records := layout.MadeUpTable1()
	t.Run("no records", func(t *testing.T) {
		drawn := render(t, l, nil)
		if len(drawn) != 3 || !strings.Contains(string(drawn["table.md"]), "no trial: ResNet-50, CE") {
			t.Errorf("%d files, table:\n%s", len(drawn), drawn["table.md"])
		}
	})
	t.Run("one seed, one epoch, quick", func(t *testing.T) {
		l := l
		l.Quick, l.Planned = true, []map[string]any{
			{results.ModelKey: "resnet18", results.BlockKey: "none", results.SeedKey: int64(1)},
			{results.ModelKey: "resnet18", results.BlockKey: "ce", results.SeedKey: 1.0},
			{results.ModelKey: "resnet18", results.BlockKey: "se", results.SeedKey: 1},
		}
		records := []results.Record{
			layout.MadeUpTrial(map[string]any{results.ModelKey: "resnet18", results.BlockKey: "none", results.SeedKey: 1}, 0.6, 1),
			layout.MadeUpTrial(map[string]any{results.ModelKey: "resnet18", results.BlockKey: "ce", results.SeedKey: 1}, 0.6, 1),
		}
		drawn := render(t, l, records)
		text := string(drawn["table.md"])
		for _, want := range []string{page.QuickBanner, " ± – ", "one seed; an interval needs three", "missing: ResNet-18, SE, 1 seed (1)"} {
			if !strings.Contains(text, want) {
				t.Errorf("table.md does not say %q:\n%s", want, text)
			}
		}
		if strings.Contains(text, "missing: ResNet-50") {
			t.Error("a trial that was not planned is missing")
		}
		golden(t, "one-epoch/curves-resnet18.png", drawn["curves-resnet18.png"])
		golden(t, "one-epoch/top1.png", drawn["top1.png"])
	})
	t.Run("all failed", func(t *testing.T) {
		r := layout.MadeUpTrial(map[string]any{results.ModelKey: "resnet18", results.BlockKey: "none", results.SeedKey: 1}, 0.6, 2)
		r.Result.Failure = "stopped"
		if drawn := render(t, l, []results.Record{r}); len(drawn) != 3 {
			t.Errorf("%d files for a failed trial", len(drawn))
		}
	})
	t.Run("seeds alone", func(t *testing.T) {
		var same []results.Record
		for _, r := range records {
			if r.Kind == results.KindTrial && r.Settings[results.ModelKey] == "resnet18" && r.Settings[results.BlockKey] == "ce" {
				same = append(same, r)
			}
		}
		if drawn := sheet(t, layout.Layout{Title: "One case", Kind: layout.Sweep, Axes: []string{results.SeedKey}},
			same); drawn["curves.svg"] == "" {
			t.Error("no curves")
		}
	})
	t.Run("too many lines", func(t *testing.T) {
		var many []results.Record
		for i := range 20 {
			many = append(many, layout.MadeUpTrial(map[string]any{"train.lr": 0.01 * float64(i), results.SeedKey: 1}, 0.8, 3))
		}
		drawn := sheet(t, layout.Layout{Title: "Rates", Kind: layout.Sweep, Axes: []string{"train.lr"}}, many)
		if drawn["curves.svg"] != "" || drawn["top1.svg"] == "" {
			t.Error("want the overview alone")
		}
	})
}

func TestRenderRefuses(t *testing.T) {
	l, records := layout.MadeUpTable1()
	trial := records[0]
	other := trial
	other.Identity = layout.Hash("other")
	broken := trial
	broken.Identity = "?"
	cost := records[slices.IndexFunc(records, func(r results.Record) bool { return r.Kind == results.KindNetwork })]
	n := *cost.Network
	n.Params++
	otherCost := cost
	otherCost.Identity, otherCost.Network = layout.Hash("other cost"), &n
	for _, test := range []struct {
		name, want string
		change     func(*layout.Layout)
		records    []results.Record
	}{
		{"two trials of a seed", "no axis", nil, []results.Record{trial, other}},
		{"broken record", "SHA-256", nil, []results.Record{broken}},
		{"two costs", "disagree", nil, []results.Record{cost, otherCost}},
		{"kind", "neither", func(l *layout.Layout) { l.Kind = "pie" }, nil},
		{"axis of blocks", "use layout", func(l *layout.Layout) { l.Axes = []string{"train.lr"} }, nil},
		{"axis twice", "twice", func(l *layout.Layout) { l.Axes = []string{results.SeedKey, results.SeedKey} }, nil},
		{"threshold", "[0, 1]", func(l *layout.Layout) { l.ExpectBaseline = 86 }, nil},
		{"classes", "-1 classes", func(l *layout.Layout) { l.Classes = -1 }, nil},
		{"paper twice", "given twice", func(l *layout.Layout) { l.Paper = append(l.Paper, l.Paper[0]) }, nil},
		{"bound", "within -1 points", func(l *layout.Layout) { l.Compare = slices.Clone(l.Compare); l.Compare[0].Within = -1 }, nil},
		{"paper negative", "a figure of the paper", func(l *layout.Layout) { l.Paper = []layout.PaperCell{{Top1: layout.Ptr(-1)}} }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := l
			if test.change != nil {
				test.change(&l)
			}
			dir := filepath.Join(t.TempDir(), "new")
			if _, _, err := folder.Render(dir, l, test.records); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("refused, and yet the folder is there")
			}
			if _, err := summary(l, test.records, 0); err == nil {
				t.Error("Summary does not refuse")
			}
		})
	}
}

// A trial that was done again counts once, as it ended last.
func TestRenderLatest(t *testing.T) {
	l, records := layout.MadeUpTable1()
	failed := records[0]
	r := *failed.Result
	r.Failure = "stopped"
	failed.Result = &r
	want := sheet(t, l, records)
	got := sheet(t, l, append([]results.Record{failed}, records...))
	if got["table.md"] != want["table.md"] {
		t.Error("a failure that was made good still shows")
	}
}

// A sweep of which one case is asked for, with several seeds or one, has its curves, and those of the training labels.
func TestOneCase(t *testing.T) {
	for _, axes := range [][]string{{results.SeedKey}, nil} {
		l, records := layout.MadeUpSweep()
		l.Axes = axes
		records = records[:max(1, 3*len(axes))]
		for _, r := range records {
			for i := range r.Result.Epochs {
				r.Result.Epochs[i].FitTop1 = layout.Ptr(0.7)
			}
		}
		drawn := sheet(t, l, records)
		for _, name := range []string{"curves.svg", "curves-training.svg", "table.md"} {
			if drawn[name] == "" {
				t.Errorf("axes %v: %s is not drawn", axes, name)
			}
		}
	}
}
