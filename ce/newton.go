package ce

import (
	"gonum.org/v1/gonum/mat"

	"cenet/nn/kernel"
)

// NewtonScalar returns p_T(λ), Newton's iteration (4) on a number: p₀ = 1, p_k = ½(3p_{k−1} − p_{k−1}³λ). For λ in (0, 3) it
// converges to λ^{-1/2}, for λ = 0 it is 1.5ᵀ.
func NewtonScalar(lambda float64, steps int) float64 {
	p := 1.0
	for range steps {
		p = 0.5 * (float64(3*p) - float64(p*p*p*lambda)) // not fused on any processor
	}
	return p
}

// Newton returns P_T, Newton's iteration (4) on the symmetric matrix Σ_N, by its meaning: every P_k is a polynomial in Σ_N, so
// with Σ_N = VΛVᵀ it is V·p_T(Λ)·Vᵀ, the scalar iteration on the eigenvalues. It panics if the decomposition fails, as it
// does where an entry is not finite.
func Newton(sigmaN mat.Symmetric, steps int) *mat.SymDense {
	var eigen mat.EigenSym
	if !eigen.Factorize(sigmaN, true) {
		panic("ce: no eigenvalue decomposition")
	}
	var v mat.Dense
	eigen.VectorsTo(&v)
	n := sigmaN.SymmetricDim()
	p := mat.NewSymDense(n, nil)
	for k, lambda := range eigen.Values(nil) {
		p.SymRankOne(p, NewtonScalar(lambda, steps), v.ColView(k))
	}
	return p
}

// newton runs iteration (4) on one symmetric g×g matrix and back.
//
// As it is printed, P_k = ½(3P_{k−1} − P_{k−1}³Σ_N) relies on P and Σ_N commuting: they do, P_k being a polynomial in Σ_N, but
// rounding breaks it, and what does not commute grows by about ½·2.25ᵏ a step along the kernel of Σ_N. So the iteration
// carries Y_k = P_k·Σ_N along with Z_k = P_k (the coupled form, Higham (6.35)), from Y₀ = Σ_N, Z₀ = I:
//
//	K = ½(3I − Z·Y),  Y' = Y·K,  Z' = K·Z,
//
// the same numbers but for rounding, the same three products a step, and stable.
//
// The reverse follows each product by the rule that C = A·B has dA = dC·Bᵀ, dB = Aᵀ·dC (written out: the scalar <dC, C>
// varies by <dC, δA·B + A·δB>). From the gradients dY', dZ' of what a step made,
//
//	dK = Yᵀ·dY' + dZ'·Zᵀ
//	dY = dY'·Kᵀ − ½ Zᵀ·dK
//	dZ = Kᵀ·dZ' − ½ dK·Yᵀ
//
// and at the end of the way back dΣ_N = dY₀; dZ₀ falls on a constant. The reverse starts with dY_T = 0.
//
// Both ways run in float64: g³ is little next to what the images cost, and only then is the rest as exact as float32.
//
// References:
//
//	Higham: Functions of Matrices (2008), section 6.7.
type newton struct {
	g, steps int
	// y[k] and z[k] are Y_k and Z_k, kept for the way back: k = 0..steps.
	y, z [][]float64
	// k is K; dk, dy, dz, next are gradients on the way back, and t is a transpose.
	k, dk, dy, dz, next, t []float64
}

// newNewton returns an iteration whose memory is one slice: nothing is allocated afterwards.
func newNewton(g, steps int) *newton {
	memory := make([]float64, (2*(steps+1)+6)*g*g)
	cut := func() []float64 {
		s := memory[:g*g]
		memory = memory[g*g:]
		return s
	}
	it := &newton{g: g, steps: steps, k: cut(), dk: cut(), dy: cut(), dz: cut(), next: cut(), t: cut()}
	for range steps + 1 {
		it.y = append(it.y, cut())
		it.z = append(it.z, cut())
	}
	return it
}

// forward writes P_T of Σ_N to p.
func (it *newton) forward(p, sigmaN []float64) {
	g := it.g
	copy(it.y[0], sigmaN)
	identity(it.z[0], g)
	for k := range it.steps {
		it.setK(k)
		kernel.Gemm64(false, g, 1, it.y[k], it.k, false, it.y[k+1])
		kernel.Gemm64(false, g, 1, it.k, it.z[k], false, it.z[k+1])
	}
	copy(p, it.z[it.steps])
	symmetrise(p, g)
}

// backward writes the gradient with respect to Σ_N to dsigmaN, from dp, that with respect to the P_T of the last forward.
// Both are symmetric: Σ_N and P_T vary among symmetric matrices only, so the rest of either would have no effect.
func (it *newton) backward(dsigmaN, dp []float64) {
	g := it.g
	clear(it.dy)
	copy(it.dz, dp)
	symmetrise(it.dz, g)
	for k := it.steps - 1; k >= 0; k-- {
		it.setK(k)
		kernel.Gemm64(true, g, 1, it.y[k], it.dy, false, it.dk)
		kernel.Gemm64(false, g, 1, it.dz, it.transpose(it.z[k]), true, it.dk)

		kernel.Gemm64(false, g, 1, it.dy, it.transpose(it.k), false, it.next)
		kernel.Gemm64(true, g, -0.5, it.z[k], it.dk, true, it.next)
		it.dy, it.next = it.next, it.dy

		kernel.Gemm64(true, g, 1, it.k, it.dz, false, it.next)
		kernel.Gemm64(false, g, -0.5, it.dk, it.transpose(it.y[k]), true, it.next)
		it.dz, it.next = it.next, it.dz
	}
	copy(dsigmaN, it.dy)
	symmetrise(dsigmaN, g)
}

// transpose returns the transpose of a, until the next call.
func (it *newton) transpose(a []float64) []float64 {
	kernel.Transpose64(it.t, a, it.g)
	return it.t
}

// setK sets K of step k: ½(3I − Z_k·Y_k).
func (it *newton) setK(k int) {
	g := it.g
	kernel.Gemm64(false, g, -0.5, it.z[k], it.y[k], false, it.k)
	for i := range g {
		it.k[i*g+i] += 1.5
	}
}

func identity(a []float64, g int) {
	clear(a)
	for i := range g {
		a[i*g+i] = 1
	}
}

// symmetrise replaces the g×g matrix by ½(A + Aᵀ).
func symmetrise(a []float64, g int) {
	for i := range g {
		for j := range i {
			mean := 0.5 * (a[i*g+j] + a[j*g+i])
			a[i*g+j], a[j*g+i] = mean, mean
		}
	}
}

func trace(a []float64, g int) (t float64) {
	for i := range g {
		t += a[i*g+i]
	}
	return t
}

// inner is the inner product Σ a·b of two matrices: term i belongs to partial sum i modulo 16, and these are added in order.
func inner(a, b []float64) (sum float64) {
	var sums [16]float64
	for i, v := range a {
		sums[i%len(sums)] += float64(v * b[i])
	}
	for _, v := range sums {
		sum += v
	}
	return sum
}
