package graph

// Mix is Y[n] = λ·P(X[n] − Mean) + (1−λ)/s · A[n] ⊙ X[n] by groups of G channels: P (C/G, G, G, 1), Mean (1, 1, 1, C), A (N, 1, 1, C),
// S and Lambda of one element. P, A, Mean and S may be None; without P, λ is 0, without A it is 1, and Lambda None. s is S, and
// 1, a constant, where S < 1e-8. The gradient with respect to P is λ·Σ x·dyᵀ, taken by Cut.
type Mix struct {
	X, P, Mean, A, S, Lambda, Y Value
	G                           int
	Cut                         Cut
	Parts                       Parts
}

// Parts are the operations of the block of Channel Equilibrium that a Mix ends; those that are not there are nil.
type Parts struct {
	Covariance      *Covariance
	Newton          *Newton
	RecallMean      *Recall // of Covariance.Mean
	RecallMatrix    *Recall // of Newton.P, or of Covariance.Sigma
	Variance        *Variance
	Squeeze, Excite *Linear // both Transposed, without biases
	Norm            *LayerNorm
	RootMean        *RootMean
	RecallScale     *Recall
	Lambda          *Lambda
}

// MinScale is the smallest s that Mix divides by.
const MinScale = 1e-8

// Mix applies the block of Channel Equilibrium.
func (b *Builder) Mix(o Mix) Value { return b.keep(&o, o.X, &o.Y) }

func (o *Mix) Reads() []Value   { return present(o.X, o.P, o.Mean, o.A, o.S, o.Lambda) }
func (o *Mix) Writes() []Value  { return []Value{o.Y} }
func (o *Mix) Weights() []Param { return nil }

// mixing is what a Mix multiplies by: λ, P, μ and (1−λ)/s.
type mixing struct {
	lambda, k, s float64
	constant     bool // s has no gradient
	g            int  // 0 without P
	p, mean      []float64
}

func (o *Mix) terms(in *Interpreter) mixing {
	m := mixing{s: 1, mean: make([]float64, in.shape(o.X).C)}
	if o.P != None {
		m.g, m.p, m.lambda = o.G, in.values[o.P], 1
	}
	if o.Mean != None {
		m.mean = in.values[o.Mean]
	}
	if o.Lambda != None {
		m.lambda = in.values[o.Lambda][0]
	}
	if o.S != None {
		m.s = in.values[o.S][0]
		if m.s < MinScale {
			m.s, m.constant = 1, true
		}
	}
	m.k = (1 - m.lambda) / m.s
	return m
}

func (o *Mix) forward(in *Interpreter) {
	x, y, s, m := in.values[o.X], in.values[o.Y], in.shape(o.X), o.terms(in)
	for r := range s.Rows() {
		for c := range s.C {
			i := r*s.C + c
			if o.A != None {
				y[i] += m.k * in.values[o.A][r/s.Pixels()*s.C+c] * x[i]
			}
			for j := range m.g {
				from := c/m.g*m.g + j
				y[i] += m.lambda * m.p[c*m.g+j] * (x[r*s.C+from] - m.mean[from])
			}
		}
	}
}

func (o *Mix) reverse(in *Interpreter) {
	x, dx, s := in.values[o.X], in.grads[o.X], in.shape(o.X)
	m, dy := o.terms(in), in.grads[o.Y]
	var dlambda, dk float64
	for r := range s.Rows() {
		for c := range s.C {
			i := r*s.C + c
			if o.A != None {
				a := r/s.Pixels()*s.C + c
				dx[i] += m.k * in.values[o.A][a] * dy[i]
				in.grads[o.A][a] += m.k * x[i] * dy[i]
				dk += in.values[o.A][a] * x[i] * dy[i]
			}
			for j := range m.g {
				from := c/m.g*m.g + j
				w, product := m.p[c*m.g+j], dy[i]*(x[r*s.C+from]-m.mean[from])
				dx[r*s.C+from] += m.lambda * w * dy[i]
				in.grads[o.P][c*m.g+j] += m.lambda * product
				dlambda += w * product
				if o.Mean != None {
					in.grads[o.Mean][from] -= m.lambda * w * dy[i]
				}
			}
		}
	}
	if o.Lambda != None {
		in.grads[o.Lambda][0] += dlambda - dk/m.s
	}
	if o.S != None && !m.constant {
		in.grads[o.S][0] -= m.k / m.s * dk
	}
}
