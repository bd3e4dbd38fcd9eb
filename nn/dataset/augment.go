package dataset

import (
	"math"

	"cenet/nn/kernel/elementary"
	"cenet/nn/stream"
)

// Augment says how a training image is varied, anew in each epoch: it is shifted and perhaps mirrored, the usual
// augmentation of small images; or a part of it is cut out and resized, that of large ones.
//
// References:
//
//	K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition. CVPR 2016, section 4.2.
type Augment struct {
	// Crop pads the image by that many pixels of value 0, the mean, on each side, and cuts an image of the size before
	// out of it at a random place: a shift by −Crop … Crop in each direction.
	Crop int
	// Resized cuts a random part out of the file of an image and resizes it to the size of the set: 0.08 to 1 of its area,
	// width to height 3:4 to 4:3. Only a streamed set has it (see Options.RandomResizedCrop).
	Resized bool
	// Flip mirrors the image left to right, with probability 1/2.
	Flip bool
	// Colour adds the same random colour to every pixel of an image of three channels (see colourShift).
	Colour bool
	// Pad is by how many pixels of value 0 every image, of test as of training, is padded on each side to begin with:
	// the pad given to NewBatcher, kept here so that a recipe is one value. A batcher refuses another one than its own,
	// but for 0, which leaves it to the batcher.
	Pad int
}

// The ranges of a random resized crop.
const (
	minArea, maxArea   = 0.08, 1.0
	minRatio, maxRatio = 3.0 / 4, 4.0 / 3
)

// drawBox returns the random part of image index, of height×width pixels, that is seen in epoch: its area and the
// logarithm of its ratio of width to height are uniform, then its place. Where ten draws do not fit into the image, it
// is the largest part at the centre whose ratio is in range.
//
// References:
//
//	C. Szegedy et al.: Going deeper with convolutions. CVPR 2015, section 6.
//	PyTorch: torchvision.transforms.RandomResizedCrop. https://github.com/pytorch/vision
func (a *Augment) drawBox(seed uint64, epoch, index, height, width int) box {
	random := stream.New(seed, "resized crop", uint64(epoch), uint64(index))
	logLeast, logMost := elementary.Log(minRatio), elementary.Log(maxRatio)
	for range 10 {
		// The conversions keep a compiler from fusing.
		area := float64(height) * float64(width) * (minArea + float64((maxArea-minArea)*random.Float64()))
		ratio := elementary.Exp(logLeast + float64((logMost-logLeast)*random.Float64()))
		w := int(math.RoundToEven(math.Sqrt(area * ratio)))
		h := int(math.RoundToEven(math.Sqrt(area / ratio)))
		if 0 < w && w <= width && 0 < h && h <= height {
			top := random.IntN(height - h + 1)
			left := random.IntN(width - w + 1)
			return box{top, left, h, w}
		}
	}
	h, w := height, width
	switch ratio := float64(width) / float64(height); {
	case ratio < minRatio:
		h = max(1, int(math.RoundToEven(float64(w)/minRatio)))
	case ratio > maxRatio:
		w = max(1, int(math.RoundToEven(float64(h)*maxRatio)))
	}
	return box{(height - h) / 2, (width - w) / 2, h, w}
}

// view is what is seen of an image: shifted by (down, right) pixels, then mirrored, then coloured.
type view struct {
	down, right int
	mirrored    bool
	coloured    bool
	colour      [3]float32 // added to each normalised pixel
}

// paint adds the colour of a view to normalised pixels, (pixels,3).
func (v *view) paint(x []float32) {
	if !v.coloured {
		return
	}
	for ; len(x) >= 3; x = x[3:] {
		x[0] += v.colour[0]
		x[1] += v.colour[1]
		x[2] += v.colour[2]
	}
}

// draw returns a random view, that of image index in epoch. Always the same numbers are drawn in the same order, so
// that to switch off one kind of variation leaves the other as it is.
func (a *Augment) draw(seed uint64, epoch, index int) view {
	random := stream.New(seed, "augment", uint64(epoch), uint64(index))
	down, right, side := random.IntN(2*a.Crop+1), random.IntN(2*a.Crop+1), random.IntN(2)
	return view{down: down - a.Crop, right: right - a.Crop, mirrored: a.Flip && side == 1}
}
