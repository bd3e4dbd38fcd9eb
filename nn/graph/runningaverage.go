package graph

// RunningAverage is Y = X in training, where Buffer moves to (1−Momentum)·Buffer + Momentum·float32(X), and Weight, where it is not None,
// in the same way towards 1. In evaluation Y is Buffer, divided by Weight where that is there and positive.
type RunningAverage struct {
	Unary          // statistics
	Buffer, Weight Buffer
	Momentum       float32
}

// RunningAverage moves the average of x, or returns it.
func (b *Builder) RunningAverage(x Value, o RunningAverage) *RunningAverage {
	o.X, o.Y = x, b.statistic(b.Shape(x))
	b.add(&o)
	return &o
}
