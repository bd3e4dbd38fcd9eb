package kernel

// Conv is a convolution of images of one shape, with what follows from the shape alone. Images are H, W, C; weights are
// (KH, KW, C/Groups, Out); outputs are OutH, OutW, Out.
//
// The outputs are cut into regions that see the same taps, and a region is one product: its rows are pixels, its columns
// output channels, and the terms of a row, KW·C/Groups neighbouring floats for each of KH rows of the image, are read where
// they stand. Images are copied only where they are small, see staging. The gradient with respect to the image is a
// convolution of the output's gradient for each remainder of a pixel's place modulo Stride.
type Conv struct {
	Window
	Out, Groups int

	bfloat  bool // in bfloat16
	forward pass
	input   []pass
}

// A pass is a convolution of stride `stride`: output (y, x) sees, with tap (i, j), the source's pixel
// (y·stride + y0 + i, x·stride + x0 + j).
type pass struct {
	stride      int
	rows, cols  []span // of outputs, along y and x
	kw, x0      int    // taps in a row, and the source's column under the first of them at output 0
	h, w        int    // of the source
	from, of    int    // channels of one group, of the source as it is convolved and the target
	bfloat      int    // in bfloat16, where from counts floats that hold pairs: channels of one group of the source
	groups      int
	source      grid
	target      grid
	first       int // place of output (0, 0) in the target, in floats
	packed, len int // place and number of the packed weights of one group
}

// A grid tells how far apart, in floats, images, rows and pixels are.
type grid struct{ image, row, pixel int }

// A span is n outputs along one axis, from first on, that see the taps lo to hi−1, the first of them at source place at.
type span struct{ first, n, lo, hi, at int }

func (s span) empty() bool { return s.lo == s.hi }

// spans cuts n outputs along an axis of size pixels.
func spans(n, stride, origin, taps, size int) (list []span) {
	for o := range n {
		at := o*stride + origin
		lo, hi := max(0, -at), min(taps, size-at)
		if lo >= hi {
			lo, hi = 0, 0
		}
		if l := len(list) - 1; l >= 0 && list[l].lo == lo && list[l].hi == hi {
			list[l].n++
		} else {
			list = append(list, span{o, 1, lo, hi, at + lo})
		}
	}
	return list
}

// NewConv plans a convolution with the given number of output channels. The groups divide input and output channels.
func NewConv(w Window, out, groups int) *Conv { return newConv(w, out, groups, false) }

// NewBFloatConv is NewConv for a convolution in bfloat16, see bfloat.go: its methods round what they convolve. Pairs are neighbouring
// channels of one pixel, or of the gradient with respect to the weights one pixel of two neighbouring images.
func NewBFloatConv(w Window, out, groups int) *Conv { return newConv(w, out, groups, true) }

// BFloat16 reports whether the convolution is in bfloat16.
func (c *Conv) BFloat16() bool { return c.bfloat }

func newConv(w Window, out, groups int, bfloat bool) *Conv {
	c := &Conv{Window: w, Out: out, Groups: groups, bfloat: bfloat}
	x := grid{w.H * w.W * w.C, w.W * w.C, w.C}
	y := grid{w.OutH * w.OutW * out, w.OutW * out, out}
	in, of := w.C/groups, out/groups
	terms, termsBack, channels, channelsBack := in, of, 0, 0
	if bfloat {
		terms, termsBack, channels, channelsBack = bfloatFloats(in), bfloatFloats(of), in, of
	}
	c.forward = pass{
		stride: w.Stride, kw: w.KW, x0: -w.Pad, h: w.H, w: w.W, from: terms, of: of, bfloat: channels, groups: groups, source: x, target: y,
		rows: spans(w.OutH, w.Stride, -w.Pad, w.KH, w.H), cols: spans(w.OutW, w.Stride, -w.Pad, w.KW, w.W),
		len: w.KH * w.KW * terms * AlignUp(of),
	}
	at := 0
	for ry := range min(w.Stride, w.H) {
		for rx := range min(w.Stride, w.W) {
			ky, kx := class(w.KH, w.Stride, w.Pad, ry), class(w.KW, w.Stride, w.Pad, rx)
			p := pass{
				stride: 1, kw: kx.taps, x0: kx.origin, h: w.OutH, w: w.OutW, from: termsBack, of: in, bfloat: channelsBack, groups: groups,
				source: y, first: (ry*w.W + rx) * w.C,
				target: grid{x.image, w.Stride * x.row, w.Stride * x.pixel},
				rows:   spans((w.H-ry+w.Stride-1)/w.Stride, 1, ky.origin, ky.taps, w.OutH),
				cols:   spans((w.W-rx+w.Stride-1)/w.Stride, 1, kx.origin, kx.taps, w.OutW),
				packed: at, len: ky.taps * kx.taps * termsBack * AlignUp(in),
			}
			at += groups * p.len
			c.input = append(c.input, p)
		}
	}
	return c
}

// A tapClass is the taps k of an axis that reach the pixels with one remainder modulo the stride: last, last−stride, …,
// taps of them; the pixel numbered t of these pixels meets them at output t + origin, t + origin + 1, ….
type tapClass struct{ last, taps, origin int }

func class(taps, stride, pad, remainder int) tapClass {
	first := (remainder + pad) % stride
	if first >= taps {
		return tapClass{}
	}
	n := (taps-1-first)/stride + 1
	last := first + (n-1)*stride
	return tapClass{last, n, (remainder + pad - last) / stride}
}

// ScratchLen is the number of floats that Forward, Input and Weight need as scratch for up to n images.
func (c *Conv) ScratchLen(n int) int {
	images, most := c.copied(n), 0
	if c.bfloat && c.ByImages(n) {
		most = c.pairsLen(c.WeightProducts(n, false).images.Size)
	}
	most = max(most, c.forward.scratchLen(images))
	for i := range c.input {
		most = max(most, c.input[i].scratchLen(images))
	}
	return most
}

// copied is how many of n images are copied to scratch at once.
func (c *Conv) copied(n int) int {
	images := min(n, maxImages)
	if c.bfloat {
		images = min(images, max(c.Step(), c.cut(n, 1).images.Size))
	}
	return images
}

// Forward convolves a part of n images: x is n×H×W×C and out, which is overwritten, n×OutH×OutW×Out. packed is from Pack.
func (c *Conv) Forward(out, x, packed, scratch []float32, n, part int) {
	c.forward.do(out, x, packed, scratch, c.cut(n, c.forward.of), part, c.Groups, Epilogue{}, staging{})
}

// An Epilogue is what happens to outputs y, those of a convolution for one, before they are written: out = clamp(addend + (bias + y)).
type Epilogue struct {
	Bias    []float32 // one a channel, or nil for 0
	Addend  []float32 // as out, and may be out; or nil for 0
	Clamp   bool      // outputs are bounded below by 0 and above by Ceiling; NaN stays NaN
	Ceiling float32
}

// ForwardEpilogue is Forward with an epilogue.
func (c *Conv) ForwardEpilogue(out, x, packed, scratch []float32, n, part int, t Epilogue) {
	c.forward.do(out, x, packed, scratch, c.cut(n, c.forward.of), part, c.Groups, t, staging{})
}

// ForwardParts is the number of parts of Forward.
func (c *Conv) ForwardParts(n int) int { return c.cut(n, c.forward.of).count() }

// Input writes a part of the gradient with respect to n images to dx; dout is that with respect to their outputs. packed
// is from PackInput.
func (c *Conv) Input(dx, dout, packed, scratch []float32, n, part int) {
	c.InputEpilogue(dx, dout, packed, scratch, n, part, Epilogue{})
}

// InputEpilogue is Input with an epilogue, of the shape of the images.
func (c *Conv) InputEpilogue(dx, dout, packed, scratch []float32, n, part int, t Epilogue) {
	var staged staging
	for i := range c.input {
		staged = c.input[i].do(dx, dout, packed, scratch, c.cut(n, c.C/c.Groups), part, c.Groups, t, staged)
	}
}

// ForwardImages does all parts of Forward for n images.
func (c *Conv) ForwardImages(out, x, packed, scratch []float32, n int) {
	s := &c.forward
	most := c.copied(n)
	for first := 0; first < n; first += most {
		images := span{first: first, n: min(most, n-first)}
		s.block(out, x, packed, scratch, images, span{n: columnBlocks(s.of)}, span{n: s.height()}, c.Groups, Epilogue{}, staging{})
	}
}

// InputImages does all parts of InputEpilogue for n images.
func (c *Conv) InputImages(dx, dout, packed, scratch []float32, n int, t Epilogue) {
	most := c.copied(n)
	for first := 0; first < n; first += most {
		images := span{first: first, n: min(most, n-first)}
		var staged staging
		for i := range c.input {
			s := &c.input[i]
			staged = s.block(dx, dout, packed, scratch, images, span{n: columnBlocks(s.of)}, span{n: s.height()}, c.Groups, t, staged)
		}
	}
}

// InputParts is the number of parts of Input.
func (c *Conv) InputParts(n int) int { return c.cut(n, c.C/c.Groups).count() }

// maxImages is the largest number of images in one part of Forward or Input.
const maxImages = 16

// A cut is how a pass over some images is divided: into chunks of images, blocks of columns and bands of rows.
type cut struct {
	images  Chunks
	columns Chunks // of blocks
	bands   int
}

func (c cut) count() int { return c.images.Count() * c.columns.Count() * c.bands }

// cut divides a pass with the given number of columns. A part's images and its weights each take some 512 KiB at most, and there are
// enough parts to keep several workers busy.
func (c *Conv) cut(n, columns int) (d cut) {
	const floats, enough = 1 << 17, 8
	image := c.H*c.W*c.C + c.Positions()*c.Out
	d.images = Chunks{n, max(1, min(maxImages, n/enough, floats/image))}
	blocks := columnBlocks(columns)
	terms := c.KH * c.KW * max(c.C, c.Out) / c.Groups
	few := (enough + d.images.Count() - 1) / d.images.Count()
	d.columns = Chunks{blocks, max(1, min(floats/(terms*columnBlock), (blocks+few-1)/few))}
	d.bands = 1
	if count := d.images.Count() * d.columns.Count(); count < enough && c.OutH >= 28 {
		d.bands = min((enough+count-1)/count, c.OutH/14)
	}
	return d
}

// terms is the number of products in one output.
func (s *pass) terms() int { return s.len / AlignUp(s.of) }

// do computes one part of the outputs. scratch has room for what staging asks for.
func (s *pass) do(out, in, packed, scratch []float32, d cut, part, groups int, e Epilogue, staged staging) staging {
	images, part := part%d.images.Count(), part/d.images.Count()
	columns, band := part%d.columns.Count(), part/d.columns.Count()
	lo, hi := d.images.Range(images)
	first, last := d.columns.Range(columns)
	top, bottom := band*s.height()/d.bands, (band+1)*s.height()/d.bands
	of, blocks, rows := span{first: lo, n: hi - lo}, span{first: first, n: last - first}, span{first: top, n: bottom - top}
	return s.block(out, in, packed, scratch, of, blocks, rows, groups, e, staged)
}

// block computes the outputs of some images in some blocks of columns and some rows. staged is how the images were copied to scratch
// before, and what it returns is how they are there then.
func (s *pass) block(out, in, packed, scratch []float32, images, blocks, rows span, groups int, e Epilogue, staged staging) staging {
	out, in, addend := out[images.first*s.target.image:], in[images.first*s.source.image:], e.Addend
	if addend != nil {
		addend = addend[images.first*s.target.image:]
	}
	first, last := blocks.first, blocks.first+blocks.n
	top, bottom := rows.first, rows.first+rows.n
	source, cols := s.source, s.cols
	if t := s.staging(images.n); t.copies && s.len > 0 {
		if t != staged {
			s.copy(scratch, in, images.n, t)
			staged = t
		}
		in, source = scratch, t.grid
		if t.left+t.right > 0 {
			cols = []span{{0, s.width(), 0, s.kw, s.x0 + t.left}}
		}
	}
	r := region{pass: s, source: source, n: images.n, out: out, addend: addend}
	if e.Clamp {
		r.p.clamp, r.p.ceiling = 1, e.Ceiling
	}
	if s.bfloat > 0 {
		r.p.flush = 1
	}
	for g := range groups {
		r.blank(e, g*s.of+first*columnBlock, g*s.of+min(last*columnBlock, s.of), top, bottom)
		for col := first * columnBlock; col < min(last*columnBlock, s.of); {
			var width int
			width, r.vectors = tilings[active].panel(s.of - col)
			r.p.columns(width, r.vectors, true)
			b := packed[s.packed+g*s.len+col*s.terms():]
			if e.Bias != nil {
				r.p.bias = &e.Bias[g*s.of+col]
			}
			for _, y := range s.rows {
				if y = y.within(top, bottom, s.stride); y.n <= 0 {
					continue
				}
				for _, x := range cols {
					if y.empty() || x.empty() {
						continue
					}
					r.compute(s.first+g*s.of+col, in[g*s.from:], b, y, x)
				}
			}
			col += r.p.cols
		}
	}
	return staged
}

// height is the number of rows of outputs.
func (s *pass) height() int {
	last := s.rows[len(s.rows)-1]
	return last.first + last.n
}

// width is the number of columns of outputs.
func (s *pass) width() int {
	last := s.cols[len(s.cols)-1]
	return last.first + last.n
}

// within is what of the span lies from lo to hi−1.
func (s span) within(lo, hi, stride int) span {
	skip := max(0, lo-s.first)
	s.n = min(s.first+s.n, hi) - s.first - skip
	s.first += skip
	s.at += skip * stride
	return s
}

// A region computes outputs that see the same taps.
type region struct {
	*pass
	out, addend []float32
	source      grid
	n           int // images
	p           product
	vectors     int // of the panel's columns
}

// blank writes the outputs that see no tap, in the columns from first to end−1 and the rows from top to bottom−1.
func (s *region) blank(e Epilogue, first, end, top, bottom int) {
	for _, y := range s.rows {
		y = y.within(top, bottom, s.stride)
		for _, x := range s.cols {
			if y.n <= 0 || !y.empty() && !x.empty() {
				continue
			}
			for i := range s.n {
				for r := y.first; r < y.first+y.n; r++ {
					for q := x.first; q < x.first+x.n; q++ {
						at := s.first + i*s.target.image + r*s.target.row + q*s.target.pixel
						s.blankPixel(at, first, end, e)
					}
				}
			}
		}
	}
}

func (s *region) blankPixel(at, first, end int, e Epilogue) {
	out := s.out[at+first : at+end]
	clear(out)
	if e.Bias != nil {
		copy(out, e.Bias[first:end])
	}
	if s.addend != nil {
		Add(out, s.addend[at+first:at+end])
		if s.bfloat > 0 {
			for i, v := range out {
				out[i] = flushed(v)
			}
		}
	}
	if e.Clamp {
		Clamp(out, out, e.Ceiling)
	}
}

// compute does the outputs of the spans y and x for the columns of one panel b, the first of them at output (0, 0) at place at.
func (s *region) compute(at int, in, b []float32, y, x span) {
	at += y.first*s.target.row + x.first*s.target.pixel
	out, addend := s.out[at:], s.addend
	if addend != nil {
		addend = addend[at:]
	}
	in = in[y.at*s.source.row+x.at*s.source.pixel:]
	width := s.vectors * tilings[active].lanes
	s.p.b = &b[(y.lo*s.kw+x.lo)*s.from*width]
	tapRow := sum{y.hi - y.lo, s.source.row, s.kw * s.from * width}
	if s.source.pixel == s.from {
		s.p.over(sum{(x.hi - x.lo) * s.from, 1, width}, tapRow, sum{n: 1})
	} else {
		s.p.over(sum{s.from, 1, width}, sum{x.hi - x.lo, s.source.pixel, s.from * width}, tapRow)
	}
	s.p.cover(in, out, addend, [3]axis{
		{x.n, s.stride * s.source.pixel, s.target.pixel},
		{y.n, s.stride * s.source.row, s.target.row},
		{s.n, s.source.image, s.target.image},
	}, s.vectors)
}

// A staging is how images are copied before they are convolved, with columns of zeros on either side.
type staging struct {
	copies      bool
	left, right int
	grid        grid
}

// staging decides how n images are copied. Tiles are cut from the pixels at one place of several images where images
// are small; the copy takes them out of the same sets of a cache. Of few small images, where most pixels are at a border,
// it has zeros at both ends of the rows, so that all pixels of a row see the same taps. For products in bfloat16 images are always copied:
// rounded.
func (s *pass) staging(n int) (t staging) {
	const small, several = 8, 6
	switch {
	case s.width() > small || s.terms() == s.from:
	case n >= several:
		t.copies = s.source.image%256 == 0
	default:
		t.copies = len(s.cols) > 1
		t.left = max(0, -s.x0)
		t.right = max(0, (s.width()-1)*s.stride+s.x0+s.kw-s.w)
	}
	pixel := s.source.pixel
	if s.bfloat > 0 {
		if len(s.cols) == 1 {
			t.left, t.right = 0, 0
		}
		t.copies, pixel = true, s.groups*s.from
	}
	row := (s.w + t.left + t.right) * pixel
	t.grid = grid{AlignUp(s.h*row) + Alignment, row, pixel}
	return t
}

// scratchLen is the number of floats that staging needs for n images.
func (s *pass) scratchLen(n int) (most int) {
	for i := range n {
		if t := s.staging(i + 1); t.copies {
			most = max(most, (i+1)*t.grid.image)
		}
	}
	return most
}

// copy copies n images as t says.
func (s *pass) copy(dst, src []float32, n int, t staging) {
	left, inner := t.left*t.grid.pixel, s.w*t.grid.pixel
	for i := range n {
		if s.bfloat > 0 && inner == t.grid.row {
			bfloatColumns(dst[i*t.grid.image:], src[i*s.source.image:], s.h*s.w*s.groups, s.bfloat, s.bfloat)
			continue
		}
		for y := range s.h {
			row := dst[i*t.grid.image+y*t.grid.row:][:t.grid.row]
			clear(row[:left])
			if from := src[i*s.source.image+y*s.source.row:]; s.bfloat > 0 {
				bfloatColumns(row[left:left+inner], from, s.w*s.groups, s.bfloat, s.bfloat)
			} else {
				copy(row[left:left+inner], from)
			}
			clear(row[left+inner:])
		}
	}
}
