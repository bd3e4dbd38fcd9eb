package study

import (
	"testing"

	"cenet/experiments/run"
	"cenet/experiments/trained"
	"cenet/results/stats"
)

// The difference of the shares is positive if CE leaves fewer channels inhibited, and is paired by seed.
func TestFewerInhibited(t *testing.T) {
	var list []trained.Subject
	var found [][]*channelStatistics
	for seed, inhibited := range []map[string]int{{"none": 3, "ce": 1}, {"none": 4, "ce": 1}, {"none": 4, "ce": 2}} {
		for _, block := range []string{"none", "ce"} {
			v := trained.Subject{Task: new(run.Task)}
			v.Model.Backbone, v.Model.Block, v.Seed = "resnet18", block, seed
			k := &channelStatistics{count: 1, magnitude: []float64{1, 1, 1, 1}}
			for c := range inhibited[block] {
				k.magnitude[c] = 0
			}
			list, found = append(list, v), append(found, []*channelStatistics{k})
		}
	}
	claims := fewerInhibited(list, found, 0.05)
	if len(claims) != 1 {
		t.Fatalf("%d claims, want one against no block", len(claims))
	}
	if c := claims[0]; c.Ours.N != 3 || c.Ours.Min != 50 || c.Ours.Max != 75 || c.Decision != stats.Reproduced {
		t.Errorf("%+v: %v", *c.Ours, c.Decision)
	}
}
