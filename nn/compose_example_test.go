package nn_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"cenet/nn"
)

// NewStdGate returns y = x + x·sigmoid(w·std(x) + b), std being the standard deviation of a channel in an image.
func NewStdGate(b *nn.Builder, s nn.Site) nn.Layer {
	return nn.Compose(b, "std gate", s.Path, s.Channels, func(o *nn.Ops, x nn.Node) nn.Node {
		w := o.Param("w", true, nn.Constant(0), s.Channels)
		bias := o.Param("b", false, nn.Constant(0), s.Channels)
		gate := o.Sigmoid(o.Add(o.Mul(o.Std(x, 1e-5), w), bias))
		return o.Add(x, o.Mul(x, gate))
	})
}

// A channel block is a list of operations. Its gradients, and what it is on a GPU, follow from the list.
func ExampleCompose() {
	b := nn.NewBuilder()
	net, err := b.Build(NewStdGate(b, nn.Site{Path: "gate", Channels: 1}), nn.Shape{N: 1, H: 1, W: 2, C: 1}, nn.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := nn.NewContext(1)
	defer c.Close()
	fmt.Println(net.Forward(c, nn.Tensor{Shape: net.In, Data: []float32{2, 4}}).Data)
	// Output: [3 6]
}

// The README shows the block of ExampleCompose as it is.
func TestReadmeBlock(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("compose_example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(source), "std being the standard deviation of a channel in an image.\n")
	block, _, _ = strings.Cut(block, "\n}\n")
	for line := range strings.Lines(block + "\n}\n") {
		line = "      " + strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", "    ")
		if !strings.Contains(string(readme), "\n"+line+"\n") {
			t.Errorf("the README lacks the line %q", line)
		}
	}
}
