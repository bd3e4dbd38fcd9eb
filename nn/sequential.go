package nn

// Sequential runs layers one after the other.
type Sequential struct{ Layers []Layer }

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
	for _, l := range s.Layers {
		x = l.Plan(p, x)
	}
	return x
}

// Forward runs the layers in order.
func (s *Sequential) Forward(c *Context, x Tensor) Tensor {
	for _, l := range s.Layers {
		x = l.Forward(c, x)
	}
	return x
}

// Backward runs them in reverse.
func (s *Sequential) Backward(c *Context, dy Tensor) Tensor {
	for i := len(s.Layers) - 1; i >= 0; i-- {
		dy = s.Layers[i].Backward(c, dy)
	}
	return dy
}
