package study

import (
	"slices"
	"testing"

	"cenet/experiments/network"
	"cenet/nn"
	"cenet/results/stats"
)

// The BatchNorms before a block are the same in networks with CE and without a block.
func TestBatchNormsBeforeBlocks(t *testing.T) {
	for _, backbone := range []string{"resnet18", "resnet20", "mobilenetv2", "shufflenetv2-0.5", "vgg11"} {
		before := map[string][]string{}
		for _, block := range []string{"none", "ce"} {
			s, err := network.Paper(backbone, block)
			if err != nil {
				t.Fatal(err)
			}
			s.Model.Width, s.Model.Stem = 0.125, "small"
			n, err := batchNormsOf(&s, 3, 10, 1, func(*nn.Network) error { return nil })
			if err != nil {
				t.Fatalf("%s with %s: %v", backbone, block, err)
			}
			for i, layer := range n.layers {
				if n.before[i] {
					before[block] = append(before[block], layer)
				}
			}
		}
		if len(before["ce"]) == 0 || !slices.Equal(before["none"], before["ce"]) {
			t.Errorf("%s: without a block %v, with CE %v", backbone, before["none"], before["ce"])
		}
	}
}

// Shares agree with shares counted by hand.
func TestNormShares(t *testing.T) {
	n := &batchNorms{
		layers: []string{"a", "b"}, before: []bool{false, true},
		gamma: [][]float32{{0.05, -0.5}, {0.2, 0.1, -0.05, 1}},
		beta:  [][]float32{{0, 1}, {-1, 0.1, 0, 2}},
	}
	if got, want := n.share(n.all), (normShare{3.0 / 6, 2.0 / 6, 1.0 / 6}); got != want {
		t.Errorf("all: %v, want %v", got, want)
	}
	if got, want := n.share(n.blocked), (normShare{0.25, 0.25, 0.25}); got != want {
		t.Errorf("before a block: %v, want %v", got, want)
	}
}

// "Most channels" means more than half. A share that has not changed in training decides nothing, and neither does one that was above 0
// at the start.
func TestMostChannels(t *testing.T) {
	share := func(mean, half float64) stats.Interval {
		return stats.Interval{N: 3, Mean: mean, SD: 1, Half: half}
	}
	for _, test := range []struct {
		share stats.Interval
		start float64
		want  stats.Decision
	}{
		{share(55, 2), 0, stats.Reproduced}, {share(51, 2), 0, stats.Undecided}, {share(42, 1), 0, stats.Contradicted},
		{share(1, 2), 0, stats.Undecided},
	} {
		if got := isMost(test.share, test.start); got.Decision != test.want {
			t.Errorf("%v ± %v, %v at the start: %v, want %v", test.share.Mean, test.share.Half, test.start, got, test.want)
		}
	}
	if v := emergesAfter(share(5, 1), 3); v.Decision != stats.Undecided || v.Doubt == "" {
		t.Errorf("channels with small γ at the start: %+v", v)
	}
	if v := emergesAfter(share(5, 1), 0); v.Decision != stats.Reproduced {
		t.Errorf("channels with small γ only after training: %+v", v)
	}
}
