package nn

// Places returns the taps that stand between the layers of the root, in the order in which activations pass them. From each of
// them on the rest of the network can run by itself, see Rest. It is nil where the root is no Sequential.
func (n *Network) Places() []*Tap {
	s, ok := n.Root.(*Sequential)
	if !ok {
		return nil
	}
	var list []*Tap
	for _, l := range s.fused {
		if t, ok := l.(*Tap); ok {
			list = append(list, t)
		}
	}
	return list
}

// Rest computes the output that the network would have if x, of the shape that passes there, came from the tap, one of Places. In
// evaluation it gives the bits that Forward gives with a Replace that returns x. It is valid until the next call, and x stays as
// it is. It panics where the tap is not one of Places.
func (n *Network) Rest(c *Context, t *Tap, x Tensor) Tensor {
	if s, ok := n.Root.(*Sequential); ok {
		for i, l := range s.fused {
			if l != Layer(t) {
				continue
			}
			if !n.prepared {
				n.Prepare()
			}
			for _, l := range s.fused[i+1:] {
				x = l.Forward(c, x)
			}
			return x
		}
	}
	panic("nn: rest of a network from a tap that is no place of it")
}
