package weights

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A view says in one line what is wrong with it, by the name of its part.
func TestViewCheck(t *testing.T) {
	for _, c := range []struct {
		change func(w *View)
		want   string // "": nothing is wrong
	}{
		{func(*View) {}, ""},
		{func(w *View) { w.Height, w.Width, w.Resize = 32, 96, 0 }, ""},
		{func(w *View) { w.Resize = 0 }, ""},
		{func(w *View) { w.Deviation = []float64{1, 1. / 255, 0.5} }, ""},
		{func(w *View) { w.Height, w.Width = 32, 96 }, "resize: 256 with a size of 32×96"},
		{func(w *View) { w.Height = 0 }, "size: 0×224"},
		{func(w *View) { w.Width = MaxSide + 1 }, "size: 224×8193"},
		{func(w *View) { w.Resize = 223 }, "resize: 223, expected the size 224"},
		{func(w *View) { w.Resize = -1 }, "resize: -1"},
		{func(w *View) { w.Mean = w.Mean[:2] }, "mean: 2 means and 3 deviations, expected 3"},
		{func(w *View) { w.Deviation = nil }, "std: 3 means and 0 deviations"},
		{func(w *View) { w.Mean = []float64{0, 0, math.NaN()} }, "mean: NaN"},
		{func(w *View) { w.Mean = []float64{0, 0, 123.675} }, "mean: 123.675, expected numbers from 0 to 1: of pixel values from 0 to 1, so " +
			"divide by 255 to get 0.485"},
		{func(w *View) { w.Mean = []float64{-0.1, 0, 0} }, "mean: -0.1"},
		{func(w *View) { w.Deviation = []float64{0, 1, 1} }, "std: 0"},
		{func(w *View) { w.Deviation = []float64{1, math.Inf(1), 1} }, "std: +Inf"},
		{func(w *View) { w.Deviation = []float64{1, 1, 58.395} }, "std: 58.395, expected numbers above 0 and at most 1: of pixel values from 0 " +
			"to 1, so divide by 255 to get 0.229"},
	} {
		w := ImageNetView()
		c.change(&w)
		err := w.Check(3)
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", w, err, c.want)
		}
	}
}

// A file to write is not one of those that are read, and its folder can be written to.
func TestCheckOutput(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(at("in"), []byte("x"), 0o600), os.WriteFile(at("other"), nil, 0o600), os.Mkdir(at("folder"), 0o700),
		os.Link(at("in"), at("hard")),
		os.Symlink("in", at("soft")), os.Symlink("nothing", at("dangling")), os.Symlink("folder", at("linked")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"in": "is the input", "hard": "is the input", "soft": "is the input", "linked/../in": "is the input", "folder": "is a folder",
		"linked":      "is a folder",
		"missing/out": "no such file or directory", "in/out": "not a directory", "other": "", "new": "", "dangling": "", "folder/new": "",
	} {
		err := CheckOutput(at(name), at("missing"), at("in"))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if err := CheckOutput(os.DevNull, at("in")); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(at(".*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}
