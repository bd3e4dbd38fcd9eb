package results

import (
	"bytes"
	"cenet/results/stats"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// madeUpForest has made-up intervals of two networks in three comparisons, of which one is missing.
func madeUpForest() Chart {
	interval := func(mean, sd float64) *stats.Interval {
		return &stats.Interval{N: 5, Mean: mean, SD: sd, Half: 2.776445105 * sd / math.Sqrt(5), Min: mean - sd, Max: mean + sd}
	}
	a, b := "ResNet-50, CIFAR-100, width 0.25, 30 epochs", "MobileNetV2, CIFAR-100, 20 epochs"
	return Chart{Name: "forest", Title: "Made-up differences", Panels: []Panel{
		{Title: "SE − baseline", X: "Top-1 (pp)", Rows: []ForestRow{{a, interval(0.8, 0.5), Ptr(1)}, {b, interval(1.2, 0.4), Ptr(1)}}},
		{Title: "CE − baseline", X: "Top-1 (pp)", Rows: []ForestRow{{a, interval(1.4, 0.6), Ptr(1.7)}, {b, nil, nil}}},
		{Title: "CE − SE", X: "Top-1 (pp)", Rows: []ForestRow{{a, interval(0.6, 0.3), Ptr(0.7)}, {b, interval(-0.9, 0.2), nil}}},
	}}
}

func TestForest(t *testing.T) {
	c := madeUpForest()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var read Chart
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	f, err := read.figure(madeUpStyles, false)
	if err != nil {
		t.Fatal(err)
	}
	d := f.drawing()
	want := []int{4, 2, 3} // intervals and figures of the paper
	for i, a := range d.Panels {
		if len(a.Traces) != want[i] || !a.Names || !a.Zero || a.XMin != d.Panels[0].XMin || a.XMax != d.Panels[0].XMax || a.XMin >= 0 || a.XMax <= 0 {
			t.Errorf("panel %d: %d traces from %v to %v", i, len(a.Traces), a.XMin, a.XMax)
		}
		if len(a.YTicks) != 2 || a.YTicks[1].Label != c.Panels[0].Rows[0].Label {
			t.Errorf("panel %d: rows %v, want the first on top", i, a.YTicks)
		}
	}
	ours, paper := d.Panels[2].Traces[0], d.Panels[2].Traces[1]
	if p := ours.Points[0]; p.X != 1 || p.Y != 0.6 || !Near(p.Hi-p.Y, 2.776*0.3/math.Sqrt(5), 1e-3) || !ours.Rows || ours.Look.Marker != "disc" {
		t.Errorf("%+v is not CE − SE of the first row", ours)
	}
	if p := paper.Points[0]; p.Y != 0.7 || p.Bounded() || paper.Look.Marker != "diamond" {
		t.Errorf("%+v is not the paper's", paper)
	}
	dir := t.TempDir()
	for ending, draw := range map[string]func() ([]byte, error){".png": f.png, ".svg": f.svg} {
		data, err := draw()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "forest"+ending)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", "forest", "forest"+ending)
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
			t.Errorf("%s differs from what is drawn now (%s); if it should, run go test ./results -update", golden, path)
		}
	}
	for name, bad := range map[string]Panel{
		"nothing": {Rows: []ForestRow{{Label: "a"}}}, "no number": {Rows: []ForestRow{{Label: "a", Paper: Ptr(math.NaN())}}}, "both kinds": {Rows: c.Panels[0].Rows, Lines: []Line{{}}},
		"infinite": {Rows: []ForestRow{{Label: "a", Ours: &stats.Interval{N: 3, Mean: 1, SD: 1, Half: math.Inf(1)}}}},
	} {
		if _, err := (Chart{Name: "bad", Panels: []Panel{bad}}).figure(nil, false); err == nil {
			t.Errorf("%s is drawn", name)
		}
	}
}
