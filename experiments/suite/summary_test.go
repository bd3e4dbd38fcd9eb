package suite

import (
	"strings"
	"testing"

	"cenet/results/page"
	"cenet/results/stats"
)

// The summary has each claim that counts once, with verdicts by network and the range of differences, and the statements of theory that
// fail.
func TestSummary(t *testing.T) {
	f := func(x float64) *float64 { return &x }
	pp := func(mean float64) *stats.Interval { return &stats.Interval{N: 3, Mean: mean, SD: 1, Half: 1} }
	topics := []page.Topic{
		{Head: "ResNets? A", Family: "table1", Claims: []stats.Claim{
			{Subject: "ResNet-18", Statement: "CE > SE", Decision: stats.Smaller, Unit: stats.Points, Ours: pp(-0.25), Paper: f(1.5)},
			{Subject: "ResNet-50", Statement: "CE > SE", Decision: stats.Reproduced, Unit: stats.Points, Ours: pp(0.75), Paper: f(0.7)},
			{Subject: "ResNet-50", Statement: "CE is as fast", Measure: "CPU", Decision: stats.Reproduced},
			{Subject: "ResNet-50", Statement: "SE > baseline", Decision: stats.Reproduced, Role: stats.Control},
			{Subject: "ResNet-101", Statement: "CE > SE", Decision: stats.Contradicted, ControlFailed: true},
		}},
		{Head: "ResNets?", Family: "table1", Claims: []stats.Claim{
			{Subject: "ResNet-18", Statement: "CE > SE", Decision: stats.Reproduced, Unit: stats.Points, Ours: pp(7), Superseded: true},
			{Subject: "ResNet-101", Statement: "CE > SE", Decision: stats.Reproduced, Unit: stats.Points, Ours: pp(2), Paper: f(0.74)},
		}},
		{Family: "inhibited", Claims: []stats.Claim{{Statement: "some channels are inhibited", Decision: stats.Contradicted}}},
		{Family: "prop1", Claims: []stats.Claim{{Statement: "(1): it holds", Decision: stats.Contradicted, Role: stats.FromTheory},
			{Statement: "(2)", Decision: stats.Reproduced, Role: stats.NotInPaper},
			{Statement: "(3)", Decision: stats.Reproduced, Role: stats.FromTheory}}},
		{Family: "newton"},
	}
	want := []string{
		"CE > SE: smaller than the paper's for ResNet-18 (−0.2 pp, in the paper +1.5 pp), reproduced for ResNet-50 and ResNet-101 (+0.8 to " +
			"+2.0 pp, in the paper +0.7 pp); CE is as fast: reproduced for ResNet-50",
		"some channels are inhibited: contradicted",
		"1 of 2 statements hold; there are counterexamples to “(1): it holds”",
	}
	list := summary(topics)
	if len(list) != len(want) {
		t.Fatalf("%d sentences: %q", len(list), list)
	}
	if list[0].On != "ResNets?" {
		t.Errorf("the first sentence is on %q", list[0].On)
	}
	for i := range want {
		if list[i].Text != want[i] {
			t.Errorf("%s: %q, want %q", list[i].On, list[i].Text, want[i])
		}
	}
}

// A claim measured at a larger scale is shown at smaller scales but not counted. A claim measured only at a smaller scale counts there.
// A claim not measured at all counts once.
func TestScales(t *testing.T) {
	claims := func(names ...string) (list []stats.Claim) {
		for _, n := range names {
			found := "something"
			if strings.HasSuffix(n, "?") {
				n, found = strings.TrimSuffix(n, "?"), ""
			}
			list = append(list, stats.Claim{Statement: n, Found: found, Decision: stats.Reproduced})
		}
		return list
	}
	topics := []page.Topic{{Claims: claims("A", "B", "D?", "E?")}, {Claims: claims("B", "C")}, {Claims: claims("A", "C", "D", "E?")}}
	supersede(topics)
	counted := ""
	for _, t := range topics {
		for _, c := range t.Claims {
			if c.Counts() {
				counted += c.Statement
			}
		}
		counted += "/"
	}
	if counted != "ABE/C/D/" {
		t.Errorf("counted are %s, want ABE/C/D/", counted)
	}
	demonstration := []page.Topic{{Claims: claims("A")}, {Demonstration: true,
		Claims: append(claims("A", "B"), stats.Claim{Statement: "C", Unit: stats.GFLOPs, Found: "1"})}}
	supersede(demonstration)
	for _, c := range demonstration[1].Claims {
		if c.Counts() != (c.Statement == "C") {
			t.Errorf("a demonstration is counted for %q", c.Statement)
		}
	}
}
