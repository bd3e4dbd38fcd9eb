package spec

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Trial is one combination of a spec's sweep with one of its seeds.
type Trial struct {
	Experiment string // name of the spec
	Setup
	Seed   int
	Axes   []string // the spec's
	Values []any    // on each of Axes; nil where the trial's case leaves it
	Case   string   // where a case has a name, that of the trial's case; else ""
	Start  Start

	cased int // how many of Axes the case's name replaces
}

// WeightsKey is the setting of the file of weights that a trial starts from.
const WeightsKey = "model.weights"

// A Start is the file of weights that a trial starts from. The zero Start: the trial starts from its own initial values.
type Start struct {
	Path string
	Hash string // SHA-256 in hexadecimal: part of the trial's identity, in place of the path; whoever takes that identity sets it before
}

// Trials returns all trials: the product of the cases, which change slowest, of the sweep's axes, the first before the second, and of the
// seeds, which change fastest.
func (s *Spec) Trials() []Trial {
	var list []Trial
	axes, named := s.Axes(), s.named()
	done, of := 0, max(1, s.Count()/max(1, len(s.Seeds)*len(s.Cases))) // combinations, and how many there are of a case
	for values := range s.combinations {
		setup := s.setup(values)
		t := Trial{Experiment: s.Name, Setup: setup, Axes: axes, Values: values}
		if file := setup.Model.Weights; file != "" {
			t.Start.Path = file
			if !filepath.IsAbs(file) {
				t.Start.Path = filepath.Join(s.folders[file], file)
			}
		}
		if named {
			t.Case, t.cased = s.Cases[done/of].String(), len(s.caseKeys())
		}
		for _, t.Seed = range s.Seeds {
			list = append(list, t)
		}
		done++
	}
	return list
}

// String names the trial by what tells it from the others of its experiment.
func (t *Trial) String() string {
	var words []string
	if t.Case != "" {
		words = append(words, t.Case)
	}
	for i, v := range t.Values {
		if i >= t.cased && v != nil {
			words = append(words, valueWord(t.Axes[i], v))
		}
	}
	return strings.Join(append(words, "seed "+strconv.Itoa(t.Seed)), " ")
}

// valueWord is the value of a setting in the name of a trial: of two numbers, a reader has to know what they are.
func valueWord(key string, v any) string {
	if key == "model.backbone" || key == "model.block" {
		return fmt.Sprint(v)
	}
	if v == "" {
		v = "none"
	}
	return fmt.Sprintf("%s=%v", lastPart(key), v)
}

// String names the case: its name, else its settings.
func (c Case) String() string {
	if c.Name != "" {
		return c.Name
	}
	var words []string
	for _, key := range slices.Sorted(maps.Keys(c.Settings)) {
		words = append(words, valueWord(key, c.Settings[key]))
	}
	return strings.Join(words, " ")
}

// CaseName names the trial without its seed.
func (t *Trial) CaseName() string {
	one := *t
	one.Seed = 0
	return strings.TrimSuffix(strings.TrimSuffix(one.String(), "seed 0"), " ")
}

// Quick is one seed of every case, of which the first steps are trained.
func Quick(trials []Trial) []Trial {
	var list []Trial
	seed := trials[0].Seed
	for _, t := range trials {
		if t.Seed == seed {
			list = append(list, t)
		}
	}
	return list
}
