package graph

// A Broadcast says how an operand of A·B or A+B is repeated: in each of three directions it is as long as the result, or it has length 1
// and is repeated.
type Broadcast struct{ Images, Pixels, Channels bool }

// BroadcastOf returns the directions in which an operand of shape s is repeated to become y; fixed says that it is the same for all images.
func BroadcastOf(s Info, y Info) Broadcast {
	return Broadcast{Images: s.Fixed && !y.Fixed, Pixels: s.Pixels() == 1 && y.Pixels() > 1, Channels: s.C == 1 && y.C > 1}
}

// None reports that the operand has the shape of the result.
func (r Broadcast) None() bool { return r == Broadcast{} }

// broadcast returns what the result of two operands is known to be; ok is false where their shapes do not fit.
func (b *Builder) broadcast(x, y Value) (r Info, ok bool) {
	p, q := b.g.Values[x], b.g.Values[y]
	r = Info{Shape: Shape{max(p.N, q.N), max(p.H, q.H), max(p.W, q.W), max(p.C, q.C)}, Fixed: p.Fixed && q.Fixed}
	fits := func(i Info) bool {
		return (i.H == r.H && i.W == r.W || i.Pixels() == 1) && (i.C == r.C || i.C == 1) && !i.Statistic
	}
	return r, fits(p) && fits(q)
}

func (b *Builder) broadcasting(o Op, x, y Value, to *Value) Value {
	r, ok := b.broadcast(x, y)
	need(ok)
	b.shaped(o, r.Shape, to)
	b.g.Values[*to].Fixed = r.Fixed
	return *to
}
