package kernel

// packBFloat packs the columns first to end−1 of the weights of a group for Forward.
func (c *Conv) packBFloat(to, w []float32, group, first, end int) {
	in, of := c.C/c.Groups, c.Out/c.Groups
	for j := first; j < end; {
		cols, vectors := tilings[active].panel(end - j)
		width := vectors * tilings[active].lanes
		for tap := range c.KH * c.KW {
			packBFloatRows(to, w[tap*in*c.Out+group*of+j:], in, cols, width, c.Out)
			to = to[c.forward.from*width:]
		}
		j += cols
	}
}

// packBFloatRows rounds the rows×cols matrix src, whose rows are ld apart, to pairs of rows, each of width columns of which those from cols
// on are 0.
func packBFloatRows(dst, src []float32, rows, cols, width, ld int) {
	bfloatRows(dst, src, rows, cols, ld, width)
	if cols < width {
		for r := range bfloatFloats(rows) {
			clear(dst[r*width+cols : (r+1)*width])
		}
	}
}

// packBFloatTransposed does packBFloatRows for the transpose of a cols×rows matrix, whose rows are ld apart.
func packBFloatTransposed(dst, src []float32, rows, cols, width, ld int) {
	s := borrow()
	most := len(s.b) / width / 2 * 2
	for first := 0; first < rows; first += most {
		n := min(most, rows-first)
		packTransposed(s.b[:], src[first:], n, cols, width, ld, 1)
		bfloatRows(dst[first/2*bfloatUnit()*width:], s.b[:], n, width, width, width)
	}
	s.giveBack()
}

// For the gradient with respect to the weights, a product sums over pairs of images. They are rounded and interleaved, so that the pairs of
// a pixel are one after the other: (H, W, N/2, C) for images, (OutH, OutW, N/2, Out) for outputs, see bfloatCombine for what a pair is.
// Where the number of images is odd, 0 fills the last pair.

// pairsLen is the number of floats of n images and their outputs so interleaved.
func (c *Conv) pairsLen(n int) int {
	return bfloatFloats(n) * (c.H*c.W*c.C + c.Positions()*c.Out)
}

// pairImages writes n images, or outputs, of the given pixels and channels to dst.
func pairImages(dst, src []float32, n, pixels, channels int) {
	step := bfloatFloats(n) * channels
	for i := 0; i < n; i += 2 {
		a, b := src[i*pixels*channels:], []float32(nil)
		if i+1 < n {
			b = src[(i+1)*pixels*channels:]
		}
		to := dst[i/2*bfloatUnit()*channels:]
		if n <= 2 && bfloatWords() { // one long row
			bfloatCombine(to, a, b, 1, pixels*channels, 0, 0, 0)
		} else {
			bfloatCombine(to, a, b, pixels, channels, step, channels, channels)
		}
	}
}

// PairParts is the number of parts of Pair, 0 where WeightPart needs none.
func (c *Conv) PairParts(n int) int {
	if !c.bfloat {
		return 0
	}
	return c.WeightProducts(n, true).images.Count()
}

// PairLen is the number of floats that Pair writes.
func (c *Conv) PairLen(n int) int {
	if !c.bfloat {
		return 0
	}
	return c.pairsLen((n + 1) / 2 * 2)
}

// Pair does one part of preparing n images and the gradient with respect to their outputs for WeightPart.
func (c *Conv) Pair(paired, dout, x []float32, n, part int) {
	lo, hi := c.WeightProducts(n, true).images.Range(part)
	c.pair(paired[c.pairsLen(lo):], dout, x, lo, hi)
}

// pair interleaves the images lo to hi−1, and then their outputs.
func (c *Conv) pair(to, dout, x []float32, lo, hi int) {
	pairImages(to, x[lo*c.H*c.W*c.C:], hi-lo, c.H*c.W, c.C)
	pairImages(to[bfloatFloats(hi-lo)*c.H*c.W*c.C:], dout[lo*c.Positions()*c.Out:], hi-lo, c.Positions(), c.Out)
}

// sumBFloat is sum in bfloat16. With parts, paired is from Pair; else it is scratch.
func (c *Conv) sumBFloat(dw, dout, x, paired []float32, n int, parts bool, taps, in, of span) {
	products := c.WeightProducts(n, parts)
	for i := range products.images.Count() {
		lo, hi := products.images.Range(i)
		pairs := paired
		if parts {
			pairs = paired[c.pairsLen(lo):]
		} else {
			c.pair(pairs, dout, x, lo, hi)
		}
		terms := bfloatFloats(hi - lo)
		dy := pairs[terms*c.H*c.W*c.C:]
		for band := range products.bands.Count() {
			top, bottom := products.bands.Range(band)
			for tap := range taps.n {
				c.tapBFloat(dw, dy, pairs, terms, top, bottom, taps.first+tap, in, of)
			}
		}
	}
}

// tapBFloat adds to the weights of one tap the products of the outputs of the rows top to bottom−1, of all images in x and dy: row by row,
// pixel by pixel, pair by pair of images. terms is the number of floats that hold a pixel of one channel.
func (c *Conv) tapBFloat(dw, dy, x []float32, terms, top, bottom, tap int, in, of span) {
	ky, kx := tap/c.KW, tap%c.KW
	y0, y1 := valid(ky-c.Pad, c.Stride, c.H, c.OutH)
	y0, y1 = max(y0, top), min(y1, bottom)
	x0, x1 := valid(kx-c.Pad, c.Stride, c.W, c.OutW)
	if y0 >= y1 || x0 >= x1 {
		return
	}
	pixelA, pixelB := terms*c.C, terms*c.Out
	a := x[((y0*c.Stride+ky-c.Pad)*c.W+x0*c.Stride+kx-c.Pad)*pixelA:]
	b := dy[(y0*c.OutW+x0)*pixelB:]
	p := product{flush: 1}
	rows := sum{y1 - y0, c.Stride * c.W * pixelA, c.OutW * pixelB}
	if c.Stride == 1 {
		p.over(sum{(x1 - x0) * terms, c.C, c.Out}, rows, sum{n: 1})
	} else if terms == 1 {
		p.over(sum{x1 - x0, c.Stride * c.C, c.Out}, rows, sum{n: 1})
	} else {
		p.over(sum{terms, c.C, c.Out}, sum{x1 - x0, c.Stride * pixelA, pixelB}, rows)
	}
	groupIn, groupOut := c.C/c.Groups, c.Out/c.Groups
	for g := range c.Groups {
		i, end := g*groupIn+in.first, g*groupOut+of.first+of.n
		for j := g*groupOut + of.first; j < end; {
			cols, vectors := tilings[active].panel(end - j)
			p.columns(cols, vectors, false)
			p.b = &b[j]
			tile := dw[(tap*groupIn+in.first)*c.Out+j:]
			p.cover(a[i:], tile, tile, [3]axis{{in.n, 1, c.Out}, {n: 1}, {n: 1}}, vectors)
			j += cols
		}
	}
}
