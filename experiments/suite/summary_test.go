package suite

import (
	"strings"
	"testing"

	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
)

// The summary answers each question once: with the networks of each verdict and their differences, those whose control failed, the costs,
// the statements of theory that fail, and the experiments that are still to decide.
func TestSummary(t *testing.T) {
	f := func(x float64) *float64 { return &x }
	pp := func(mean float64) *stats.Interval { return &stats.Interval{N: 3, Mean: mean, SD: 1, Half: 1} }
	over := func(against string) *stats.Comparison {
		return &stats.Comparison{Key: results.BlockKey, Value: "ce", Against: against}
	}
	claim := func(subject, against string, d stats.Decision, mean float64) stats.Claim {
		return stats.Claim{Subject: subject, Statement: "CE > " + against, Compared: over(against), Decision: d, Unit: stats.Points,
			Ours: pp(mean), Paper: f(0.7)}
	}
	failed, superseded, control := claim("MobileNetV2", "se", stats.Reproduced, 2), claim("ResNet-18", "se", stats.Reproduced, 7),
		claim("ResNet-50", "none", stats.Reproduced, 1)
	failed.ControlFailed, superseded.Superseded, control.Role = true, true, stats.Control
	awaited := claim("ResNet-18", "none", stats.Undecided, 1)
	awaited.Superseded = true
	topics := []page.Topic{
		{Images: "CIFAR-100", Claims: []stats.Claim{claim("ResNet-18", "se", stats.Smaller, -0.25), claim("ResNet-50", "se", stats.Reproduced, 0.75),
			claim("ResNet-101", "se", stats.Reproduced, 2), failed, control}},
		{Images: "Fashion-MNIST", Awaits: []string{"larger"}, Claims: []stats.Claim{superseded, awaited,
			{Subject: "ResNet-50", Statement: "CE is as fast", Measure: "CPU", Unit: stats.Times, Ours: stats.Between(1.2, 1.1, 1.3), Paper: f(1.3),
				Decision: stats.Reproduced},
			{Subject: "ResNet-50", Statement: "CE is as fast", Measure: "GPU", Unit: stats.Times, Ours: stats.Between(1.5, 1.4, 1.6), Paper: f(1.3),
				Decision: stats.Contradicted}}},
		{Answers: "Channels?", Claims: []stats.Claim{{Statement: "some are inhibited", Decision: stats.Contradicted}}},
		{Name: "prop1", Claims: []stats.Claim{{Statement: "(1): it holds", Decision: stats.Contradicted, Role: stats.FromTheory},
			{Statement: "(2)", Decision: stats.Reproduced, Role: stats.NotInPaper},
			{Statement: "(3)", Decision: stats.Reproduced, Role: stats.FromTheory}}},
		{Head: "nothing"},
	}
	want := []page.Sentence{
		{Question: "Is CE more accurate than SE?", Answer: "By less than half of the paper's difference, if at all, for ResNet-18 (−0.25 ± 1.00 " +
			"pp, paper +0.7); yes for ResNet-50 (+0.75 ± 1.00 pp, paper +0.7) and ResNet-101 (+2.00 ± 1.00 pp, paper +0.7); not counted for " +
			"MobileNetV2 (+2.00 ± 1.00 pp, paper +0.7), where the control failed. On CIFAR-100. Not finished: `larger`."},
		{Question: "Is CE more accurate than no block?", Answer: "No verdict yet. These experiments decide and are not finished: `larger`."},
		{Question: "Channels?", Answer: "Contradicted."},
		{Question: "What does CE cost?", Answer: "Reproduced: CE is as fast (CPU) for ResNet-50 (×1.20, paper ×1.30). Contradicted: CE is as " +
			"fast (GPU) for ResNet-50 (×1.50, paper ×1.30)."},
		{Question: "Does the theory hold?", Answer: "1 of 2 statements hold. There are counterexamples to “(1): it holds” (`prop1`)."},
	}
	got := summary(topics)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("sentence %d:\n%q\nwant\n%q", i, got[min(i, len(got)):], want[min(i, len(want)):])
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
