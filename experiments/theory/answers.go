package theory

import (
	"fmt"
	"slices"
	"strings"

	"cenet/nash"
)

// An answer is a sentence of a check: a subject, and the statements that decide under which conditions it holds.
type answer struct {
	subject    string
	conditions []condition
}

type condition struct{ id, words string } // no words: without condition

var answers = map[string][]answer{
	nash.NameRemark1: {
		{"Remark 1, that a channel is inhibited as γ → 0,", []condition{{"vanishes", "for β ≤ 0"}, {"any-shift", "for β > 0"}}},
		{"Its converse, that only a γ close to 0 inhibits a channel,", []condition{{"only-if", ""}}},
	},
	nash.NameProposition1: {
		{"Proposition 1 (1), |γ̂_c| ≥ |γ_c| for every channel,", []condition{{"scale-1", "for T = 1"}, {"scale-3", "for T = 3"},
			{"scale-exact", "for the exact root"}}},
		{"As a statement on variances, that none falls, it", []condition{{"variance", "for every T"}}},
		{"Proposition 1 (2), ‖Px‖ > ‖x‖,", []condition{{"length", "where ρ has full rank and two γ_c or more are not 0"},
			{"length-inhibited", "where all channels but one are inhibited"}}},
	},
	nash.NameGames: {
		{"That the game has one equilibrium, which every start reaches,", []condition{{"one-point", "for a spectral radius below 1"},
			{"beyond", "for a radius of 1 or more"}}},
		{"The closed form of the equilibrium", []condition{{"minus", "with − (2+δ)σ"}, {"plus", "with + (2+δ)σ, as printed"},
			{"short", "where power is short"}}},
		{"That CE's output has the form of the equilibrium, without δ,", []condition{{"identity", ""}}},
		{"That CE's layers meet the hypotheses of the game", []condition{{"hypotheses", ""}}},
		{"The inequality of matrix powers", []condition{{"convexity", "for the power −½"}, {"convexity-2", "for the power −2"}}},
	},
}

// Answers returns the sentences that a check prints at its end: the answers to its questions, and how many statements came out as
// expected. caseFile returns the file with the counterexample to a statement, "" without one.
func Answers(check string, findings []nash.Finding, caseFile func(id string) string) []string {
	var list []string
	for _, a := range answers[check] {
		if text := a.sentence(findings, caseFile); text != "" {
			list = append(list, text)
		}
	}
	if len(findings) == 0 {
		return list
	}
	var other []string
	for i := range findings {
		if !findings[i].Confirmed() {
			other = append(other, findings[i].ID)
		}
	}
	text := fmt.Sprintf("%d of %d statements came out as expected", len(findings)-len(other), len(findings))
	if other != nil {
		text += "; not " + strings.Join(other, ", ")
	}
	return append(list, text+".")
}

// sentence answers the question; "" if no case was examined.
func (a *answer) sentence(findings []nash.Finding, caseFile func(id string) string) string {
	var holds, fails []string
	examined, file := 0, ""
	for _, c := range a.conditions {
		i := slices.IndexFunc(findings, func(f nash.Finding) bool { return f.ID == c.id && f.Cases > 0 })
		if i < 0 {
			continue
		}
		examined++
		if findings[i].Failures == 0 {
			holds = append(holds, c.words)
			continue
		}
		fails = append(fails, c.words)
		if file == "" {
			file = caseFile(c.id)
		}
	}
	if examined == 0 {
		return ""
	}
	verb := func(verb string, conditions []string) string {
		return strings.TrimSpace(verb + " " + strings.Join(conditions, " and "))
	}
	var parts []string
	if holds != nil {
		parts = append(parts, verb("holds", holds))
	}
	if fails != nil {
		failing := verb("fails", fails)
		if file != "" {
			failing += " (counterexample: --case " + file + ")"
		}
		parts = append(parts, failing)
	}
	return a.subject + " " + strings.Join(parts, "; it ") + "."
}
