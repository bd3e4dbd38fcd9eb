package study

import (
	"slices"
	"testing"

	"cenet/experiments/network"
	"cenet/nn"
	"cenet/results"
)

// The BatchNorms before a block are the same whether the block is there or would be.
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

// Shares by hand.
func TestNormShares(t *testing.T) {
	n := &batchNorms{
		layers: []string{"a", "b"}, before: []bool{false, true},
		gamma: [][]float32{{0.05, -0.5}, {0.2, 0.1, -0.05, 1}},
		beta:  [][]float32{{0, 1}, {-1, 0.1, 0, 2}},
	}
	if got, want := n.share(n.all), (normShare{3.0 / 6, 2.0 / 6, 3.0 / 6}); got != want {
		t.Errorf("all: %v, want %v", got, want)
	}
	if got, want := n.share(n.behind), (normShare{0.25, 0.25, 0.5}); got != want {
		t.Errorf("before a block: %v, want %v", got, want)
	}
}

// A share is judged by whether it lies nearer to the paper's or to the half that chance gives, and one that has not moved decides nothing.
func TestMostChannels(t *testing.T) {
	share := func(mean, half float64) results.Interval {
		return results.Interval{N: 3, Mean: mean, SD: 1, Half: half}
	}
	for _, test := range []struct {
		share results.Interval
		start float64
		want  string
	}{
		{share(55, 2), 100, "not reproduced (nearer to the 50 % of chance)"},
		{share(99, 2), 100, "undecided (as at the start)"},
		{share(76, 2), 100, "reproduced"},
		{share(66, 2), 100, "reproduced"},
		{share(64, 2), 100, "undecided"},
		{share(42, 1), 100, "not reproduced (nearer to the 50 % of chance)"},
	} {
		if got := isMost(test.share, test.start, 76); got != test.want {
			t.Errorf("%v ± %v, %v at the start: %s, want %s", test.share.Mean, test.share.Half, test.start, got, test.want)
		}
	}
}
