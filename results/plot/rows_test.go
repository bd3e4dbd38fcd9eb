package plot

import (
	"bytes"
	"cenet/results/chart"
	"cenet/results/stats"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// madeUpForest has made-up intervals of two networks in three comparisons, of which one is missing.
func madeUpForest() chart.Chart {
	interval := func(mean, sd float64) *stats.Interval {
		return &stats.Interval{N: 5, Mean: mean, SD: sd, Half: 2.776445105 * sd / math.Sqrt(5), Min: mean - sd, Max: mean + sd}
	}
	a, b := "ResNet-50, CIFAR-100, width 0.25, 30 epochs", "MobileNetV2, CIFAR-100, 20 epochs"
	return chart.Chart{Name: "forest", Title: "Made-up differences", Panels: []chart.Panel{
		{Title: "SE − baseline", X: "Top-1 (pp)", Rows: []chart.Row{{Label: a, Ours: interval(0.8, 0.5), Paper: new(1.0)},
			{Label: b, Ours: interval(1.2, 0.4), Paper: new(1.0)}}},
		{Title: "CE − baseline", X: "Top-1 (pp)", Rows: []chart.Row{{Label: a, Ours: interval(1.4, 0.6), Paper: new(1.7)}, {Label: b}}},
		{Title: "CE − SE", X: "Top-1 (pp)", Rows: []chart.Row{{Label: a, Ours: interval(0.6, 0.3), Paper: new(0.7)},
			{Label: b, Ours: interval(-0.9, 0.2)}}},
	}}
}

var update = flag.Bool("update", false, "write the golden files of this package anew")

func TestForest(t *testing.T) {
	c := madeUpForest()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var read chart.Chart
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	d, err := read.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []int{4, 2, 3} // intervals and figures of the paper
	for i, p := range d.Panels {
		if len(p.Lines) != want[i] || !p.Named || !p.Zero || p.XAxis != d.Panels[0].XAxis || p.XAxis.Min >= 0 || p.XAxis.Max <= 0 {
			t.Errorf("panel %d: %d lines on %+v", i, len(p.Lines), p.XAxis)
		}
		if names := p.YAxis.Ticks; len(names) != 2 || names[1].Label != c.Panels[0].Rows[0].Label {
			t.Errorf("panel %d: rows %v, want the first on top", i, names)
		}
	}
	ours, paper := d.Panels[2].Lines[0], d.Panels[2].Lines[1]
	if ours.X[0] != 1 || ours.Y[0] != 0.6 || math.Abs(ours.Hi[0]-ours.Y[0]-2.776*0.3/math.Sqrt(5)) > 1e-3 || ours.Look.Marker != "disc" {
		t.Errorf("%+v is not CE − SE of the first row", ours)
	}
	if paper.Y[0] != 0.7 || paper.Bounded(0) || paper.Look.Marker != "diamond" {
		t.Errorf("%+v is not the paper's", paper)
	}
	files, err := Files(d)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for ending, data := range files {
		path := filepath.Join(dir, "forest"+ending)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", "forest"+ending)
		if *update {
			if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, want) {
			t.Errorf("%s differs from what is drawn now (%s); if it should, run go test ./results/plot -update", golden, path)
		}
	}
	for name, bad := range map[string]chart.Panel{
		"nothing": {Rows: []chart.Row{{Label: "a"}}}, "no number": {Rows: []chart.Row{{Label: "a", Paper: new(math.NaN())}}},
		"both kinds": {Rows: c.Panels[0].Rows, Lines: []chart.Line{{}}},
		"infinite":   {Rows: []chart.Row{{Label: "a", Ours: &stats.Interval{N: 3, Mean: 1, SD: 1, Half: math.Inf(1)}}}},
	} {
		if _, err := (chart.Chart{Name: "bad", Panels: []chart.Panel{bad}}).Resolve(nil); err == nil {
			t.Errorf("%s is drawn", name)
		}
	}
}
