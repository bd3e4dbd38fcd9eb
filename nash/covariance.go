package nash

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"cenet/nn/stream"
)

// Covariance returns Σ = γγᵀ ⊙ ρ, the covariance of x̃ = γx̄ + β for normalised channels x̄ of correlation ρ.
func Covariance(rho mat.Symmetric, gamma []float64) *mat.SymDense {
	n := len(gamma)
	sigma := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sigma.SetSym(i, j, gamma[i]*gamma[j]*rho.At(i, j))
		}
	}
	return sigma
}

// A Spectrum is Σ = VΛVᵀ with what Proposition 1 asks of it: functions of Σ_N = Σ/t are functions of λ/t on the
// eigenvalues.
type Spectrum struct {
	Gamma  []float64
	Trace  float64   // t
	Values []float64 // eigenvalues of Σ_N, ascending
	v      *mat.Dense
	vGamma []float64 // Vᵀγ
}

// NewSpectrum decomposes Σ = γγᵀ ⊙ ρ, normalised by t. It panics where an entry is not finite.
func NewSpectrum(rho mat.Symmetric, gamma []float64, t float64) *Spectrum {
	var eigen mat.EigenSym
	if !eigen.Factorize(Covariance(rho, gamma), true) {
		panic("nash: no eigenvalue decomposition")
	}
	s := &Spectrum{Gamma: gamma, v: &mat.Dense{}, vGamma: make([]float64, len(gamma))}
	eigen.VectorsTo(s.v)
	s.Values = eigen.Values(nil)
	for k := range s.Values {
		s.Values[k] = max(0, s.Values[k]) // Σ is positive semi-definite; the rest is rounding
		for c, g := range gamma {
			s.vGamma[k] += float64(s.v.At(c, k) * g)
		}
	}
	return s.over(t)
}

// over returns the spectrum normalised by t instead.
func (s *Spectrum) over(t float64) *Spectrum {
	o := *s
	o.Values = make([]float64, len(s.Values))
	for k, v := range s.Values {
		if s.Trace != 0 {
			v *= s.Trace
		}
		o.Values[k] = v / t
	}
	o.Trace = t
	return &o
}

// Scale returns γ̂ = Pγ with P = p(Σ_N).
func (s *Spectrum) Scale(p []float64) []float64 {
	out := make([]float64, len(s.Gamma))
	for c := range out {
		row := s.v.RawRowView(c)
		for k, v := range row {
			out[c] += float64(v * p[k] * s.vGamma[k])
		}
	}
	return out
}

// Variances returns the diagonal of PΣP with P = p(Σ_N): the channels' variances after P.
func (s *Spectrum) Variances(p []float64) []float64 {
	out := make([]float64, len(s.Gamma))
	for c := range out {
		row := s.v.RawRowView(c)
		for k, v := range row {
			out[c] += float64(v * v * (p[k] * p[k] * s.Values[k] * s.Trace))
		}
	}
	return out
}

// Matrix returns p(Σ_N) itself.
func (s *Spectrum) Matrix(p []float64) *mat.SymDense {
	m := mat.NewSymDense(len(p), nil)
	for k := range p {
		m.SymRankOne(m, p[k], s.v.ColView(k))
	}
	return m
}

// Gap is 1 − λ for the largest eigenvalue, as the sum of the others, which loses no digit where it is small. It is that
// only for a Σ_N of trace 1.
func (s *Spectrum) Gap() float64 {
	var sum float64
	for _, v := range s.Values[:len(s.Values)-1] {
		sum += v
	}
	return sum
}

// Iterate runs Newton's iteration on matrices and returns P_T: coupled as in Higham, K = ½(3I − ZY), Y' = YK, Z' = KZ from
// Y = Σ_N, Z = I, which is the printed P_k = ½(3P_{k−1} − P_{k−1}³Σ_N) in exact arithmetic and is stable.
//
// References:
//
//	Higham: Functions of Matrices (2008), (6.35).
func Iterate(sigmaN mat.Symmetric, steps int) *mat.Dense {
	n := sigmaN.SymmetricDim()
	y, z, k, next := mat.DenseCopyOf(sigmaN), identity(n), mat.NewDense(n, n, nil), mat.NewDense(n, n, nil)
	for range steps {
		k.Mul(z, y)
		k.Scale(-0.5, k)
		for i := range n {
			k.Set(i, i, k.At(i, i)+1.5)
		}
		next.Mul(y, k)
		y, next = next, y
		next.Mul(k, z)
		z, next = next, z
	}
	return z
}

func identity(n int) *mat.Dense {
	m := mat.NewDense(n, n, nil)
	for i := range n {
		m.Set(i, i, 1)
	}
	return m
}

// RandomCorrelation draws the correlation ρ = (1/M) x̄x̄ᵀ of M samples of n channels that have the share strength of their
// variance in common, if signed with signs by chance: strength 0 gives a Wishart matrix scaled to a unit diagonal.
func RandomCorrelation(s *stream.Stream, n, samples int, strength float64, signed bool) *mat.SymDense {
	x := mat.NewDense(n, samples, nil)
	common := make([]float64, samples)
	for k := range common {
		common[k] = s.Normal()
	}
	for c := range n {
		shared := math.Sqrt(strength)
		if signed && s.IntN(2) == 0 {
			shared = -shared
		}
		row := x.RawRowView(c)
		for k := range row {
			row[k] = float64(shared*common[k]) + float64(math.Sqrt(1-strength)*s.Normal())
		}
		standardise(row)
	}
	return correlation(x, samples)
}

// correlation returns (1/M) x xᵀ of rows of the squared length M, its diagonal exactly 1.
func correlation(x *mat.Dense, samples int) *mat.SymDense {
	n, _ := x.Dims()
	rho := mat.NewSymDense(n, nil)
	rho.SymOuterK(1/float64(samples), x)
	for c := range n {
		rho.SetSym(c, c, 1)
	}
	return rho
}

// standardise subtracts the mean and divides by the standard deviation; it reports whether there is one.
func standardise(x []float64) bool {
	var mean, square float64
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for i := range x {
		x[i] -= mean
		square += float64(x[i] * x[i])
	}
	deviation := math.Sqrt(square / float64(len(x)))
	if !(deviation > 0) {
		return false
	}
	for i := range x {
		x[i] /= deviation
	}
	return true
}
