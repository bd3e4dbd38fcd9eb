package suite

import (
	"strings"
	"testing"

	"cenet/results"
)

// The summary counts what counts, and says between what the differences lie.
func TestSummary(t *testing.T) {
	f := func(x float64) *float64 { return &x }
	topics := []results.Topic{
		{Name: "table1-cifar100", Claims: []results.Claim{
			{Claim: "ResNet-18: CE > SE", Verdict: "undecided (below the paper's +1.5 pp; about 9 seeds would decide)", BelowPaper: true, Difference: f(-0.25), PaperDifference: f(1.5)},
			{Claim: "ResNet-50: CE > SE", Verdict: "reproduced", Difference: f(0.75), PaperDifference: f(0.7)},
		}},
		{Name: "table1", Claims: []results.Claim{{Claim: "ResNet-18: CE > SE", Verdict: "reproduced", Difference: f(7), Smaller: true}}},
		{Name: "prop1", Claims: []results.Claim{{Claim: "(1)", Verdict: "not reproduced (counterexamples)"}, {Claim: "(2)", Verdict: "reproduced", Own: true}}},
		{Name: "newton"},
	}
	list := summary(topics)
	if len(list) != 2 {
		t.Fatalf("%d sentences: %q", len(list), list)
	}
	want := "of 2 claims 1 undecided, 1 reproduced; mean differences here −0.2 to +0.8 pp, in the paper +0.7 to +1.5 pp, the interval of 1 of the undecided lies below the paper's difference."
	if !strings.HasSuffix(list[0], want) {
		t.Errorf("%q, want …%q", list[0], want)
	}
	if !strings.HasSuffix(list[1], ": the one claim is not reproduced.") {
		t.Errorf("%q", list[1])
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
	for name, want := range map[string]string{"table1-cifar100-full": "table1", "table1-cifar100": "table1", "table1-cifar10": "table1", "table1-seeds": "table1", "table2-long-seeds": "table2", "table1": "table1", "table1-search": "table1-search"} {
		if got := plainName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
