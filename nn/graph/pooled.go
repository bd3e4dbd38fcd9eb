package graph

// A Pooled is the rule for an X that is scaled by something pooled from X: Y = X·A by channel and A made of the mean of X over its pixels.
// Both passes back over X are one: dX = dY·A + dM/pixels, with one rounding, where M is the mean. The gradient of M is computed already
// divided by the pixels where the one operation that reads M is linear.
type Pooled struct {
	Scale   *Scale
	Pool    *GlobalPool
	Divided bool // the gradient of M comes divided by the pixels
}

// PooledScales finds all of them in a list of operations, by both of the operations that they are made of. Executors
// that must have the same bits follow the same rule.
func PooledScales(ops []Op) map[Op]*Pooled {
	by := map[Op]*Pooled{}
	writer, readers := map[Value]Op{}, map[Value][]Op{}
	for _, o := range ops {
		for _, v := range o.Writes() {
			writer[v] = o
		}
		for _, v := range o.Reads() {
			readers[v] = append(readers[v], o)
		}
	}
	for _, o := range ops {
		s, ok := o.(*Scale)
		if !ok {
			continue
		}
		pool := pooledFrom(s.X, s.A, writer, map[Value]bool{})
		if pool == nil || by[pool] != nil {
			continue
		}
		p := &Pooled{Scale: s, Pool: pool}
		if list := readers[pool.Y]; len(list) == 1 {
			switch list[0].(type) {
			case *Linear, *ChannelConv:
				p.Divided = true
			}
		}
		by[s], by[pool] = p, p
	}
	return by
}

// pooledFrom returns the mean of x over pixels that a value is made of, or nil.
func pooledFrom(x, v Value, writer map[Value]Op, seen map[Value]bool) *GlobalPool {
	if v == x || seen[v] || writer[v] == nil {
		return nil
	}
	seen[v] = true
	if p, ok := writer[v].(*GlobalPool); ok && p.X == x {
		return p
	}
	for _, r := range writer[v].Reads() {
		if p := pooledFrom(x, r, writer, seen); p != nil {
			return p
		}
	}
	return nil
}
