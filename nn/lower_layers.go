package nn

import (
	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// What layers are made of.

// Lower is one operation.
func (l *Conv) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(l.path)
	return b.Conv(x, graph.Conv{
		Weight: b.Param(l.Weight), Kernel: l.Kernel, Stride: l.Stride, Pad: l.Pad, Groups: l.Groups,
		BFloat16: l.conv != nil && l.conv.BFloat16(),
	}, l.Out)
}

// Lower is one operation.
func (l *Bias) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(l.path)
	return b.Bias(x, graph.Bias{Bias: b.Param(l.Bias), Cut: rowCut(b.Shape(x))})
}

// rowCut is how passes that read every element once cut the rows of an activation.
func rowCut(s graph.Shape) graph.Cut { return graph.Cut{Rows: rows(Tensor{Shape: Shape(s)}).Size} }

// Lower is one operation.
func (l *Linear) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(l.path)
	return b.Linear(x, graph.Linear{Weight: b.Param(l.Weight), Bias: b.Param(l.Bias), BFloat16: l.bfloat}, l.out).Y
}

// Lower is one operation.
func (n *BatchNorm) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(n.path)
	s := b.Shape(x)
	cut := graph.Cut{Rows: kernel.ImageSegments(s.N, s.Pixels(), s.C).Size, PerImage: true}
	o := b.BatchNorm(x, graph.BatchNorm{
		Gamma: b.Param(n.Gamma), Beta: b.Param(n.Beta), Mean: b.Buffer(n.RunningMean), Variance: b.Buffer(n.RunningVariance),
		Epsilon: n.Epsilon, Momentum: n.Momentum, Cut: cut,
	})
	b.norms[n] = o
	return o.Y
}

// Lower is one operation.
func (n *GroupNorm) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(n.path)
	return b.GroupNorm(x, graph.GroupNorm{Gamma: b.Param(n.Gamma), Beta: b.Param(n.Beta), Groups: n.groups, Epsilon: float64(n.Epsilon)})
}

// Lower is one operation.
func (r *Rectifier) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(r.path)
	return r.lower(b.Builder, x, r.bound)
}

// Lower is one operation.
func (l *Pool) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(l.path)
	if l.global {
		return b.GlobalPool(x)
	}
	return b.MaxPool(x, graph.MaxPool{Size: l.size, Stride: l.stride, Pad: l.pad})
}

// Lower is one operation.
func (l *Dropout) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(l.path)
	return b.Dropout(x, l.P, l.path)
}

// Lower is one operation.
func (l *Flatten) Lower(b *Lowering, x graph.Value) graph.Value { return b.Flatten(x) }

// Lower names the value.
func (t *Tap) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Tap(t.Path, x)
	return x
}

// Lower lowers the layers in order.
func (s *Sequential) Lower(b *Lowering, x graph.Value) graph.Value {
	for _, l := range s.Layers {
		x = b.Part(l, x)
	}
	return x
}

// Lower adds, and rectifies.
func (r *Residual) Lower(b *Lowering, x graph.Value) graph.Value {
	shortcut := x
	if !r.identity {
		shortcut = b.Part(r.shortcut, x)
	}
	y := b.Part(r.branch, x)
	b.Layer(r.path)
	y = b.Add(y, shortcut)
	if r.kind == addClamp {
		y = b.Clamp(y, noCeiling)
	}
	return y
}

// Lower interleaves the branches.
func (l *Shuffle) Lower(b *Lowering, x graph.Value) graph.Value {
	var left, right graph.Value
	if l.left == nil {
		half := b.Shape(x).C / 2
		b.Layer(l.path)
		left = b.Slice(x, 0, half)
		right = b.Part(l.right, b.Slice(x, half, half))
	} else {
		left, right = b.Part(l.left, x), b.Part(l.right, x)
	}
	b.Layer(l.path)
	return b.Interleave(left, right)
}
