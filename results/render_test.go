package results

import (
	"bytes"
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
		t.Errorf("%s differs from what is drawn now (%s); if it should, run go test ./results -update", path, other)
	}
}

// sameImage compares pixels, each channel within 5 % of its range: no more than another rounding moves the edge of a glyph.
// It stands for gonum's cmpimg, which compares PDF too and would add a PDF reader to the module.
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

func render(t *testing.T, l Layout, records []Record) map[string][]byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	files, err := Render(dir, l, records)
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
func sheet(t *testing.T, l Layout, records []Record) map[string]string {
	t.Helper()
	v, err := newView(l, records)
	if err != nil {
		t.Fatal(err)
	}
	drawn := make(map[string]string)
	figures := v.figures()
	for _, f := range figures {
		svg, err := f.svg()
		if err != nil {
			t.Fatal(err)
		}
		drawn[f.name+".svg"] = string(svg)
	}
	if drawn["table.md"], err = v.document(figures).Markdown(); err != nil {
		t.Fatal(err)
	}
	raw, err := csvTable(v.csv())
	if err != nil {
		t.Fatal(err)
	}
	drawn["table.csv"] = string(raw)
	return drawn
}

func TestRenderGolden(t *testing.T) {
	for _, test := range []struct {
		name  string
		of    func() (Layout, []Record)
		files []string
	}{
		{"blocks", madeUpTable1, []string{"table.md", "table.csv", "curves-resnet50.png", "curves-resnet50.svg", "top1.svg"}},
		{"sweep", madeUpSweep, []string{"table.md", "table.csv", "curves.svg", "top1.png"}},
		{"grid", madeUpGrid, []string{"table.md", "curves.png", "top1.svg"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, records := test.of()
			drawn := sheet(t, l, records)
			v, err := newView(l, records)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range v.figures() {
				if slices.Contains(test.files, f.name+".png") {
					data, err := f.png()
					if err != nil {
						t.Fatal(err)
					}
					drawn[f.name+".png"] = string(data)
				}
			}
			for _, f := range test.files {
				if drawn[f] == "" {
					t.Errorf("%s is not drawn", f)
					continue
				}
				golden(t, test.name+"/"+f, []byte(drawn[f]))
			}
			s, err := Summary(l, records, 0)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, test.name+"/summary.txt", []byte(s))
		})
	}
}

// The order of the records is that in which parallel trials finished, and their settings may have been through JSON: neither
// may change a byte.
func TestRenderIsAFunctionOfTheRecords(t *testing.T) {
	l, records := madeUpTable1()
	want := sheet(t, l, records)

	path := filepath.Join(t.TempDir(), "records.jsonl")
	if err := WriteRecords(path, records); err != nil {
		t.Fatal(err)
	}
	read, err := ReadRecords(path)
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
	l, records := madeUpTable1()
	t.Run("no records", func(t *testing.T) {
		drawn := render(t, l, nil)
		if len(drawn) != 3 || !strings.Contains(string(drawn["table.md"]), "no trial: ResNet-50, CE") {
			t.Errorf("%d files, table:\n%s", len(drawn), drawn["table.md"])
		}
	})
	t.Run("one seed, one epoch, quick", func(t *testing.T) {
		l := l
		l.Quick, l.Planned = true, []map[string]any{
			{ModelKey: "resnet18", BlockKey: "none", SeedKey: int64(1)}, {ModelKey: "resnet18", BlockKey: "ce", SeedKey: 1.0},
			{ModelKey: "resnet18", BlockKey: "se", SeedKey: 1},
		}
		records := []Record{
			madeUpTrial(map[string]any{ModelKey: "resnet18", BlockKey: "none", SeedKey: 1}, 0.6, 1),
			madeUpTrial(map[string]any{ModelKey: "resnet18", BlockKey: "ce", SeedKey: 1}, 0.6, 1),
		}
		drawn := render(t, l, records)
		page := string(drawn["table.md"])
		for _, want := range []string{quickBanner, " ± – ", "one seed; an interval needs three", "missing: ResNet-18, SE, 1 seed (1)"} {
			if !strings.Contains(page, want) {
				t.Errorf("table.md does not say %q:\n%s", want, page)
			}
		}
		if strings.Contains(page, "missing: ResNet-50") {
			t.Error("a trial that was not planned is missing")
		}
		golden(t, "one-epoch/curves-resnet18.png", drawn["curves-resnet18.png"])
		golden(t, "one-epoch/top1.png", drawn["top1.png"])
	})
	t.Run("all failed", func(t *testing.T) {
		r := madeUpTrial(map[string]any{ModelKey: "resnet18", BlockKey: "none", SeedKey: 1}, 0.6, 2)
		r.Result.Failure = "stopped"
		if drawn := render(t, l, []Record{r}); len(drawn) != 3 {
			t.Errorf("%d files for a failed trial", len(drawn))
		}
	})
	t.Run("seeds alone", func(t *testing.T) {
		var same []Record
		for _, r := range records {
			if r.Kind == KindTrial && r.Settings[ModelKey] == "resnet18" && r.Settings[BlockKey] == "ce" {
				same = append(same, r)
			}
		}
		if drawn := sheet(t, Layout{Title: "One case", Kind: LayoutSweep, Axes: []string{SeedKey}}, same); drawn["curves.svg"] == "" {
			t.Error("no curves")
		}
	})
	t.Run("too many lines", func(t *testing.T) {
		var many []Record
		for i := range 20 {
			many = append(many, madeUpTrial(map[string]any{"train.lr": 0.01 * float64(i), SeedKey: 1}, 0.8, 3))
		}
		drawn := sheet(t, Layout{Title: "Rates", Kind: LayoutSweep, Axes: []string{"train.lr"}}, many)
		if drawn["curves.svg"] != "" || drawn["top1.svg"] == "" {
			t.Error("want the overview alone")
		}
	})
}

func TestRenderRefuses(t *testing.T) {
	l, records := madeUpTable1()
	trial := records[0]
	other := trial
	other.Identity = hash("other")
	broken := trial
	broken.Identity = "?"
	cost := records[slices.IndexFunc(records, func(r Record) bool { return r.Kind == KindNetwork })]
	n := *cost.Network
	n.Params++
	otherCost := cost
	otherCost.Identity, otherCost.Network = hash("other cost"), &n
	for _, test := range []struct {
		name, want string
		change     func(*Layout)
		records    []Record
	}{
		{"two trials of a seed", "no axis", nil, []Record{trial, other}},
		{"broken record", "SHA-256", nil, []Record{broken}},
		{"two costs", "disagree", nil, []Record{cost, otherCost}},
		{"kind", "neither", func(l *Layout) { l.Kind = "pie" }, nil},
		{"axis of blocks", "use layout", func(l *Layout) { l.Axes = []string{"train.lr"} }, nil},
		{"axis twice", "twice", func(l *Layout) { l.Axes = []string{SeedKey, SeedKey} }, nil},
		{"threshold", "[0, 1]", func(l *Layout) { l.ExpectBaseline = 86 }, nil},
		{"classes", "-1 classes", func(l *Layout) { l.Classes = -1 }, nil},
		{"paper twice", "stand twice", func(l *Layout) { l.Paper = append(l.Paper, l.Paper[0]) }, nil},
		{"paper negative", "a figure of the paper", func(l *Layout) { l.Paper = []PaperCell{{Top1: Ptr(-1)}} }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := l
			if test.change != nil {
				test.change(&l)
			}
			dir := filepath.Join(t.TempDir(), "new")
			if _, err := Render(dir, l, test.records); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("refused, and yet the folder is there")
			}
			if _, err := Summary(l, test.records, 0); err == nil {
				t.Error("Summary does not refuse")
			}
		})
	}
}

// A trial that was done again counts once, as it ended last.
func TestRenderLatest(t *testing.T) {
	l, records := madeUpTable1()
	failed := records[0]
	r := *failed.Result
	r.Failure = "stopped"
	failed.Result = &r
	want := sheet(t, l, records)
	got := sheet(t, l, append([]Record{failed}, records...))
	if got["table.md"] != want["table.md"] {
		t.Error("a failure that was made good still shows")
	}
}

// A sweep of which one case is asked for, with several seeds or one, has its curves, and those of the training labels.
func TestOneCase(t *testing.T) {
	for _, axes := range [][]string{{SeedKey}, nil} {
		l, records := madeUpSweep()
		l.Axes = axes
		records = records[:max(1, 3*len(axes))]
		for _, r := range records {
			for i := range r.Result.Epochs {
				r.Result.Epochs[i].FitTop1 = Ptr(0.7)
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

// A trial's machine is named with the device that the network ran on, and without what then does not count.
func TestMachines(t *testing.T) {
	p := Provenance{CPU: "Acme 9", Cores: 16, Workers: 5, Kernels: "avx512", Version: "abc"}
	onDevice := p
	onDevice.Device = "Acme X100"
	got := machines("trained on", []Provenance{p, onDevice})
	want := []string{"trained on Acme 9, 16 cores, 5 workers, avx512 kernels, cenet abc", "trained on Acme X100 beside Acme 9, 16 cores, cenet abc"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
