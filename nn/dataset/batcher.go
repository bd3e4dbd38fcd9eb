package dataset

// A Batcher writes normalised float32 images of a set in memory, NHWC. It holds no state that changes: any number of goroutines
// may use one at once, on parts of a batch of their own.
type Batcher struct {
	set           *Set
	pad           int
	height, width int // padded
	// values[c·256+v] is what byte v of channel c becomes, computed in float64 and rounded once.
	values []float32
	std    []float64
}

// NewBatcher returns a batcher of the images of s, normalised by norm (that of the training set, for both sets), each
// padded by pad pixels of value 0, the mean, on each side: 28×28 becomes 32×32 with 2. It panics when the parts of s or
// norm do not fit, when a standard deviation is not positive, when pad is negative, and when s is streamed.
func NewBatcher(s *Set, norm Normalisation, pad int) *Batcher {
	if s.Streamed() {
		panic("dataset: batcher of a streamed set")
	}
	return newBatcher(s, norm, pad)
}

// newBatcher is NewBatcher for streamed sets, too: then only write may be called.
func newBatcher(s *Set, norm Normalisation, pad int) *Batcher {
	s.check()
	if len(norm.Mean) != s.Channels || len(norm.Std) != s.Channels {
		panic("dataset: normalisation for another number of channels")
	}
	if pad < 0 {
		panic("dataset: negative padding")
	}
	b := &Batcher{set: s, pad: pad, values: make([]float32, s.Channels*256), std: norm.Std}
	b.height, b.width = s.Padded(pad)
	for c, std := range norm.Std {
		if !(std > 0) {
			panic("dataset: standard deviation not positive")
		}
		for v := range 256 {
			b.values[c*256+v] = float32((float64(v)/255 - norm.Mean[c]) / std)
		}
	}
	return b
}

// Shape is the size of the images written: height and width with the padding, and channels.
func (b *Batcher) Shape() (h, w, c int) { return b.height, b.width, b.set.Channels }

// Fill writes the images of the set at indices into x, (len(indices),H,W,C), and their labels into y. x and y may be
// longer than that; the rest stays as it is. aug, seed and epoch are those of FillOne. It allocates nothing.
func (b *Batcher) Fill(x []float32, y []int, indices []int, aug *Augment, seed uint64, epoch int) {
	size := b.height * b.width * b.set.Channels
	if len(x) < len(indices)*size || len(y) < len(indices) {
		panic("dataset: batch too short")
	}
	for i, index := range indices {
		y[i] = b.FillOne(x[i*size:(i+1)*size], index, aug, seed, epoch)
	}
}

// FillOne writes one image of the set, that at index, into x, (H,W,C), and returns its label: what a worker does for
// one image of a batch. When aug is not nil, crop and flip are drawn from the stream of seed, "augment", epoch and
// index; seed and epoch are ignored when it is nil. It allocates nothing. It panics when x is too short, index out
// of range, or aug not possible.
func (b *Batcher) FillOne(x []float32, index int, aug *Augment, seed uint64, epoch int) (label int) {
	s := b.set
	if index < 0 || index >= s.Len() {
		panic("dataset: index of an image out of range")
	}
	if aug != nil && aug.Resized {
		panic("dataset: random resized crop of a set in memory")
	}
	b.write(x, s.Pixels[index*s.imageSize():(index+1)*s.imageSize()], index, aug, seed, epoch)
	return s.Labels[index]
}

// write is FillOne for the pixels of an image, wherever they are.
func (b *Batcher) write(x []float32, image []uint8, index int, aug *Augment, seed uint64, epoch int) {
	s := b.set
	if len(x) < b.height*b.width*s.Channels {
		panic("dataset: batch too short")
	}
	var v view
	if aug != nil {
		if aug.Crop < 0 {
			panic("dataset: negative crop")
		}
		if aug.Pad != 0 && aug.Pad != b.pad {
			panic("dataset: augmentation with another padding than the batcher's")
		}
		v = aug.draw(seed, epoch, index)
		if aug.Colour {
			b.drawColour(&v, seed, epoch, index)
		}
	}
	row := b.width * s.Channels
	for r := range b.height {
		b.fillRow(x[r*row:(r+1)*row], image, r-b.pad-v.down, v)
	}
}

// drawColour gives a view the colour of image index in epoch, in units of the normalised values.
func (b *Batcher) drawColour(v *view, seed uint64, epoch, index int) {
	if len(b.std) != len(v.colour) {
		panic("dataset: colour augmentation of images that have not three channels")
	}
	for c, shift := range colourShift(drawColour(seed, epoch, index)) {
		v.colour[c] = float32(shift / b.std[c])
	}
	v.coloured = true
}

// fillRow writes a row of the view v of image into x, (W,C): row r of the image, which may lie outside it.
func (b *Batcher) fillRow(x []float32, image []uint8, r int, v view) {
	s := b.set
	if r < 0 || r >= s.Height {
		clear(x)
		return
	}
	// Column q of the image goes to column q+shift of the row, or, mirrored, to column width−1−(q+shift). Those from
	// first up to last are inside the row.
	shift := b.pad + v.right
	first, last := max(0, -shift), min(s.Width, b.width-shift)
	if first >= last {
		clear(x)
		return
	}
	c := s.Channels
	source := image[(r*s.Width+first)*c : (r*s.Width+last)*c]
	if !v.mirrored {
		left, right := (first+shift)*c, (last+shift)*c
		clear(x[:left])
		clear(x[right:])
		b.normalise(x[left:right], source)
		v.paint(x[left:right])
		return
	}
	left, right := (b.width-last-shift)*c, (b.width-first-shift)*c
	clear(x[:left])
	clear(x[right:])
	for at := right - c; at >= left; at -= c {
		b.normalise(x[at:at+c], source[:c])
		source = source[c:]
	}
	v.paint(x[left:right])
}

// normalise writes the values of whole pixels of source into x, both (pixels,C).
func (b *Batcher) normalise(x []float32, source []uint8) {
	x = x[:len(source)]
	if len(b.values) == 256 {
		values := (*[256]float32)(b.values)
		for i, v := range source {
			x[i] = values[v]
		}
		return
	}
	channels := len(b.values) / 256
	for c := range channels {
		values := (*[256]float32)(b.values[c*256:])
		for i := c; i < len(source); i += channels {
			x[i] = values[source[i]]
		}
	}
}
