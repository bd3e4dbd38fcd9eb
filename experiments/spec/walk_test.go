package spec

import (
	"reflect"
	"strings"
	"testing"
)

// toy are the settings of a block that only this test has.
type toy struct {
	_      struct{}  `doc:"weights of the taps,"`
	_      struct{}  `doc:"the first the nearest"`
	Weight []float64 `toml:"weights" default:"0.5 0.25" range:"(0,1]" order:"distinct"`
	Kind   string    `toml:"kind" default:"mean" choices:"mean max"`
	Inner  struct {
		Steps int `toml:"steps" range:"[1,)" needs:"toy.kind=max"`
	} `toml:"inner"`
	rest func()
}

// A struct that a registry adds is a table of settings: checked, with defaults, swept, in the schema and in identities; a list of numbers
// too.
func TestAddedTable(t *testing.T) {
	var names Names
	names.AddBlocks("toy", toy{rest: func() {}}, "toy")
	load := func(lines string) (*Spec, error) {
		return Load("t.toml", []byte("title = \"t\"\nseeds = [1]\n[data]\nsource = \"x\"\n[train]\nepochs = 1\nbatch = 8\nlr = 0.1\n"+
			"[model]\nbackbone = \"b\"\nblock = \"toy\"\n[toy]\n"+lines), names)
	}
	s, err := load("kind = \"max\"\ninner.steps = 3\n[sweep]\ntoy.weights = [[0.5, 0.25], [1, 0.1]]\n")
	if err != nil {
		t.Fatal(err)
	}
	list := s.Trials()
	one, two := Of[toy](list[0]), Of[toy](list[1])
	if len(list) != 2 || two.Weight[1] != 0.1 || one.Kind != "max" || one.Inner.Steps != 3 || one.rest == nil {
		t.Errorf("settings %+v and %+v", one, two)
	}
	if list[1].Get("toy.inner.steps") != 3 || list[0].Identity("", "") == list[1].Identity("", "") ||
		list[0].Settings()["toy.weights"] == nil {
		t.Errorf("settings of trials %v and %v", list[0].Settings(), list[1].Settings())
	}
	if err := s.Set("toy.weights", []float64{0.5, 0.25}); err != nil || s.Count() != 1 ||
		s.Trials()[0].Identity("", "") != list[0].Identity("", "") {
		t.Errorf("the default, given: %v, %d trials", err, s.Count())
	}
	schema := Schema(names)["properties"].(map[string]any)["toy"].(schemaObject)["properties"].(map[string]any)["weights"].(map[string]any)
	if schema["description"] != "weights of the taps, the first the nearest" || schema["uniqueItems"] != true {
		t.Errorf("schema %v", schema)
	}
	for lines, want := range map[string]string{
		"weights = [0]":         "t.toml:13: toy.weights: 0 is out of range: expected a list of numbers, each above 0 and at most 1",
		"weights = [0.5, 0.5]":  "t.toml:13: toy.weights: 0.5 is listed twice",
		"kind = \"median\"":     `t.toml:13: toy.kind: unknown kind "median"; nearest: "mean" (known: mean, max)`,
		"inner.steps = 2":       `t.toml:13: toy.inner.steps: has no effect: no trial has toy.kind = "max"`,
		"weight = [1]":          `t.toml:13: toy.weight: unknown key; nearest: "toy.weights"`,
		"inner.step = 2":        `t.toml:13: toy.inner.step: unknown key; nearest: "toy.inner.steps"`,
		"inner = 2":             "t.toml:13: toy.inner: expected the table [toy.inner], got the integer 2",
		"weights = [\"a\", 1]":  "t.toml:13: toy.weights: expected a list of numbers",
		"weights = [1, 2, nan]": "t.toml:13: toy.weights: 2 is out of range",
	} {
		if _, err := load(lines + "\n"); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", lines, err, want)
		}
	}
}

// Malformed tags are programming errors.
func TestMalformedTags(t *testing.T) {
	for name, s := range map[string]any{
		"type": struct {
			X int8 `toml:"x"`
		}{},
		"default": struct {
			X int `toml:"x" default:"a"`
		}{},
		"default out of range": struct {
			X int `toml:"x" default:"3" range:"[0,2]"`
		}{},
		"default not a choice": struct {
			X string `toml:"x" default:"c" choices:"a b"`
		}{},
		"range": struct {
			X int `toml:"x" range:"0,1"`
		}{},
		"bound": struct {
			X int `toml:"x" range:"[0,b]"`
		}{},
		"needs": struct {
			X int `toml:"x" needs:"model"`
		}{},
		"quick": struct {
			X int `toml:"x" quick:"few"`
		}{},
		"is": struct {
			X int `toml:"x" is:"optional"`
		}{},
	} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "spec: ") {
					t.Errorf("%s: panics with %q", name, text)
				}
			}()
			settingsOf("t", reflect.TypeOf(s))
		}()
	}
}
