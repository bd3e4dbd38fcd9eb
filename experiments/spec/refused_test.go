package spec_test

import (
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/suite"
)

// A rate that is none, and a kind that is none, are refused with what is expected.
func TestCorruptionRefused(t *testing.T) {
	for key, c := range map[string]struct {
		v    any
		want string
	}{"corrupt.rate": {1.5, "from 0 to 1"}, "corrupt.kind": {"pairs", "pairwise"}} {
		s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), suite.Names())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Set(key, c.v); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %v: %v", key, c.v, err)
		}
	}
}

// A block that would stand nowhere is refused with where it can.
func TestNowhere(t *testing.T) {
	text := strings.Replace(spectest.Tiny, "[train]", "position = \"bn3\"\nblock_stem = false\n[train]", 1)
	_, err := spec.Load("tiny.toml", []byte(text), suite.Names())
	if err == nil || !strings.Contains(err.Error(), `"bn2"`) {
		t.Errorf("position bn3 of a network with two BatchNorms a unit: %v", err)
	}
}

// A table that cannot be drawn is refused before anything is trained.
func TestTableThatCannotBeDrawn(t *testing.T) {
	text := strings.Replace(spectest.Tiny, "title", "table = \"blocks\"\ntitle", 1) + "corrupt.rate = [0, 0.2]\n"
	_, err := spec.Load("tiny.toml", []byte(text), suite.Names())
	if err == nil || !strings.Contains(err.Error(), "sweep.corrupt.rate") || !strings.Contains(err.Error(), `table = "sweep"`) {
		t.Errorf("blocks over rates: %v", err)
	}
}

// Claims over what does not vary, or is not a number, are refused.
func TestClaimsOver(t *testing.T) {
	swept := spectest.Tiny + "corrupt.rate = [0, 0.2]\n"
	for want, c := range map[string]string{
		`nearest: "corrupt.rate"`:           "[claims]\nover = \"corrupt.rat\"\n",
		"no value of \"corrupt.rate\"":      "[claims]\nover = \"corrupt.rate\"\nabove = 0.2\n",
		"expected a setting of numbers":     "[claims]\nover = \"model.block\"\n",
		"unknown key; nearest: \"claims.o":  "[claims]\novr = \"corrupt.rate\"\n",
		"claims.above: expected a number, ": "[claims]\nabove = \"0\"\n",
	} {
		_, err := spec.Load("tiny.toml", []byte(swept+c), suite.Names())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", c, err)
		}
	}
	s, err := spec.Load("tiny.toml", []byte(swept+"[claims]\nover = \"corrupt.rate\"\n"), suite.Names())
	if err != nil || s.Claims.Over != "corrupt.rate" {
		t.Errorf("claims over rates: %v", err)
	}
}
