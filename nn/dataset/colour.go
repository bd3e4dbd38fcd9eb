package dataset

import "cenet/nn/stream"

// colourSpread is the standard deviation of the three numbers that a colour is drawn by.
const colourSpread = 0.1

// colourValues and colourVectors are the eigenvalues and eigenvectors of the colours of ImageNet, as the authors' released code has them.
// It multiplies the values by the rows of this matrix. The eigenvectors of Krizhevsky et al. are its columns, so that the colours are
// others than theirs; what is published was trained this way.
//
// References:
//
//	A. Krizhevsky, I. Sutskever, G. Hinton: ImageNet classification with deep convolutional neural networks. NIPS 2012, section 4.1.
//	W. Shao et al.: https://github.com/Tangshitao/CENet, devkit/dataset/imagenet_dataset.py, class ColorAugmentation.
var (
	colourValues  = [3]float64{0.2175, 0.0188, 0.0045}
	colourVectors = [3][3]float64{
		{0.4009, 0.7192, -0.5675},
		{-0.8140, -0.0045, -0.5808},
		{0.4203, -0.6948, -0.5836},
	}
)

// drawColour returns the three normal numbers by which the colour of image index in epoch is drawn.
func drawColour(seed uint64, epoch, index int) [3]float64 {
	random := stream.New(seed, "colour", uint64(epoch), uint64(index))
	return [3]float64{random.Normal(), random.Normal(), random.Normal()}
}

// colourShift is what three normal numbers add to the red, green and blue of an image whose values go from 0 to 1: c[j] is the sum over i
// of value[i] · (0.1·normal[i]) · vector[i][j].
func colourShift(normal [3]float64) (c [3]float64) {
	for i, n := range normal {
		weight := float64(colourValues[i] * (colourSpread * n))
		for j := range c {
			c[j] += float64(weight * colourVectors[i][j])
		}
	}
	return c
}
