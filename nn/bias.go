package nn

import "cenet/nn/kernel"

// Bias adds a learned number to each channel, in the place of its input.
type Bias struct {
	Bias *Param // (C)

	path  string
	y     Tensor
	parts []float32 // (chunks, C)
	x, at Tensor    // of the pass under way
}

// NewBias returns the layer for the given number of channels, at 0.
func NewBias(b *Builder, path string, channels int) *Bias {
	return &Bias{path: path, Bias: b.Param(path, false, Constant(0), channels)}
}

// Folds reports that a convolution can absorb it.
func (l *Bias) Folds() bool { return true }

// Fold adds it to a convolution's bias.
func (l *Bias) Fold(_, bias []float32) { kernel.Add(bias, l.Bias.Data) }

// Plan keeps the shape.
func (l *Bias) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	if x.C != Size(l.Bias.Shape) {
		p.Failf("has %d channels, not %d", Size(l.Bias.Shape), x.C)
	}
	y := p.InPlace(&l.y, x)
	y.intact, y.needed = x.intact, false
	p.Scratch(&l.parts, kernel.RowChunks(x.Rows(), x.C).Count()*x.C)
	p.Report("bias", y, Cost{Other: y.Len()})
	return y
}

// Forward adds.
func (l *Bias) Forward(c *Context, x Tensor) Tensor {
	l.x, l.at = x, l.y.First(x.N)
	c.Run(rows(x).Count(), (*biasForward)(l))
	return l.at
}

// Backward sums the gradient by channel and passes it on.
func (l *Bias) Backward(c *Context, dy Tensor) Tensor {
	l.at = dy
	chunks := rows(dy).Count()
	c.Run(chunks, (*biasBackward)(l))
	kernel.Reduce(l.Bias.Grad, l.parts, chunks)
	return dy
}

type (
	biasForward  Bias
	biasBackward Bias
)

func (l *biasForward) Do(_, part int) {
	lo, hi := rows(l.x).Range(part)
	y := l.at.Between(lo, hi)
	if x := l.x.Between(lo, hi); &x[0] != &y[0] {
		kernel.Copy(y, x)
	}
	kernel.AddRow(y, l.Bias.Data)
}

func (l *biasBackward) Do(_, part int) {
	lo, hi := rows(l.at).Range(part)
	sum := l.parts[part*l.at.C:][:l.at.C]
	kernel.Zero(sum)
	kernel.SumRows(sum, l.at.Between(lo, hi))
}
