package ce

import "cenet/nn/kernel"

// images cuts n images of the given number of pixels into parts for workers: several whole images a part where they are small, and
// a segment of one image where they are large. It depends on the shape alone, so sums over parts do not depend on the
// number of workers.
type images struct {
	n, pixels, channels int

	batch    int // images a part, where segments is 1
	segments int // parts an image, where batch is 1
	segment  int // pixels a segment
}

// cutImages makes parts of about 64 KiB, which stay in the second-level cache from one pass to the next, but of at least
// 4g pixels, so that the g×g products of the parts are small next to the images. A segment is some of kernel.ImageSegments, so that
// BatchNorm can take its sums of the gradient part by part.
func cutImages(n, pixels, channels, group int) images {
	rows := max(1, (1<<14)/channels, 4*group)
	p := images{n: n, pixels: pixels, channels: channels, batch: 1, segments: 1, segment: pixels}
	if rows < pixels {
		size := kernel.ImageSegments(n, pixels, channels).Size
		p.segment = rows / size * size
		p.segments = (pixels + p.segment - 1) / p.segment
	} else {
		p.batch = min(n, rows/pixels)
	}
	return p
}

// parts is the number of parts.
func (p images) parts() int { return (p.n + p.batch - 1) / p.batch * p.segments }

// part says what belongs to part i: count images from first on, and of each the segment that runs from pixel lo to hi.
func (p images) part(i int) (first, count, segment, lo, hi int) {
	first = i / p.segments * p.batch
	segment = i % p.segments
	lo = segment * p.segment
	return first, min(p.batch, p.n-first), segment, lo, min(lo+p.segment, p.pixels)
}

// rows is the number of pixels of part i in all its images.
func (p images) rows(i int) int {
	_, count, _, lo, hi := p.part(i)
	return count * (hi - lo)
}

// largest is the largest number of pixels of a part.
func (p images) largest() int { return p.batch * p.segment }

// row0 is the first pixel of part i, counted through all images.
func (p images) row0(i int) int {
	first, _, _, lo, _ := p.part(i)
	return first*p.pixels + lo
}

// of returns the pixels of part i in x, of shape (n, pixels, channels).
func (p images) of(x []float32, i int) []float32 {
	from := p.row0(i) * p.channels
	return x[from : from+p.rows(i)*p.channels]
}

// share returns the pixels of the part's image k, the first being 0, in x, which are those of part i.
func (p images) share(x []float32, i, k int) []float32 {
	_, _, _, lo, hi := p.part(i)
	size := (hi - lo) * p.channels
	return x[k*size:][:size]
}

// at returns the pixels lo to hi of image n in x.
func (p images) at(x []float32, n, lo, hi int) []float32 {
	return x[(n*p.pixels+lo)*p.channels : (n*p.pixels+hi)*p.channels]
}

// row returns row n of the matrix x with p.channels columns: what belongs to image n.
func (p images) row(x []float32, n int) []float32 { return x[n*p.channels : (n+1)*p.channels] }
