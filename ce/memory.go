package ce

import "cenet/nn/kernel"

// reserve asks for all memory that a step on n images of the given number of pixels needs, with the given number of workers: keep for
// what lives from forward to backward, scratch for what does not, and hold for what recalling sets.
func (b *Block) reserve(n, pixels, workers int, hold, keep, scratch func(dst *[]float32, size int)) {
	c, g := b.channels, b.g
	cut := cutImages(n, pixels, c, g)
	if b.bd != nil {
		b.bd.reserve(cut, workers, hold, scratch)
		scratch(&b.mix, 2*workers*c*g)
		b.mixed = make([]int, 2*workers)
	}
	scratch(&b.row, workers*c)
	if b.ir != nil {
		b.ir.reserve(cut, hold, keep, scratch)
	}
	b.fit(n, pixels)
}

// fit cuts the n images of the step to come, no more than were reserved for.
func (b *Block) fit(n, pixels int) {
	cut := cutImages(n, pixels, b.channels, b.g)
	b.cut = cut
	if b.bd != nil {
		b.bd.cut = cut
		b.bd.rows = b.bd.rows[:cut.parts()]
		for i := range b.bd.rows {
			b.bd.rows[i] = cut.rows(i)
		}
	}
	if b.ir != nil {
		b.ir.cut = cut
		b.ir.chunks = kernel.Chunks{N: n, Size: 16}
		b.ir.totals = b.ir.totals[:n]
	}
}

func (d *decorrelation) reserve(cut images, workers int, hold, scratch func(dst *[]float32, size int)) {
	d.rows = make([]int, cut.parts())
	scratch(&d.sums, cut.parts()*d.channels)
	scratch(&d.products, cut.parts()*d.channels*d.g)
	scratch(&d.tile, workers*cut.largest()*d.channels)
	scratch(&d.batchP, d.channels*d.g)
	scratch(&d.batchM, d.channels)
	scratch(&d.q, d.channels*d.g)
	scratch(&d.qShift, d.channels)
	hold(&d.scaled, d.channels*d.g)
	hold(&d.shift, d.channels)
}

func (r *reweighting) reserve(cut images, hold, keep, scratch func(dst *[]float32, size int)) {
	r.totals = make([]float64, cut.n)
	scratch(&r.moments, cut.n*cut.segments*2*r.channels)
	scratch(&r.q, cut.n*r.channels)
	scratch(&r.dr, cut.n*r.hidden)
	scratch(&r.dh, cut.n*r.hidden)
	scratch(&r.t, cut.n*r.channels)
	hold(&r.packed1, r.into().Len())
	hold(&r.packed2, r.outOf().Len())
	keep(&r.factor, r.channels)
	keep(&r.slope, r.channels)
	keep(&r.mean, cut.n*r.channels)
	keep(&r.v, cut.n*r.channels)
	keep(&r.a, cut.n*r.channels)
	keep(&r.r, cut.n*r.hidden)
	if r.options.LayerNorm {
		keep(&r.xhat, cut.n*r.hidden)
		keep(&r.inv, cut.n)
	}
}
