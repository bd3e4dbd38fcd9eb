package dataset

import "cenet/nn/stream"

// Augment says how a training picture is varied, anew in each epoch: it is shifted and perhaps mirrored, the usual
// augmentation of small pictures.
//
// References:
//
//	K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition. CVPR 2016, section 4.2.
type Augment struct {
	// Crop pads the picture by that many pixels of value 0, the mean, on each side, and cuts a picture of the size before
	// out of it at a random place: a shift by −Crop … Crop in each direction.
	Crop int
	// Flip mirrors the picture left to right, with probability 1/2.
	Flip bool
	// Pad is by how many pixels of value 0 every picture, of test as of training, is padded on each side to begin with:
	// the pad given to NewBatcher, kept here so that a recipe is one value. A batcher refuses another one than its own,
	// but for 0, which leaves it to the batcher.
	Pad int
}

// view is what is seen of a picture: shifted by (down, right) pixels, then mirrored.
type view struct {
	down, right int
	mirrored    bool
}

// draw returns a random view, that of picture index in epoch. Always the same numbers are drawn in the same order, so
// that to switch off one kind of variation leaves the other as it is.
func (a *Augment) draw(seed uint64, epoch, index int) view {
	random := stream.New(seed, "augment", uint64(epoch), uint64(index))
	down, right, side := random.IntN(2*a.Crop+1), random.IntN(2*a.Crop+1), random.IntN(2)
	return view{down: down - a.Crop, right: right - a.Crop, mirrored: a.Flip && side == 1}
}
