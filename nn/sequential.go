package nn

// Sequential runs layers one after the other. A BatchNorm and the ReLU after it run as one, even with Taps between them; so do,
// in a network for inference, a convolution and the BatchNorm after it.
type Sequential struct {
	Layers []Layer

	fused []Layer  // as they run
	paths []string // of each of fused, the last one planned in it
}

// NewSequential returns the composition of layers, the first applied first. Nil layers are left out.
func NewSequential(layers ...Layer) *Sequential {
	s := &Sequential{}
	for _, l := range layers {
		if l != nil {
			s.Layers = append(s.Layers, l)
		}
	}
	return s
}

// Plan plans the layers in order.
func (s *Sequential) Plan(p *Plan, x Value) Value {
	s.fused = p.fuse(s.Layers)
	s.paths = make([]string, len(s.fused))
	for i, l := range s.fused {
		x = l.Plan(p, x)
		s.paths[i] = p.path
	}
	return x
}

// Forward runs the layers in order.
func (s *Sequential) Forward(c *Context, x Tensor) Tensor {
	for i, l := range s.fused {
		x = l.Forward(c, x)
		c.checkFinite(s.paths[i], x)
	}
	return x
}

// Backward runs them in reverse.
func (s *Sequential) Backward(c *Context, dy Tensor) Tensor {
	for i := len(s.fused) - 1; i >= 0; i-- {
		dy = s.fused[i].Backward(c, dy)
	}
	return dy
}
