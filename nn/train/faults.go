//go:build faults

package train

import (
	"os"

	"cenet/nn/kernel"
)

// With the build tag faults, CENET_MUTATION names what is wrong with the program: a test that is worth something finds out.
func init() {
	switch os.Getenv("CENET_MUTATION") {
	case "velocity": // is not restored
		spoil = func(c *Checkpoint, _ *Position) {
			for _, v := range c.SGD.Velocity() {
				kernel.Zero(v)
			}
		}
	case "step": // a step that was done is done again
		spoil = func(_ *Checkpoint, at *Position) { at.Step = max(0, at.Step-1) }
	}
}
