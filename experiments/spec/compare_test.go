package spec_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/suite"
)

// Pairs of values are compared where the file names them, one or several of a setting; what no two trials differ in is refused.
func TestCompare(t *testing.T) {
	load := func(lines string) (*spec.Spec, error) {
		text := strings.Replace(spectest.Tiny, "[sweep]\n", "[sweep]\ntrain.lr = [0.05, 0.1]\nmodel.stages = [[1], [1, 2]]\n", 1)
		return spec.Load("tiny.toml", []byte(text+"[compare]\n"+lines), suite.Names())
	}
	s, err := load("train.lr = [0.1, 0.05]\nmodel.block = [[\"ce\", \"se\"], [\"se\", \"none\"]]\nmodel.stages = [[1, 2], [1]]\n")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(s.Compare), "[{train.lr 0.1 0.05} {model.block ce se} {model.block se none} {model.stages [1 2] "+
		"[1]}]"; got != want {
		t.Errorf("compared are %s, want %s", got, want)
	}
	if s, err = load("train.lr = [0.1, 0.05]\nwithin = 0.3\n"); err != nil || s.Equal.Within != 0.3 || len(s.Compare) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	for lines, want := range map[string]string{
		"within = 0.3":                         `compare.within: nothing is compared`,
		"within = 0\ntrain.lr = [0.1, 0.05]":   `compare.within: 0 is out of range`,
		"within = 101\ntrain.lr = [0.1, 0.05]": `compare.within: 101 is out of range`,
		"within = \"a\"":                       `compare.within: expected a number`,
		"withn = 0.3\ntrain.lr = [0.1, 0.05]":  `compare.withn: unknown key; nearest: "compare.within"`,
		"train.lr = 0.1":                       `compare.train.lr: expected two values, the one claimed to be better first, or a list of such`,
		"train.lr = [0.1]":                     `compare.train.lr: expected two values`,
		"train.lr = [0.1, 0.1]":                `compare.train.lr: compares 0.1 with itself`,
		"train.lr = [0.1, -1]":                 `compare.train.lr: `,
		"train.lr = [0.1, 0.2]":                `compare.train.lr: 0.2 is no value that "train.lr" takes`,
		"train.epochs = [1, 2]":                `compare.train.epochs: "train.epochs" does not vary`,
		"train.lrr = [1, 2]":                   `compare.train.lrr: unknown key`,
		`model.block = [["ce", "se"], ["ce"]]`: `compare.model.block: expected two values`,
	} {
		if _, err := load(lines); err == nil || !strings.Contains(err.Error(), "tiny.toml:22: "+want) && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", lines, err, want)
		}
	}
}

// Cases are compared by their names.
func TestCompareCases(t *testing.T) {
	load := func(pair string) (*spec.Spec, error) {
		cases := "[[case]]\nname = \"SE\"\nmodel.block = \"se\"\n[[case]]\nname = \"SE in stage 1\"\nmodel.block = \"se\"\nmodel.stages = [1]\n"
		text := strings.Replace(spectest.Tiny, "[sweep]\n", cases+"[sweep]\ntrain.lr = [0.05, 0.1]\n", 1)
		text = regexp.MustCompile(`(?m)^model\.block = \[.*\n`).ReplaceAllString(text, "")
		return spec.Load("tiny.toml", []byte(text+"[compare]\ncase = "+pair+"\n"), suite.Names())
	}
	s, err := load(`["SE", "SE in stage 1"]`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(s.Compare), "[{case SE SE in stage 1}]"; got != want {
		t.Errorf("compared are %s, want %s", got, want)
	}
	for pair, want := range map[string]string{
		`["SE", "SE in stage 2"]`: `compare.case: no case has the name "SE in stage 2"; nearest: "SE in stage 1"`,
		`["SE", "SE"]`:            `compare.case: compares "SE" with itself`,
		`["SE"]`:                  `compare.case: expected two values`,
		`["SE", 1]`:               `compare.case: expected a string, got the integer 1`,
	} {
		if _, err := load(pair); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", pair, err, want)
		}
	}
}

// Networks of different precisions are set against each other only where [compare] asks for that.
func TestComparePrecisions(t *testing.T) {
	text := strings.Replace(spectest.Tiny, "[sweep]\n", "[sweep]\ntrain.precision = [\"float32\", \"bf16\"]\n", 1)
	const contrast, compare = "[claims]\ncontrast = \"train.precision\"\n", "[compare]\ntrain.precision = [\"bf16\", \"float32\"]\n"
	for lines, refused := range map[string]bool{"": false, compare: false, contrast + compare: false, contrast: true} {
		_, err := spec.Load("tiny.toml", []byte(text+lines), suite.Names())
		printed := err != nil && strings.Contains(err.Error(), "claims.contrast") && strings.Contains(err.Error(), "[compare]")
		if refused != printed || !refused && err != nil {
			t.Errorf("%q: %v", lines, err)
		}
	}
	cases := strings.Replace(text, "train.precision = [\"float32\", \"bf16\"]\n", "", 1)
	cases += "[claims]\ncontrast = \"case\"\n[[case]]\nname = \"a\"\ntrain.precision = \"bf16\"\n[[case]]\nname = \"b\"\ntrain.lr = 0.2\n"
	if _, err := spec.Load("tiny.toml", []byte(cases), suite.Names()); err == nil || !strings.Contains(err.Error(), "different precisions") {
		t.Errorf("cases of two precisions: %v", err)
	}
}
