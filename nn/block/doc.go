// Package block has channel blocks that others have proposed, each a composed layer of a page: see nn.Compose. Squeeze-and-excitation and
// efficient channel attention are in package nn, Channel Equilibrium in package ce.
//
// Each agrees with a PyTorch version, outputs and gradients to 1e-5: testdata/vectors.py.
package block

import (
	"math"

	"cenet/nn"
)

// uniform is PyTorch's initial value of the weights and biases of a linear layer or convolution with the given number of inputs.
func uniform(inputs int) nn.Init { return nn.Uniform(1 / math.Sqrt(float64(inputs))) }
