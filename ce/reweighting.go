package ce

import (
	"math"

	"cenet/nn/kernel"
)

// reweighting is the branch IR: equations (6) to (9) and their reverse. The block applies k·Diag(a[n]), k = (1−λ)/s.
//
// Reverse. Let q[n] = Σ x̃ ⊙ dy over the pixels of image n, dy being the gradient of the block's output k·a[n] ⊙ x̃, and
// A = Σ a·q over all n and c. Then
//
//	dk = A,  so  dλ = −A/s  and  ds = −(k/s)·A
//	da = k·q
//
// From s = √(Σ v/(N·C)), each v gets ds/(2·s·N·C), and more from da through (7). With Δ the divisor of the variance, H·W−1 or
// H·W, and m[n] the mean of x̃ in the image,
//
//	dx̃ = dv·(2/Δ)·(x̃ − m) = τ·x̃ − τ·m,  τ = (2/Δ)·dv
//
// v's own dependence on m giving nothing. dx̃ through a, k·a[n] ⊙ dy, is the block's to add.
type reweighting struct {
	options          Options
	channels, hidden int
	cut              images
	chunks           kernel.Chunks // images

	w1, gamma, beta, w2     []float32
	dw1, dgamma, dbeta, dw2 []float32
	runningScale            []float32 // (1)
	runningWeight           []float32 // (1), nil without CorrectBias

	packed1, packed2 []float32 // W₁ᵀ and W₂ᵀ, prepared for products

	moments []float32 // (N, segments, 2, C): mean and sum of squared deviations; backward (N, segments, C): Σ x̃ ⊙ dy
	factor  []float32 // (C), H·W/Δ, with Ratio times (σ²_BN+ε)/σ²_BN: from the biased variance to v
	slope   []float32 // (C), the same times 2/(H·W)
	mean    []float32 // (N, C), m
	v       []float32 // (N, C)
	xhat    []float32 // (N, hidden), of LayerNorm
	inv     []float32 // (N), of LayerNorm
	r       []float32 // (N, hidden), after the ReLU
	a       []float32 // (N, C)
	totals  []float64 // (N), Σ v of an image; backward: Σ a·q

	scale    float64 // s
	constant bool    // s is a constant: no gradient
	k        float64
	spread   float32 // ds/(2·s·N·C)

	q  []float32 // (N, C), then the gradient before the sigmoid over k
	dr []float32 // (N, hidden), before the ReLU
	dh []float32 // (N, hidden), before LayerNorm
	t  []float32 // (N, C), τ
}

// setFactor sets factor and slope. ratio is (σ²_BN+ε)/σ²_BN by channel, or nil.
func (r *reweighting) setFactor(ratio []float32) {
	pixels := float64(r.cut.pixels)
	divisor := pixels
	if r.options.Variance == Unbiased {
		divisor--
	}
	kernel.Fill(r.factor, float32(pixels/divisor))
	kernel.Fill(r.slope, float32(2/divisor))
	if ratio != nil {
		kernel.ScaleRows(r.factor, r.factor, ratio)
		kernel.ScaleRows(r.slope, r.slope, ratio)
	}
}

// measure takes the moments of one segment of image n.
func (r *reweighting) measure(x []float32, n, segment int) {
	c := r.channels
	m := r.moments[(n*r.cut.segments+segment)*2*c:][:2*c]
	kernel.Moments(m[:c], m[c:], x)
}

// pack prepares W₁, part 0, or W₂, part 1, for the products of (7).
func (r *reweighting) pack(part int) {
	if part == 0 {
		r.into().Pack(r.packed1, r.w1, true, r.channels)
	} else {
		r.outOf().Pack(r.packed2, r.w2, true, r.hidden)
	}
}

// into and outOf are W₁ᵀ and W₂ᵀ, from the channels into the hidden layer and out of it.
func (r *reweighting) into() kernel.Factor  { return kernel.Factor{K: r.channels, N: r.hidden} }
func (r *reweighting) outOf() kernel.Factor { return kernel.Factor{K: r.hidden, N: r.channels} }

// variances computes v (6) of the images of one chunk.
func (r *reweighting) variances(chunk int) {
	c := r.channels
	lo, hi := r.chunks.Range(chunk)
	segments := kernel.Segments{N: 1, Pixels: r.cut.pixels, Size: r.cut.segment}
	for n := lo; n < hi; n++ {
		kernel.CombineMoments(r.cut.row(r.mean, n), r.cut.row(r.v, n), r.moments[n*r.cut.segments*2*c:], segments)
	}
	v := r.v[lo*c : hi*c]
	kernel.ScaleRows(v, v, r.factor)
	for n := lo; n < hi; n++ {
		r.totals[n] = kernel.Total(r.cut.row(r.v, n))
	}
}

// squeeze, rectify and excite compute a (7): W₁·v, some columns of one chunk a part; the ReLU of its LayerNorm, one chunk a
// part; and the sigmoid of W₂ times that, some columns of one chunk a part.
func (r *reweighting) squeeze(part int) {
	columns := r.into().Columns().Count()
	lo, hi := r.chunks.Range(part / columns)
	r.into().Product(r.r[lo*r.hidden:], r.v[lo*r.channels:], r.packed1, hi-lo, part%columns)
}

func (r *reweighting) rectify(chunk int) {
	h := r.hidden
	lo, hi := r.chunks.Range(chunk)
	hidden := r.r[lo*h : hi*h]
	if r.options.LayerNorm {
		kernel.LayerNorm(hidden, r.xhat[lo*h:hi*h], r.inv[lo:hi], hidden, r.gamma, r.beta, layerNormEpsilon)
	}
	kernel.Clamp(hidden, hidden, infinity)
}

func (r *reweighting) excite(part int) {
	columns := r.outOf().Columns()
	lo, hi := r.chunks.Range(part / columns.Count())
	part %= columns.Count()
	r.outOf().Product(r.a[lo*r.channels:], r.r[lo*r.hidden:], r.packed2, hi-lo, part)
	first, end := columns.Range(part)
	for n := lo; n < hi; n++ {
		a := r.cut.row(r.a, n)[first:end]
		kernel.Sigmoid(a, a)
	}
}

var infinity = float32(math.Inf(1))

// setScale sets s (8) and k from the batch, and moves the running averages.
func (r *reweighting) setScale(lambda float64) {
	var total float64
	for _, t := range r.totals {
		total += t
	}
	s := math.Sqrt(total / float64(r.cut.n*r.channels))
	kernel.Fill(r.moments[:1], float32(s))
	kernel.RunningAverage(r.runningScale, r.moments[:1], float32(r.options.Momentum), 1)
	if r.options.CorrectBias {
		kernel.Fill(r.moments[:1], 1)
		kernel.RunningAverage(r.runningWeight, r.moments[:1], float32(r.options.Momentum), 1)
	}
	r.scale = floorScale(s)
	r.constant = r.options.DetachScale || s < minScale
	r.k = (1 - lambda) / r.scale
}

// averageScale sets s and k from the running average.
func (r *reweighting) averageScale(lambda float64) {
	s := float64(r.runningScale[0])
	if r.options.CorrectBias && r.runningWeight[0] > 0 {
		s /= float64(r.runningWeight[0])
	}
	r.scale = floorScale(s)
	r.constant = true
	r.k = (1 - lambda) / r.scale
}

// correlate takes Σ x̃ ⊙ dy of one segment of image n.
func (r *reweighting) correlate(x, dy []float32, n, segment int) {
	q := r.cut.row(r.moments, n*r.cut.segments+segment)
	kernel.Zero(q)
	kernel.DotRows(q, x, dy)
}

// gather sums q over the segments of the images of one chunk, and a·q over each of them.
func (r *reweighting) gather(chunk int) {
	c := r.channels
	lo, hi := r.chunks.Range(chunk)
	for n := lo; n < hi; n++ {
		q := r.cut.row(r.q, n)
		kernel.Zero(q)
		kernel.Reduce(q, r.moments[n*r.cut.segments*c:], r.cut.segments)
		r.totals[n] = kernel.Inner(r.cut.row(r.a, n), q)
	}
}

// scaleBackward sets what of the gradient runs through s, and returns dλ.
func (r *reweighting) scaleBackward() (dlambda float64) {
	var dk float64
	for _, t := range r.totals {
		dk += t
	}
	r.spread = 0
	if !r.constant {
		ds := -r.k / r.scale * dk
		r.spread = float32(ds / (2 * r.scale * float64(r.cut.n*r.channels)))
	}
	return -dk / r.scale
}

// squeezeExciteBackward is the reverse of excite, rectify, squeeze and variances: it sets τ of the images of one chunk.
func (r *reweighting) squeezeExciteBackward(chunk int) {
	c, h := r.channels, r.hidden
	lo, hi := r.chunks.Range(chunk)
	dz, dr, dh, t := r.q[lo*c:hi*c], r.dr[lo*h:hi*h], r.dh[lo*h:hi*h], r.t[lo*c:hi*c]
	kernel.SigmoidBackward(dz, dz, r.a[lo*c:hi*c])
	kernel.Gemm(false, false, hi-lo, h, c, float32(r.k), dz, c, r.w2, h, 0, dr, h)
	kernel.ClampBackward(dr, dr, r.r[lo*h:hi*h], infinity)
	if r.options.LayerNorm {
		kernel.LayerNormBackward(dh, dr, r.xhat[lo*h:hi*h], r.inv[lo:hi], r.gamma)
	} else {
		kernel.Copy(dh, dr)
	}
	kernel.Fill(t, r.spread)
	kernel.Gemm(false, false, hi-lo, c, h, 1, dh, h, r.w1, c, 1, t, c)
	kernel.ScaleRows(t, t, r.slope)
}

// weights adds the gradients of the parameters, after squeezeExciteBackward: part 0 those of W₁, part 1 of W₂, part 2 of LayerNorm.
func (r *reweighting) weights(part int) {
	n, c, h := r.cut.n, r.channels, r.hidden
	switch {
	case part == 0:
		kernel.Gemm(true, false, h, c, n, 1, r.dh, h, r.v, c, 1, r.dw1, c)
	case part == 1:
		kernel.Gemm(true, false, c, h, n, float32(r.k), r.q, c, r.r, h, 1, r.dw2, h)
	case r.options.LayerNorm:
		kernel.DotRows(r.dgamma, r.dr[:n*h], r.xhat)
		kernel.SumRows(r.dbeta, r.dr[:n*h])
	}
}

// minScale is the smallest s that is divided by: the images are constant below it, and s is treated as 1, a constant.
// (The released module divides by zero there.)
const minScale = 1e-8

func floorScale(s float64) float64 {
	if s < minScale {
		return 1
	}
	return s
}

// ratioFactor turns the biased variance of x̃ = γ(x−μ)/√(σ²_BN+ε) + β within an image, γ²·σ²_IN/(σ²_BN+ε), into the paper's
// γ²·σ²_IN/σ²_BN. A channel of σ²_BN = 0 is constant, and its variance 0 by either; so is, but for rounding, one whose σ²_BN is
// below the normal numbers of float32, where the factor could overflow.
func ratioFactor(variance, epsilon float64) float64 {
	const smallestNormal = 0x1p-126
	if variance < smallestNormal {
		return 1
	}
	return (variance + epsilon) / variance
}

const layerNormEpsilon = 1e-5
