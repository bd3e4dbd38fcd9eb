package nn_test

import (
	"testing"

	"cenet/nn"
	"cenet/nn/nntest"
)

// A branch may end in any layer, also in one that works in the place of its gradient, which the shortcut needs as well.
func TestResidualBranches(t *testing.T) {
	shape := nn.Shape{N: 3, H: 4, W: 3, C: 4}
	conv := func(b *nn.Builder, path string) nn.Layer {
		return nn.NewConv(b, path, nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1})
	}
	for name, ending := range map[string]func(b *nn.Builder) []nn.Layer{
		"nothing":    func(*nn.Builder) []nn.Layer { return nil },
		"tap":        func(*nn.Builder) []nn.Layer { return []nn.Layer{&nn.Tap{}} },
		"dropout":    func(*nn.Builder) []nn.Layer { return []nn.Layer{nn.NewDropout("e", 0.3)} },
		"ELU":        func(*nn.Builder) []nn.Layer { return []nn.Layer{nn.NewELU("e")} },
		"leaky ReLU": func(*nn.Builder) []nn.Layer { return []nn.Layer{nn.NewLeakyReLU("e")} },
		"ReLU":       func(*nn.Builder) []nn.Layer { return []nn.Layer{nn.NewReLU("e")} },
		"bias":       func(b *nn.Builder) []nn.Layer { return []nn.Layer{nn.NewBias(b, "e", 4)} },
		"leaky ReLU, bias": func(b *nn.Builder) []nn.Layer {
			return []nn.Layer{nn.NewLeakyReLU("f"), nn.NewBias(b, "e", 4)}
		},
		"batch norm, ReLU6": func(b *nn.Builder) []nn.Layer {
			return []nn.Layer{nn.NewBatchNorm(b, "e", 4, 1), nn.NewReLU6("f")}
		},
		"batch norm, bias": func(b *nn.Builder) []nn.Layer {
			return []nn.Layer{nn.NewBatchNorm(b, "f", 4, 1), nn.NewBias(b, "e", 4)}
		},
		"batch norm that is hidden": func(b *nn.Builder) []nn.Layer {
			return []nn.Layer{hidden{nn.NewBatchNorm(b, "e", 4, 1)}}
		},
		"group norm": func(b *nn.Builder) []nn.Layer { return []nn.Layer{nn.NewGroupNorm(b, "e", 4, 2, 1)} },
		"residual": func(b *nn.Builder) []nn.Layer {
			return []nn.Layer{nn.NewResidual("e", nn.NewBatchNorm(b, "g", 4, 1), nil)}
		},
		"sum": func(b *nn.Builder) []nn.Layer {
			return []nn.Layer{nn.NewSum("e", nn.NewSequential(conv(b, "f"), nn.NewBatchNorm(b, "g", 4, 1)), nil)}
		},
		"group norm, shuffle": func(b *nn.Builder) []nn.Layer {
			return []nn.Layer{nn.NewGroupNorm(b, "e", 4, 2, 1), nn.NewShuffle("f", nil, nn.NewBatchNorm(b, "g", 2, 1))}
		},
	} {
		for _, shortcut := range []string{"identity", "convolution", "leaky ReLU", "dropout"} {
			for _, first := range []bool{true, false} {
				if !first && name == "residual" {
					continue // after a convolution, values come too near to the kink of its ReLU
				}
				k := nntest.Case{Name: name + ", " + shortcut, In: shape, Path: "l", Input: spread}
				if !first {
					k.Name = "convolution, " + k.Name
				}
				k.Build = func(b *nn.Builder) nn.Layer {
					var branch []nn.Layer
					if !first {
						branch = append(branch, conv(b, "c"))
					}
					var s nn.Layer
					switch shortcut {
					case "convolution":
						s = conv(b, "s")
					case "leaky ReLU":
						s = nn.NewLeakyReLU("s")
					case "dropout":
						s = nn.NewDropout("s", 0.4)
					}
					return nn.NewSequential(nn.NewBias(b, "b", 4), nn.NewSum("l", nn.NewSequential(append(branch, ending(b)...)...), s))
				}
				nntest.RunSteps(t, k)
			}
		}
	}
}

// hidden is a layer of which nothing is known but that it is one.
type hidden struct{ nn.Layer }
