package kernel

// SGD moves the parameters w against their gradients g with momentum and weight decay, velocity being the optimizer's
// state, as PyTorch defines it:
//
//	g' = g + decay·w
//	v  = momentum·v + g'
//	w  = w − lr·v                     (Nesterov: w − lr·(g' + momentum·v))
//
// g is left as it is.
func SGD(w, g, velocity []float32, lr, momentum, decay float32, nesterov bool) {
	if active != portable {
		k := sweepSgd
		if nesterov {
			k = sweepSgdNesterov
		}
		k.flat(operands{a: w, b: g, c: velocity, u: lr, v: momentum, w: decay})
		return
	}
	g, velocity = g[:len(w)], velocity[:len(w)]
	for i, p := range w {
		d := g[i] + float32(decay*p)
		v := float32(momentum*velocity[i]) + d
		velocity[i] = v
		if nesterov {
			v = d + float32(momentum*v)
		}
		w[i] = p - float32(lr*v)
	}
}
