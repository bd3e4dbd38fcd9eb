package nn

// Flatten makes one pixel of an image: (N, H, W, C) to (N, 1, 1, H·W·C), in the order of memory.
type Flatten struct{ in Shape }

// NewFlatten returns the layer.
func NewFlatten() *Flatten { return &Flatten{} }

// Plan keeps the memory.
func (l *Flatten) Plan(_ *Plan, x Value) Value {
	l.in = x.Shape
	x.Shape = Shape{x.N, 1, 1, x.H * x.W * x.C}
	return x.NoFusion()
}

// Forward returns the same memory as one pixel an image.
func (l *Flatten) Forward(_ *Context, x Tensor) Tensor {
	l.in.N = x.N
	return Tensor{Shape{x.N, 1, 1, x.H * x.W * x.C}, x.Data}
}

// Backward returns it in the input's shape.
func (l *Flatten) Backward(_ *Context, dy Tensor) Tensor { return Tensor{l.in, dy.Data} }
