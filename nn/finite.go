package nn

import "cenet/nn/kernel"

// FirstNotFinite computes the output of the images x, as Forward does, and returns the path of the first layer whose output
// has a NaN or an infinite element, or "" where all are finite. A rectifier or a sum that runs in one with the layer before
// it counts as that layer's.
func (n *Network) FirstNotFinite(c *Context, x Tensor) string {
	c.checkingFinite, c.notFinite = true, ""
	n.Forward(c, x)
	c.checkingFinite = false
	return c.notFinite
}

// checkFinite records the path of the first layer with an output x that is not finite, where FirstNotFinite asks for it.
func (c *Context) checkFinite(path string, x Tensor) {
	if c.checkingFinite && c.notFinite == "" && !kernel.Finite(x.Data) {
		c.notFinite = path
	}
}
