package train

import (
	"cenet/nn"
	"cenet/nn/graph"
)

// Twin is the trainer's network and optimizer as another trainer's device.
func Twin(t *Trainer, c *nn.Context) graph.Executor {
	t.cpu.c = c
	return t.cpu
}
