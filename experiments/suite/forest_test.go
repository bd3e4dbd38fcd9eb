package suite

import (
	"testing"

	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
)

// The chart has a row for each network with its images and a panel for each comparison. It leaves out claims that do not count.
func TestForest(t *testing.T) {
	claim := func(subject, block, against string, standing stats.Role, mean float64) stats.Claim {
		paper := 1.0
		return stats.Claim{
			Subject: subject, Unit: stats.Points, Role: standing, Ours: &stats.Interval{N: 3, Mean: mean, SD: 1, Half: 2}, Paper: &paper,
			Compared: &stats.Comparison{Key: results.BlockKey, Value: block, Against: against, Role: standing},
		}
	}
	other := claim("ResNet-18", "ce", "none", stats.FromPaper, 9)
	other.Superseded = true
	c := forest([]page.Topic{
		{Setting: "CIFAR-100", Claims: []stats.Claim{claim("ResNet-50", "se", "none", stats.Control, 1),
			claim("ResNet-50", "ce", "none", stats.FromPaper, 2),
			claim("ResNet-50", "ce", "se", stats.FromPaper, 3), other, claim("ResNet-50", "bd", "none", stats.NotInPaper, 9),
			{Statement: "a statement"}}},
		{Setting: "CIFAR-100, 20 epochs", Claims: []stats.Claim{claim("MobileNetV2", "ce", "se", stats.FromPaper, 4)}},
		{Demonstration: true, Claims: []stats.Claim{claim("ResNet-50", "ce", "none", stats.FromPaper, 9)}},
	})
	if c == nil || len(c.Panels) != 3 {
		t.Fatalf("%+v", c)
	}
	for i, want := range []struct {
		title string
		ours  [2]float64 // 0: none
	}{{"SE − baseline", [2]float64{1, 0}}, {"CE − baseline", [2]float64{2, 0}}, {"CE − SE", [2]float64{3, 4}}} {
		p := c.Panels[i]
		if p.Title != want.title || len(p.Rows) != 2 || p.Rows[0].Label != "ResNet-50, CIFAR-100" ||
			p.Rows[1].Label != "MobileNetV2, CIFAR-100, 20 epochs" {
			t.Fatalf("%+v", p)
		}
		for k, mean := range want.ours {
			if r := p.Rows[k]; (r.Ours == nil) != (mean == 0) || r.Ours != nil && (r.Ours.Mean != mean || *r.Paper != 1) {
				t.Errorf("%s, row %d: %+v, want %v", p.Title, k, r, mean)
			}
		}
	}
	if c := forest([]page.Topic{{Demonstration: true, Claims: []stats.Claim{other}}}); c != nil {
		t.Errorf("nothing counts, but %+v is drawn", c)
	}
}
