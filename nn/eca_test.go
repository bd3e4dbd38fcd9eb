package nn_test

import (
	"testing"

	"cenet/nn"
	"cenet/nn/nntest"
)

func TestECA(t *testing.T) {
	for _, in := range []nn.Shape{{N: 3, H: 4, W: 3, C: 8}, {N: 2, H: 3, W: 5, C: 33}, {N: 2, H: 2, W: 2, C: 2}} {
		nntest.Run(t, nntest.Case{
			Name: "ECA", In: in, Path: "l",
			Build: func(b *nn.Builder) nn.Layer { return nn.NewECA(b, "l", in.C) },
			Bad:   []nn.Shape{{N: 1, H: 9, W: 9, C: in.C + 1}},
		})
	}
}

// Sizes are those of the authors' released code.
func TestECASize(t *testing.T) {
	for channels, want := range map[int]int{1: 1, 2: 1, 16: 3, 32: 3, 64: 3, 128: 5, 256: 5, 512: 5, 1024: 5, 2048: 7} {
		if got := nn.ECASize(channels); got != want {
			t.Errorf("of %d channels: %d, want %d", channels, got, want)
		}
	}
}
