package ce

import (
	"math"
	"slices"

	"cenet/nn/kernel"
)

// decorrelation is the branch BD: equations (1) to (5) and their reverse. W below is the matrix that is applied: P_T, with
// Rescale P_T·tr(Σ)^{-1/2}. The images are read in parts (see images); what concerns a group is small, and in
// float64.
//
// Reverse. Let D = Σ x̃·dyᵀ over all samples, dy being the gradient of the block's output λ·W·x̃. Then
//
//	dλ = <D, W>
//	dW = λ·D
//
// With Centre, W meets x̃−μ: D = Σ (x̃−μ)dyᵀ, and dμ = −λ·W·Σdy. From W = P·t^{-1/2}, t = tr(Σ), with Rescale,
//
//	dP = dW·t^{-1/2},  dt = −½<dW, W>/t
//
// and without it dP = dW, dt = 0. The iteration turns dP into dΣ_N (see newton). From Σ_N = Σ/t and t = tr(Σ),
//
//	dΣ = dΣ_N/t + (dt − <dΣ_N, Σ_N>/t)·I
//
// and from Σ = (1/M) Σ (x̃−μ)(x̃−μ)ᵀ, dΣ being symmetric,
//
//	dx̃ = (2/M) dΣ·(x̃−μ) + dμ/M = Q·x̃ + (dμ/M − Q·μ),  Q = (2/M)·dΣ
//
// where Σ's own dependence on μ gives nothing, for Σ(x̃−μ) = 0. dx̃ through W itself, λ·Wᵀ·dy, is the block's to add.
type decorrelation struct {
	options     Options
	channels, g int
	cut         images

	runningP    []float32 // (C/g, g, g), of W or of Σ
	runningMean []float32 // (C)

	// By part, for both ways: means and scatters; then Σ dy and Σ x̃·dyᵀ.
	sums     []float32 // (parts, C)
	products []float32 // (parts, C/g, g, g)
	rows     []int     // (parts)
	tile     []float32 // (workers, largest part, C)

	groups []whitening

	scaled []float32 // (C/g, g, g), λ·W
	shift  []float32 // (C), −λ·W·μ with Centre, else 0
	batchP []float32 // (C/g, g, g), W or Σ of the batch, on its way into the running average
	batchM []float32 // (C), the same for μ
	q      []float32 // (C/g, g, g), Q
	qShift []float32 // (C), dμ/M − Q·μ
}

// whitening is one group's part of it.
type whitening struct {
	mean   []float64 // (g), μ
	sigma  []float64 // (g, g), Σ
	sigmaN []float64 // (g, g), Σ_N
	trace  float64   // t
	w      []float64 // (g, g), W
	newton *newton
	d      []float64 // (g, g), D, then dW, then dP
	dsigma []float64 // (g, g), dΣ_N, then dΣ
	dy     []float64 // (g), Σ dy
	dl     float64   // dλ

	// The running Σ of which w is the root, in evaluation with AverageCovariance.
	rootOf []float32
	valid  bool
}

// newDecorrelation reserves what does not depend on the images.
func newDecorrelation(o Options, channels, g int) *decorrelation {
	d := &decorrelation{options: o, channels: channels, g: g, groups: make([]whitening, channels/g)}
	for j := range d.groups {
		matrix := func() []float64 { return make([]float64, g*g) }
		d.groups[j] = whitening{
			mean:   make([]float64, g),
			sigma:  matrix(),
			sigmaN: matrix(),
			w:      matrix(),
			newton: newNewton(g, o.Steps),
			d:      matrix(),
			dsigma: matrix(),
			dy:     make([]float64, g),
			rootOf: make([]float32, g*g),
		}
	}
	return d
}

// vector and matrix return group j's part of a vector by channel or of the matrices of all groups.
func (d *decorrelation) vector(x []float32, j int) []float32 { return x[j*d.g : (j+1)*d.g] }
func (d *decorrelation) matrix(x []float32, j int) []float32 { return x[j*d.g*d.g : (j+1)*d.g*d.g] }

// measure takes the mean and the scatter of the pixels x of part i.
func (d *decorrelation) measure(x []float32, worker, i int) {
	c, size := d.channels, d.cut.largest()*d.channels
	kernel.Scatter(d.cut.row(d.sums, i), d.products[i*c*d.g:(i+1)*c*d.g], d.tile[worker*size:(worker+1)*size], x, d.g)
}

// whiten sets λ·W and the shift of group j from the batch, and moves the running averages.
func (d *decorrelation) whiten(j int, lambda float64) {
	w := &d.groups[j]
	kernel.CombineScatter(w.mean, w.sigma, d.sums, d.products, d.rows, d.channels, j*d.g) // (1), (2)
	for i := range d.g {
		w.sigma[i*d.g+i] += d.options.Epsilon
	}
	w.root(d.options)
	w.valid = false

	averaged := w.w
	if d.options.Average == AverageCovariance {
		averaged = w.sigma
	}
	momentum := float32(d.options.Momentum)
	kernel.Narrow(d.matrix(d.batchP, j), averaged, 1)
	kernel.Narrow(d.vector(d.batchM, j), w.mean, 1)
	kernel.RunningAverage(d.matrix(d.runningP, j), d.matrix(d.batchP, j), momentum, 1)
	kernel.RunningAverage(d.vector(d.runningMean, j), d.vector(d.batchM, j), momentum, 1)
	d.set(j, lambda)
}

// recall sets λ·W and the shift of group j from the running averages.
func (d *decorrelation) recall(j int, lambda float64) {
	w, running := &d.groups[j], d.matrix(d.runningP, j)
	kernel.Widen(w.mean, d.vector(d.runningMean, j))
	switch {
	case d.options.Average == AverageRoot:
		kernel.Widen(w.w, running)
	case !w.valid || !slices.Equal(w.rootOf, running):
		copy(w.rootOf, running)
		kernel.Widen(w.sigma, running)
		w.root(d.options)
		w.valid = true
	}
	d.set(j, lambda)
}

// root sets W from Σ by (3) and (4).
func (w *whitening) root(o Options) {
	g := len(w.mean)
	w.trace = trace(w.sigma, g)
	for i, v := range w.sigma {
		w.sigmaN[i] = v / w.trace
	}
	w.newton.forward(w.w, w.sigmaN)
	if o.Rescale {
		scale := 1 / math.Sqrt(w.trace)
		for i := range w.w {
			w.w[i] *= scale
		}
	}
}

// set makes float32 of what is applied to the images.
func (d *decorrelation) set(j int, lambda float64) {
	w := &d.groups[j]
	kernel.Narrow(d.matrix(d.scaled, j), w.w, lambda)
	shift := d.vector(d.shift, j)
	clear(shift)
	if d.options.Centre {
		for i := range shift {
			shift[i] = float32(-lambda * inner(w.w[i*d.g:(i+1)*d.g], w.mean))
		}
	}
}

// correlate takes D and Σ dy of part i, with the pixels x and their gradient dy.
func (d *decorrelation) correlate(x, dy []float32, i int) {
	c := d.channels
	kernel.GroupProducts(d.products[i*c*d.g:(i+1)*c*d.g], x, dy, c, d.g)
	if d.options.Centre {
		sum := d.cut.row(d.sums, i)
		clear(sum)
		kernel.SumRows(sum, dy)
	}
}

// whitenBackward is the reverse of whiten, or of recall: it sets dλ, Q and the shift that goes with Q of group j.
func (d *decorrelation) whitenBackward(j int, lambda float64, train bool) {
	w, g, c := &d.groups[j], d.g, d.channels
	kernel.Reduce64(w.d, d.products[j*g*g:], c*g, len(d.rows))
	if d.options.Centre {
		kernel.Reduce64(w.dy, d.sums[j*g:], c, len(d.rows))
		for i, m := range w.mean {
			for k, s := range w.dy {
				w.d[i*g+k] -= float64(m * s)
			}
		}
	}
	w.dl = inner(w.d, w.w)
	if !train {
		return
	}

	var dt float64
	scale := lambda // dW, then dP, from D
	if d.options.Rescale {
		dt = -0.5 * lambda * w.dl / w.trace
		scale /= math.Sqrt(w.trace)
	}
	for i := range w.d {
		w.d[i] *= scale
	}
	w.newton.backward(w.dsigma, w.d)
	dt -= inner(w.dsigma, w.sigmaN) / w.trace
	for i := range w.dsigma {
		w.dsigma[i] /= w.trace
	}
	for i := range g {
		w.dsigma[i*g+i] += dt
	}

	samples := float64(d.cut.n * d.cut.pixels)
	kernel.Narrow(d.matrix(d.q, j), w.dsigma, 2/samples)
	for i, shift := 0, d.vector(d.qShift, j); i < g; i++ {
		s := float64(-2 * inner(w.dsigma[i*g:(i+1)*g], w.mean))
		if d.options.Centre {
			s -= float64(lambda * inner(w.w[i*g:(i+1)*g], w.dy))
		}
		shift[i] = float32(s / samples)
	}
}
