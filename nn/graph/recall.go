package graph

// Recall is Y = X in training, where Buffer moves to (1−Momentum)·Buffer + Momentum·float32(X), and Weight, where it is not None,
// in the same way towards 1; in evaluation Y is Buffer, divided by Weight where that is there and positive.
type Recall struct {
	X, Y           Value // statistics
	Buffer, Weight Buffer
	Momentum       float32
}

// Recall moves a running average, or recalls it.
func (b *Builder) Recall(o Recall) *Recall {
	o.Y = b.statistic(b.Shape(o.X))
	b.add(&o)
	return &o
}

func (o *Recall) Reads() []Value   { return []Value{o.X} }
func (o *Recall) Writes() []Value  { return []Value{o.Y} }
func (o *Recall) Weights() []Param { return nil }

func (o *Recall) forward(in *Interpreter) {
	x := in.values[o.X]
	y, running := in.values[o.Y], in.buffer(o.Buffer)
	if in.random.Train {
		copy(y, x)
		for i := range x {
			running[i] += float64(o.Momentum) * (x[i] - running[i])
		}
		if o.Weight != None {
			w := in.buffer(o.Weight)
			w[0] += float64(o.Momentum) * (1 - w[0])
		}
		return
	}
	weight := 1.0
	if o.Weight != None && in.buffer(o.Weight)[0] > 0 {
		weight = in.buffer(o.Weight)[0]
	}
	for i := range y {
		y[i] = running[i] / weight
	}
}

func (o *Recall) reverse(in *Interpreter) {
	if !in.random.Train {
		return
	}
	for i, d := range in.grads[o.Y] {
		in.grads[o.X][i] += d
	}
}
