package kernel

// The gradient of a convolution with respect to its weights is the product of a tap's pixels, one column a channel, with
// the output's gradient: for each tap over the rectangle of outputs that find the tap within the image.

// ByImages tells how the gradient over n images is best cut into parts: by images, with Weight, each part having partial sums
// of its own, or by weights, with WeightPart. The former reads every image once, the latter needs neither memory for partial
// sums nor their addition; so it is for few pixels or many weights.
func (c *Conv) ByImages(n int) bool {
	return c.Groups > 1 || n*c.Positions() >= 1<<13 && c.weights() <= 160<<10
}

func (c *Conv) weights() int { return c.KH * c.KW * c.C / c.Groups * c.Out }

// Step is a number of images that, with their outputs and the gradients of both, stay in the second-level cache.
func (c *Conv) Step() int {
	size := c.together(c.C/c.Groups, c.Out/c.Groups)
	return size * max(1, 1<<16/(size*c.image(c.C/c.Groups, c.Out/c.Groups)))
}

// Weight adds the gradient with respect to the weights over n images to dw. dout is the gradient with respect to the outputs.
func (c *Conv) Weight(dw, dout, x, scratch []float32, n int) {
	taps, in, of := span{n: c.KH * c.KW}, span{n: c.C / c.Groups}, span{n: c.Out / c.Groups}
	if c.bfloat {
		c.sumBFloat(dw, dout, x, scratch, n, false, taps, in, of)
	} else {
		c.sum(dw, dout, x, n, false, taps, in, of)
	}
}

// blocks cuts the channels of input and output into the blocks of weights that are the parts of WeightPart.
func (c *Conv) blocks() (in, out Chunks) {
	if c.weights() <= 1<<16 {
		return Chunks{c.C, 64}, Chunks{c.Out, 32}
	}
	return Chunks{c.C, 128}, Chunks{c.Out, 64}
}

// WeightParts is the number of parts of WeightPart.
func (c *Conv) WeightParts() int {
	in, out := c.blocks()
	return c.KH * c.KW * in.Count() * out.Count()
}

// WeightPart does Weight for a part of the weights. The convolution must have one group. paired is from Pair, where there are parts of it.
func (c *Conv) WeightPart(dw, dout, x, paired []float32, n, part int) {
	tap, part := part%(c.KH*c.KW), part/(c.KH*c.KW)
	ins, outs := c.blocks()
	i0, i1 := ins.Range(part % ins.Count())
	o0, o1 := outs.Range(part / ins.Count())
	taps, in, of := span{first: tap, n: 1}, span{first: i0, n: i1 - i0}, span{first: o0, n: o1 - o0}
	if c.bfloat {
		c.sumBFloat(dw, nil, nil, paired, n, true, taps, in, of)
	} else {
		c.sum(dw, dout, x, n, true, taps, in, of)
	}
}

// pixelsTogether is how many pixels all taps see before the next.
const pixelsTogether = 256

// together is how many images a product takes, with the given number of channels of a group of input and output in a part.
func (c *Conv) together(in, of int) int {
	const floats = 1 << 17
	n := max(1, min(pixelsTogether/c.Positions(), floats/c.image(in, of)))
	if c.bfloat {
		n = (n + 1) / 2 * 2 // pairs of images
	}
	return n
}

// image is the number of floats of one image and its outputs, with the given number of channels of each group.
func (c *Conv) image(in, of int) int { return c.Groups * (c.H*c.W*in + c.Positions()*of) }

// A WeightProduct is the outputs over which one product of the gradient with respect to the weights sums: the rows Top to Bottom−1 of
// N images, from First on. The sum begins at 0 and is taken pixel by pixel within a row, row by row, image by image or, ByImage, image
// by image at each pixel; it is then added to the gradient so far.
type WeightProduct struct {
	First, N    int
	Top, Bottom int
	ByImage     bool
}

// WeightProducts are the products of the gradient over n images.
type WeightProducts struct {
	images, bands Chunks
	row           int // pixels
}

// WeightProducts are those of WeightPart, parts being set, or of Weight. They are the same for all weights. All taps
// see the pixels of one, which stay in the caches nearest to the processor, before the next: those of several images, or bands of rows
// of one.
func (c *Conv) WeightProducts(n int, parts bool) WeightProducts {
	in, out := c.C/c.Groups, c.Out/c.Groups
	if parts {
		i, o := c.blocks()
		in, out = min(in, i.Size), min(out, o.Size)
	}
	bands := Chunks{c.OutH, max(1, pixelsTogether/c.OutW)}
	if c.Positions() < 2*pixelsTogether {
		bands.Size = c.OutH
	}
	return WeightProducts{Chunks{n, c.together(in, out)}, bands, c.OutW}
}

// Count is the number of products.
func (p WeightProducts) Count() int { return p.images.Count() * p.bands.Count() }

// At returns a product.
func (p WeightProducts) At(i int) (w WeightProduct) {
	lo, hi := p.images.Range(i / p.bands.Count())
	w.First, w.N, w.ByImage = lo, hi-lo, p.row < 8 && hi-lo > p.row
	w.Top, w.Bottom = p.bands.Range(i % p.bands.Count())
	return w
}

// sum adds the gradient over n images to the weights of the given taps and the given channels of every group.
func (c *Conv) sum(dw, dout, x []float32, n int, parts bool, taps, in, of span) {
	products := c.WeightProducts(n, parts)
	for i := range products.Count() {
		p := products.At(i)
		x, dy := x[p.First*c.H*c.W*c.C:], dout[p.First*c.Positions()*c.Out:]
		for tap := range taps.n {
			c.tap(dw, dy, x, p, taps.first+tap, in, of)
		}
	}
}

// tap adds one product of the gradient, with the first of its images at the beginning of dout and x, to the weights of one tap.
func (c *Conv) tap(dw, dout, x []float32, over WeightProduct, tap int, in, of span) {
	ky, kx := tap/c.KW, tap%c.KW
	y0, y1 := valid(ky-c.Pad, c.Stride, c.H, c.OutH)
	y0, y1 = max(y0, over.Top), min(y1, over.Bottom)
	x0, x1 := valid(kx-c.Pad, c.Stride, c.W, c.OutW)
	if y0 >= y1 || x0 >= x1 {
		return
	}
	a := x[((y0*c.Stride+ky-c.Pad)*c.W+x0*c.Stride+kx-c.Pad)*c.C:]
	b := dout[(y0*c.OutW+x0)*c.Out:]
	var p product
	xs := sum{x1 - x0, c.Stride * c.C, c.Out}
	ys := sum{y1 - y0, c.Stride * c.W * c.C, c.OutW * c.Out}
	ns := sum{over.N, c.H * c.W * c.C, c.OutH * c.OutW * c.Out}
	if over.ByImage {
		p.over(ns, xs, ys)
	} else {
		p.over(xs, ys, ns)
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

// valid is the range of outputs that one tap, offset from the output's place by so much, finds within size pixels.
func valid(offset, stride, size, outputs int) (lo, hi int) {
	lo = max(0, (stride-1-offset)/stride)
	if offset >= size {
		return lo, 0
	}
	return lo, min(outputs, (size-1-offset)/stride+1)
}
