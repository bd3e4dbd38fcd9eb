package spec_test

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/suite"
)

// Commas outside quotes and brackets part the values of a sweep; whatever is TOML by itself is one value.
func TestValue(t *testing.T) {
	several := func(values ...any) []any { return values }
	for text, want := range map[string]any{
		"0.1": 0.1, "ce": "ce", `"a,b"`: "a,b", `'a,b'`: "a,b", "[1, 2]": []any{int64(1), int64(2)}, "": "", "a b": "a b",
		"0.03,0.1":     several(0.03, 0.1),
		"none, ce":     several("none", "ce"),
		`"a,b",c`:      several("a,b", "c"),
		"[1,2],[3]":    several([]any{int64(1), int64(2)}, []any{int64(3)}),
		"true,false":   several(true, false),
		"1,":           several(int64(1), ""),
		`"a\",b", 'c'`: several(`a",b`, "c"),
	} {
		got, err := spec.Value(text)
		if s, ok := got.(spec.Alternatives); ok {
			if s.Text != text {
				t.Errorf("%q: the text became %q", text, s.Text)
			}
			got = s.Values
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, want %#v (%v)", text, got, want, err)
		}
	}
}

// A command line sweeps a setting by commas: in the place of the file's axis, or as a new one.
func TestSweepOfCommandLine(t *testing.T) {
	load := func(changes ...string) (*spec.Spec, error) {
		s := spectest.Load(t, suite.Names(), nil)
		for _, c := range changes {
			key, text, _ := strings.Cut(c, "=")
			v, err := spec.Value(text)
			if err == nil {
				err = s.Change(key, v)
			}
			if err != nil {
				return nil, err
			}
		}
		return s, s.Check()
	}
	for _, c := range []struct {
		changes []string
		trials  []string
		folder  string
	}{
		{[]string{"model.block=ce,se"}, []string{"ce seed 1", "se seed 1"}, "model.block=ce,se"},
		{[]string{"seeds=[1]", "model.block=ce", "train.lr=0.1,0.2"}, []string{"lr=0.1 seed 1", "lr=0.2 seed 1"},
			"model.block=ce+seeds=1+train.lr=0.1,0.2"},
		{[]string{"seeds=[1]", "model.block=ce", "model.zero_last_gamma=true,false"}, []string{"last_gamma=0 seed 1", "last_gamma=1 seed 1"},
			"model.block=ce+model.last_gamma=0,1+seeds=1"},
		{[]string{"seeds=[1]", "model.block=ce", "train.schedule=step", "train.epochs=9", "train.milestones=[2],[2,4]"},
			[]string{"milestones=[2] seed 1", "milestones=[2 4] seed 1"}, ""},
	} {
		s, err := load(c.changes...)
		if err != nil {
			t.Errorf("%v: %v", c.changes, err)
			continue
		}
		if got := namesOfTrials(s); !slices.Equal(got, c.trials) {
			t.Errorf("%v: %q, want %q", c.changes, got, c.trials)
		}
		if got := filepath.Base(s.Folder("", false)); c.folder != "" && got != c.folder {
			t.Errorf("%v: folder %s, want %s", c.changes, got, c.folder)
		}
	}
	for change, want := range map[string]string{
		"seeds=1,2": "cannot be swept: it has one value; expected a list of integers, each from 0 to 2147483647; a list has " +
			"brackets: [1,2]",
		"train.lr=0.1,0.1":     "train.lr: 0.1 is listed twice",
		"train.lr=0.1,x":       "expected a number",
		"train.milestones=3,4": "a list has brackets: [3,4]",
		"train.epochs=1,0":     "0 is out of range",
		"costs=true,false":     "cannot be swept",
		"train.lrr=1,2":        "unknown key",
	} {
		if _, err := load(change); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
	if s, err := load("title=one, two"); err != nil || s.Title != "one, two" {
		t.Errorf("a title with a comma: %v", err)
	}
	check, err := suite.Names().LoadNamed("prop1")
	if err != nil {
		t.Fatal(err)
	}
	v, _ := spec.Value("1,2")
	if err := check.Change("prop1.steps", v); err == nil || !strings.Contains(err.Error(), "a list has brackets: [1,2]") {
		t.Errorf("a list of a check without brackets: %v", err)
	}
}

// The sweep and the cases override the value that a file gives outside them, wherever in the file that is.
func TestVariedOverridesGiven(t *testing.T) {
	dir := spectest.Files(t, map[string]string{
		"tiny.toml":   strings.Replace(spectest.Tiny, "[sweep]", "[sweep]\ntrain.lr = [0.2, 0.4]", 1),
		"after.toml":  "extends = \"tiny.toml\"\n[sweep]\ntrain.lr = [0.3]\nmodel.block = [\"se\"]\n[train]\nlr = 0.9\n",
		"before.toml": "extends = \"tiny.toml\"\n[train]\nlr = 0.9\n[sweep]\ntrain.lr = [0.3]\nmodel.block = [\"se\"]\n",
		"case.toml": "extends = \"tiny.toml\"\n[[case]]\ntrain.lr = 0.3\n[[case]]\nmodel.block = \"ir\"\n[train]\nlr = 0.9\n[model]\nblock = " +
			"\"se\"\n",
	})
	for name, want := range map[string][]float64{"tiny": {0.2, 0.4}, "after": {0.3}, "before": {0.3}, "case": {0.3, 0.9}} {
		s, err := loadFile(filepath.Join(dir, name+".toml"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var rates []float64
		for _, trial := range s.Trials() {
			if !slices.Contains(rates, trial.Train.LR) {
				rates = append(rates, trial.Train.LR)
			}
		}
		if !slices.Equal(rates, want) {
			t.Errorf("%s: rates %v, want %v", name, rates, want)
		}
	}
}

// The name of a case is in the names of its trials and is the table's column; what the trial computes is the same without it.
func TestNamedCase(t *testing.T) {
	load := func(name string) *spec.Spec {
		s, err := spec.Load("tiny.toml", []byte(strings.Replace(spectest.Tiny, "[sweep]",
			"[[case]]\n"+name+"train.lr = 0.2\ntrain.momentum = 0.5\n[[case]]\ntrain.lr = 0.4\n[sweep]", 1)), suite.Names())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	named, plain := load("name = \"slow\"\n"), load("")
	if err := named.Set("seeds", []int{1}); err != nil {
		t.Fatal(err)
	}
	if err := plain.Set("seeds", []int{1}); err != nil {
		t.Fatal(err)
	}
	if got, want := named.Columns(), []string{"case", "model.block"}; !slices.Equal(got, want) {
		t.Errorf("columns %q, want %q", got, want)
	}
	x, y := named.Trials(), plain.Trials()
	for i := range x {
		if x[i].Identity("data", "1") != y[i].Identity("data", "1") {
			t.Errorf("%v is another trial than %v", &x[i], &y[i])
		}
		if y[i].Settings()["case"] != nil {
			t.Errorf("%v has a case's name", &y[i])
		}
	}
	if got, want := namesOfTrials(named), []string{"slow none seed 1", "slow se seed 1", "slow ce seed 1",
		"lr=0.4 none seed 1"}; !slices.Equal(got[:4], want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := x[0].Settings()["case"]; got != "slow" {
		t.Errorf("the case is %v", got)
	}
}
