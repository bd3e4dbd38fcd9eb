package nn

import "cenet/nn/kernel"

// FirstNotFinite computes the output of the images x, as Forward does, and returns the path of the first layer whose output
// has a NaN or an infinite element, or "" where all are finite. A rectifier or a sum that runs in one with the layer before
// it counts as that layer's.
func (n *Network) FirstNotFinite(c *Context, x Tensor) string {
	c.watching, c.found = true, ""
	n.Forward(c, x)
	c.watching = false
	return c.found
}

// watch looks at the output of the layer at path.
func (c *Context) watch(path string, x Tensor) {
	if c.watching && c.found == "" && !kernel.Finite(x.Data) {
		c.found = path
	}
}
