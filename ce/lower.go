package ce

import (
	"slices"

	"cenet/nn"
	"cenet/nn/graph"
)

// rowCut is how sums over the parts cut the rows.
func (p images) rowCut() graph.Cut {
	if p.segments > 1 {
		return graph.Cut{Rows: p.segment, PerImage: true}
	}
	return graph.Cut{Rows: p.batch * p.pixels}
}

// Lower makes the block of the operations that the numbers of the package comment stand for.
func (l *layer) Lower(b *nn.Lowering, x graph.Value) graph.Value {
	b.Layer(l.path)
	s, o := b.Shape(x), l.options
	cut := cutImages(s.N, s.Pixels(), l.channels, l.g).rowCut()
	mix := graph.Mix{X: x, P: graph.None, Mean: graph.None, A: graph.None, S: graph.None, Lambda: graph.None, G: l.g, Cut: cut}
	if l.bd != nil {
		l.lowerDecorrelation(b, &mix)
	}
	if l.ir != nil {
		l.lowerReweighting(b, &mix)
	}
	if l.bd != nil && l.ir != nil {
		c := graph.Lambda{Param: graph.None, Constant: o.Lambda}
		if o.learns() {
			c.Param = b.Param(l.paramOf(&l.w))
		}
		mix.Parts.Lambda = b.Lambda(c) // (10)
		mix.Lambda = mix.Parts.Lambda.Y
	}
	return b.Mix(mix) // (5), (9), (11)
}

func (l *layer) lowerDecorrelation(b *nn.Lowering, mix *graph.Mix) {
	o, parts := l.options, &mix.Parts
	momentum := float32(o.Momentum)
	parts.Covariance = b.Covariance(graph.Covariance{X: mix.X, G: l.g, Epsilon: o.Epsilon, Cut: mix.Cut}) // (1), (2)
	average := func(x graph.Value) graph.Value {
		parts.RunningMatrix = b.RunningAverage(x, graph.RunningAverage{
			Buffer: b.Buffer(l.bufferOf(&l.bd.runningP)), Weight: graph.None, Momentum: momentum,
		})
		return parts.RunningMatrix.Y
	}
	newton := func(sigma graph.Value) graph.Value {
		parts.Newton = b.Newton(graph.Newton{Sigma: sigma, Steps: o.Steps, Rescale: o.Rescale}) // (3), (4)
		return parts.Newton.P
	}
	if o.Average == AverageCovariance {
		mix.P = newton(average(parts.Covariance.Sigma))
	} else {
		mix.P = average(newton(parts.Covariance.Sigma))
	}
	parts.RunningMean = b.RunningAverage(parts.Covariance.Mean, graph.RunningAverage{
		Buffer: b.Buffer(l.bufferOf(&l.bd.runningMean)), Weight: graph.None, Momentum: momentum,
	})
	if o.Centre {
		mix.Mean = parts.RunningMean.Y
	}
}

func (l *layer) lowerReweighting(b *nn.Lowering, mix *graph.Mix) {
	o, parts := l.options, &mix.Parts
	shape := b.Shape(mix.X)
	segment := cutImages(shape.N, shape.Pixels(), l.channels, l.g).segment
	variance := graph.Variance{X: mix.X, Biased: o.Variance != Unbiased, Cut: graph.Cut{Rows: segment, PerImage: true}}
	if o.Variance == Ratio {
		variance.Norm = b.Norm(l.norm)
	}
	linear := func(x graph.Value, w *[]float32, channels int) *graph.Linear {
		return b.Linear(x, graph.Linear{Weight: b.Param(l.paramOf(w)), Bias: graph.None, Transposed: true}, channels)
	}
	parts.Variance = b.Variance(variance)                                    // (6)
	parts.Squeeze = linear(parts.Variance.V, &l.ir.w1, o.Hidden(l.channels)) // (7)
	hidden := parts.Squeeze.Y
	if o.LayerNorm {
		parts.Norm = b.LayerNorm(hidden, graph.LayerNorm{
			Gamma: b.Param(l.paramOf(&l.ir.gamma)), Beta: b.Param(l.paramOf(&l.ir.beta)), Epsilon: layerNormEpsilon,
		})
		hidden = parts.Norm.Y
	}
	hidden = b.Clamp(hidden, infinity)
	parts.Excite = linear(hidden, &l.ir.w2, l.channels)
	mix.A = b.Sigmoid(parts.Excite.Y)
	parts.RootMean = b.RootMean(graph.RootMean{V: parts.Variance.V, Detached: o.DetachScale}) // (8)
	average := graph.RunningAverage{Buffer: b.Buffer(l.bufferOf(&l.ir.runningScale)), Weight: graph.None, Momentum: float32(o.Momentum)}
	if o.CorrectBias {
		average.Weight = b.Buffer(l.bufferOf(&l.ir.runningWeight))
	}
	parts.RunningScale = b.RunningAverage(parts.RootMean.S, average)
	mix.S = parts.RunningScale.Y
}

// paramOf and bufferOf return what is bound to a field.
func (l *layer) paramOf(field *[]float32) *nn.Param {
	return l.params[l.boundTo(field)].param
}

func (l *layer) bufferOf(field *[]float32) *nn.Buffer {
	return l.params[l.boundTo(field)].buffer
}

func (l *layer) boundTo(field *[]float32) int {
	return slices.IndexFunc(l.params, func(b bound) bool { return b.data == field })
}
