package theory

import (
	"slices"
	"testing"

	"cenet/nash"
)

// The sentences say under which conditions a claim holds and fails, and never call a failed claim confirmed.
func TestAnswers(t *testing.T) {
	finding := func(id string, holds bool, failures int) nash.Finding {
		return nash.Finding{Statement: nash.Statement{ID: id, Holds: holds}, Cases: 9, Failures: failures}
	}
	file := func(id string) string { return "cases/" + id + ".json" }
	for name, test := range map[string]struct {
		check    string
		findings []nash.Finding
		want     []string
	}{
		"as expected": {nash.NameProposition1, []nash.Finding{finding("scale-1", true, 0), finding("scale-3", false, 2),
			finding("scale-exact", false, 1)}, []string{
			"Proposition 1 (1), |γ̂_c| ≥ |γ_c| for every channel, holds for T = 1; it fails for T = 3 and for the exact root (counterexample: " +
				"--case cases/scale-3.json).",
			"3 of 3 statements came out as expected."}},
		"otherwise": {nash.NameProposition1, []nash.Finding{finding("scale-1", true, 1), finding("scale-3", false, 0)}, []string{
			"Proposition 1 (1), |γ̂_c| ≥ |γ_c| for every channel, holds for T = 3; it fails for T = 1 (counterexample: --case cases/scale-1.json).",
			"0 of 2 statements came out as expected; not scale-1, scale-3."}},
		"without condition": {nash.NameRemark1, []nash.Finding{finding("only-if", false, 4)}, []string{
			"Its converse, that only a γ close to 0 inhibits a channel, fails (counterexample: --case cases/only-if.json).",
			"1 of 1 statements came out as expected."}},
		"no case": {nash.NameGames, []nash.Finding{{Statement: nash.Statement{ID: "plus"}}},
			[]string{"0 of 1 statements came out as expected; not plus."}},
		"a study":    {"gamma", nil, nil},
		"unexamined": {nash.NameGames, nil, nil},
	} {
		if got := Answers(test.check, test.findings, file); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%q, want\n%q", name, got, test.want)
		}
	}
}

// Each statement that a sentence names is decided by its check.
func TestAnswersNameStatements(t *testing.T) {
	for check, list := range answers {
		known := nash.StatementsOf(check)
		if len(known) == 0 {
			t.Errorf("%s decides nothing", check)
		}
		for _, a := range list {
			for _, c := range a.conditions {
				if !slices.ContainsFunc(known, func(s nash.Statement) bool { return s.ID == c.id }) {
					t.Errorf("%s: no statement is called %s", check, c.id)
				}
			}
		}
	}
}
