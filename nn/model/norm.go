package model

import (
	"fmt"
	"slices"

	"cenet/nn"
)

// Norms are the normalisations that can take the place of BatchNorm, BatchNorm first.
var Norms = []string{"batch", "instance", "group", "layer"}

// Rectifiers are what can rectify, the backbone's own first: ReLU, or ReLU6 where the backbone has that.
var Rectifiers = []string{"relu", "elu", "leaky"}

// norm makes a normalisation of channels with γ = gamma at the start, and the BatchNorm that it is, else nil.
func (s Spec) norm(b *nn.Builder, path string, channels int, gamma float32) (nn.Layer, *nn.BatchNorm) {
	switch s.Norm {
	case "", "batch":
		n := nn.NewBatchNorm(b, path, channels, gamma)
		return n, n
	case "instance":
		return nn.NewInstanceNorm(b, path, channels, gamma), nil
	case "layer":
		return nn.NewLayerNorm(b, path, channels, gamma), nil
	}
	size := max(1, min(s.NormGroup, channels))
	for channels%size != 0 {
		size--
	}
	return nn.NewGroupNorm(b, path, channels, channels/size, gamma), nil
}

// normAlone is norm for places without a block.
func (s Spec) normAlone(b *nn.Builder, path string, channels int, gamma float32) nn.Layer {
	l, _ := s.norm(b, path, channels, gamma)
	return l
}

// rectifier makes what rectifies; own makes the backbone's own.
func (s Spec) rectifier(path string, own func(string) *nn.Rectifier) nn.Layer {
	switch s.Rectifier {
	case "elu":
		return nn.NewELU(path)
	case "leaky":
		return nn.NewLeakyReLU(path)
	}
	return own(path)
}

func (s Spec) relu(path string) nn.Layer  { return s.rectifier(path, nn.NewReLU) }
func (s Spec) relu6(path string) nn.Layer { return s.rectifier(path, nn.NewReLU6) }

// rectifiedSum is the sum of a branch and a shortcut with what rectifies it.
func (s Spec) rectifiedSum(path, relu string, branch, shortcut nn.Layer) nn.Layer {
	if s.Rectifier == "" || s.Rectifier == "relu" {
		return nn.NewResidual(path, branch, shortcut)
	}
	return nn.NewSequential(nn.NewSum(path, branch, shortcut), s.relu(relu))
}

// checkNorm says what is wrong with the names of a normalisation and a rectifier.
func (s Spec) checkNorm() error {
	if s.Norm != "" && !slices.Contains(Norms, s.Norm) {
		return fmt.Errorf("model: normalisation %q (known: %q)", s.Norm, Norms)
	}
	if s.Rectifier != "" && !slices.Contains(Rectifiers, s.Rectifier) {
		return fmt.Errorf("model: rectifier %q (known: %q)", s.Rectifier, Rectifiers)
	}
	return nil
}
