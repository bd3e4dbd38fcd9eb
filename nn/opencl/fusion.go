//go:build opencl

package opencl

import "cenet/nn/graph"

// A fusion is an operation that writes its output with what follows it, an addition, a Clamp or both, so that what is between is never in
// memory. It is computed at the last of these, where the other addend is there too. The bits are the same.
type fusion struct {
	first  graph.Op     // a BatchNorm, a Scale or a Mix
	addend graph.Value  // or None
	add    *graph.Add   // or nil
	clamp  *graph.Clamp // or nil
	y      graph.Value  // what the last of them writes
}

// epilogue is what is done to the output of the first.
func (f *fusion) epilogue(b *builder) Epilogue {
	var e Epilogue
	if f.addend != graph.None {
		e.Addend = b.value(f.addend)
	}
	if f.clamp != nil {
		e.Clamp, e.Ceiling = true, f.clamp.Ceiling
	}
	return e
}

// last is where the fusion is computed.
func (f *fusion) last() graph.Op {
	if f.clamp != nil {
		return f.clamp
	}
	return f.add
}

// fusions finds those of a graph, by each of their operations.
func fusions(g *graph.Graph) map[graph.Op]*fusion {
	by := map[graph.Op]*fusion{}
	readers, reader := map[graph.Value]int{}, map[graph.Value]graph.Op{}
	for _, op := range g.Ops {
		for _, v := range op.Reads() {
			readers[v]++
			reader[v] = op
		}
	}
	// next is the operation that alone reads v.
	next := func(v graph.Value) graph.Op {
		if readers[v] != 1 || v == g.Out {
			return nil
		}
		return reader[v]
	}
	for i := len(g.Ops) - 1; i >= 0; i-- { // of two that are added, the later one
		f := &fusion{first: g.Ops[i], addend: graph.None}
		switch f.first.(type) {
		case *graph.BatchNorm, *graph.Scale, *graph.Mix:
		default:
			continue
		}
		f.y = f.first.Writes()[0]
		if a, ok := next(f.y).(*graph.Add); ok && by[a] == nil {
			f.add, f.addend = a, a.A
			if a.A == f.y {
				f.addend = a.B
			}
			f.y = a.Y
		}
		if c, ok := next(f.y).(*graph.Clamp); ok {
			f.clamp, f.y = c, c.Y
		}
		if _, scale := f.first.(*graph.Scale); f.add == nil && (f.clamp == nil || scale) {
			continue
		}
		by[f.first] = f
		if f.add != nil {
			by[f.add] = f
		}
		if f.clamp != nil {
			by[f.clamp] = f
		}
	}
	return by
}

// clamped reports whether a Clamp right after a BatchNorm is computed with it, forward and back.
func (b *builder) clamped(o graph.Op) (ceiling float32, ok bool) {
	if f := b.fused[o]; f != nil && f.add == nil {
		if _, norm := f.first.(*graph.BatchNorm); norm {
			return f.clamp.Ceiling, true
		}
	}
	return 0, false
}
