package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"cenet/experiments/report"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/suite"
)

// FuzzLoad checks that a file is refused in lines that name it, or makes trials that can be resolved, distinguished and drawn.
func FuzzLoad(f *testing.F) {
	names := suite.Names()
	for _, name := range names.Embedded() {
		_, src, err := names.Open(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	for _, src := range spec.Nasty {
		f.Add(src)
	}
	for _, src := range []string{
		spectest.Tiny,
		"extends = \"table1\"\n[sweep]\ntrain.lr = [0.1, 1e-3]\n[[case]]\nce.group = 8\n[[case]]\nce.group = 16\n",
		"extends = \"nash\"\n[nash]\ngames = 1\n", "extends = \"prop1\"\nseeds = [1]\n[train]\nepochs = 1\n",
		"extends = \"table1\"\n[data]\nsize = 224\nresize = 256\ncrop = 0\ncrop_mode = \"resized\"\nsource = \"folder\"\ndir = \"x\"\n",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		s, err := spec.Load("fuzz.toml", []byte(src), names)
		if err != nil {
			lines := strings.Split(err.Error(), "\n")
			if len(lines) > spec.MostMistakes+1 {
				t.Fatalf("%d lines", len(lines))
			}
			for _, line := range lines {
				var at int
				if _, err := fmt.Sscanf(line, "fuzz.toml:%d: ", &at); err != nil || at < 1 || at > 1+strings.Count(src, "\n") || len(line) > 2000 {
					t.Fatalf("%q is no line on a mistake (%v)", line, err)
				}
			}
			return
		}
		if err := s.Check(); err != nil {
			t.Fatalf("loaded, but fails its check: %v", err)
		}
		if s.Checks != "" || s.Count() > 200 {
			return
		}
		trials := s.Trials()
		if len(trials) != s.Count() || len(trials) == 0 {
			t.Fatalf("%d trials, counted %d", len(trials), s.Count())
		}
		seen := map[string]bool{}
		for _, trial := range trials {
			if seen[trial.String()] {
				t.Fatalf("two trials are called %s", &trial)
			}
			seen[trial.String()] = true
			trial.Identity("", "")
		}
		report.Layout(s, false, nil)
	})
}
