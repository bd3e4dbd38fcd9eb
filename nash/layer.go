package nash

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"cenet/ce"
)

// A Layer is one Channel Equilibrium block on one batch: its input, its output, and what the two should have between them.
// Samples are N images of as many pixels each; matrices are row-major.
type Layer struct {
	Name     string
	Channels int // C
	Group    int // g, divides C
	Pixels   int // of an image
	Random   bool

	Gamma, Beta []float64 // (C), of the BatchNorm before the block
	X           []float64 // (N·pixels, C), x̃
	Y           []float64 // (N·pixels, C), the block's output

	Steps   int       // T
	Epsilon float64   // added to the diagonal of Σ
	Rescale bool      // P_T·tr(Σ)^{-1/2}
	Lambda  float64   // 1 where the block is batch decorrelation alone
	Weights []float64 // (N, C), a/s; nil where it is
}

// Groups is the number of groups of channels.
func (l *Layer) Groups() int { return l.Channels / l.Group }

// Images is N.
func (l *Layer) Images() int { return len(l.X) / (l.Channels * l.Pixels) }

// Covariance returns Σ of the channels of group j over all samples, without ε.
func (l *Layer) Covariance(j int) *mat.SymDense { return l.covariance(j, 0, len(l.X)/l.Channels) }

// covariance is that of the samples lo … hi−1.
func (l *Layer) covariance(j, lo, hi int) *mat.SymDense {
	g := l.Group
	x := mat.NewDense(g, hi-lo, nil)
	for c := range g {
		row := x.RawRowView(c)
		var mean float64
		for i := range row {
			row[i] = l.X[(lo+i)*l.Channels+j*g+c]
			mean += row[i]
		}
		mean /= float64(hi - lo)
		for i := range row {
			row[i] -= mean
		}
	}
	sigma := mat.NewSymDense(g, nil)
	sigma.SymOuterK(1/float64(hi-lo), x)
	return sigma
}

// Correlation returns ρ, that of x̄ = (x̃−β)/γ, and γ of the channels of group j; left counts those without variance or with
// γ = 0, which are left out.
func (l *Layer) Correlation(j int) (rho *mat.SymDense, gamma []float64, left int) {
	sigma := l.Covariance(j)
	var keep []int
	for c := range l.Group {
		if g := l.Gamma[j*l.Group+c]; g != 0 && sigma.At(c, c) > 1e-12*g*g {
			keep = append(keep, c)
		}
	}
	left = l.Group - len(keep)
	if len(keep) == 0 {
		return nil, nil, left
	}
	rho = mat.NewSymDense(len(keep), nil)
	for a, c := range keep {
		gamma = append(gamma, l.Gamma[j*l.Group+c])
		for b, d := range keep[:a] {
			r := sigma.At(c, d) / math.Sqrt(sigma.At(c, c)*sigma.At(d, d))
			if gamma[a]*gamma[b] < 0 {
				r = -r
			}
			rho.SetSym(a, b, r)
		}
		rho.SetSym(a, a, 1)
	}
	return rho, gamma, left
}

// P returns P_T of group j by its definition, from the samples.
func (l *Layer) P(j int) *mat.SymDense {
	sigma := l.withEpsilon(j)
	trace := mat.Trace(sigma)
	sigma.ScaleSym(1/trace, sigma)
	p := ce.Newton(sigma, l.Steps)
	if l.Rescale {
		p.ScaleSym(1/math.Sqrt(trace), p)
	}
	return p
}

func (l *Layer) withEpsilon(j int) *mat.SymDense {
	sigma := l.Covariance(j)
	for c := range l.Group {
		sigma.SetSym(c, c, sigma.At(c, c)+l.Epsilon)
	}
	return sigma
}

// Matrix returns M_n = λP + (1−λ)Diag(a[n]/s) of group j for image n, p being P(j).
func (l *Layer) Matrix(p mat.Symmetric, j, n int) *mat.SymDense {
	m := mat.NewSymDense(l.Group, nil)
	m.CopySym(p)
	m.ScaleSym(l.Lambda, m)
	if l.Weights != nil {
		for c := range l.Group {
			m.SetSym(c, c, m.At(c, c)+(1-l.Lambda)*l.Weights[n*l.Channels+j*l.Group+c])
		}
	}
	return m
}
