package suite

import (
	"strings"
	"testing"

	"cenet/results"
)

// The summary says each claim that counts once, with what came out for which networks, between what the differences lie, and which statements of theory fail.
func TestSummary(t *testing.T) {
	f := func(x float64) *float64 { return &x }
	topics := []results.Topic{
		{Name: "table1-cifar100", Claims: []results.Claim{
			{Claim: "ResNet-18: CE > SE", Verdict: "undecided (below the paper's +1.5 pp; about 9 seeds would decide)", BelowPaper: true, Difference: f(-0.25), PaperDifference: f(1.5)},
			{Claim: "ResNet-50: CE > SE", Verdict: "reproduced", Difference: f(0.75), PaperDifference: f(0.7)},
			{Claim: "ResNet-50: CE is as fast (CPU)", Verdict: "reproduced"},
		}},
		{Name: "table1", Claims: []results.Claim{
			{Claim: "ResNet-18: CE > SE", Verdict: "reproduced", Difference: f(7), Smaller: true},
			{Claim: "ResNet-101: CE > SE", Verdict: "reproduced", Difference: f(2), PaperDifference: f(0.74)},
		}},
		{Name: "inhibited", Claims: []results.Claim{{Claim: "some channels are inhibited", Verdict: "not reproduced (nowhere)"}}},
		{Name: "prop1", Claims: []results.Claim{{Claim: "(1): it holds", Verdict: "not reproduced (counterexamples)"}, {Claim: "(2)", Verdict: "reproduced", Own: true}, {Claim: "(3)", Verdict: "reproduced"}}},
		{Name: "newton"},
	}
	want := []string{
		"CE > SE: undecided but below the paper's for ResNet-18 (−0.2 pp, in the paper +1.5 pp), reproduced for ResNet-50 and ResNet-101 (+0.8 to +2.0 pp, in the paper +0.7 pp); " +
			"CE is as fast: reproduced for ResNet-50",
		"some channels are inhibited: not reproduced",
		"1 of 2 statements hold; there are counterexamples to “(1): it holds”",
	}
	list := summary(topics)
	if len(list) != len(want) {
		t.Fatalf("%d sentences: %q", len(list), list)
	}
	for i := range want {
		if list[i].Text != want[i] {
			t.Errorf("%s: %q, want %q", list[i].On, list[i].Text, want[i])
		}
	}
}

// A claim that is measured at a larger scale is shown and not counted below; what is measured below alone counts there; what nobody has measured counts once.
func TestScales(t *testing.T) {
	claims := func(names ...string) (list []results.Claim) {
		for _, n := range names {
			ours := "+1.0 pp"
			if strings.HasSuffix(n, "?") {
				n, ours = strings.TrimSuffix(n, "?"), "– †"
			}
			list = append(list, results.Claim{Claim: n, Ours: ours, Verdict: "reproduced"})
		}
		return list
	}
	topics := []results.Topic{{Claims: claims("A", "B", "D?", "E?")}, {Claims: claims("B", "C")}, {Claims: claims("A", "C", "D", "E?")}}
	markSmaller(topics)
	counted := ""
	for _, t := range topics {
		for _, c := range t.Claims {
			if c.Counts() {
				counted += c.Claim
			}
		}
		counted += "/"
	}
	if counted != "ABE/C/D/" {
		t.Errorf("counted are %s, want ABE/C/D/", counted)
	}
	for name, want := range map[string]string{"table1-cifar": "table1", "table1": "table1", "table1-imagenet": "table1-imagenet"} {
		if got := plainName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
