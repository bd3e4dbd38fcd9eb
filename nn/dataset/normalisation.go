package dataset

import "math"

// Normalisation holds the mean and the standard deviation of each channel, in units of pixel/255: a pixel v of channel c
// becomes (v/255 − Mean[c]) / Std[c].
type Normalisation struct {
	Mean, Std []float64
}

// ImageNet is the normalisation that networks for ImageNet are published with: red, green and blue.
//
// References:
//
//	PyTorch: torchvision.transforms.Normalize in references/classification/presets.py.
//	https://github.com/pytorch/vision
var ImageNet = Normalisation{Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}}

// Normalisation returns the mean and the standard deviation (of the population: divided by the number of pixels) of each
// channel over all images of s. A channel that is the same everywhere gets the deviation 1, so that it becomes 0. It
// panics when s is empty or streamed.
func (s *Set) Normalisation() Normalisation {
	s.check()
	if s.Len() == 0 {
		panic("dataset: normalisation of an empty set")
	}
	if s.Streamed() {
		panic("dataset: normalisation of a streamed set")
	}
	counts := make(histogram, s.Channels)
	counts.add(s.Pixels)
	return counts.normalisation()
}

// A histogram counts, for each channel, the bytes of each value. With whole numbers the order of counting does not matter.
type histogram [][256]int

// add counts pixels, NHWC.
func (h histogram) add(pixels []uint8) {
	for i := 0; i < len(pixels); i += len(h) {
		for c, v := range pixels[i : i+len(h)] {
			h[c][v]++
		}
	}
}

// normalisation is that of the pixels counted, of which there is at least one.
func (h histogram) normalisation() Normalisation {
	norm := Normalisation{Mean: make([]float64, len(h)), Std: make([]float64, len(h))}
	for c := range h {
		sum, pixels := 0, 0
		for v, count := range h[c] {
			sum += v * count
			pixels += count
		}
		n := float64(pixels)
		mean := float64(sum) / n
		squares := 0.0
		for v, count := range h[c] {
			d := float64(v) - mean
			// The conversion keeps a compiler from fusing, which would change the last bit from platform to platform.
			squares += float64(float64(count) * float64(d*d))
		}
		norm.Mean[c], norm.Std[c] = mean/255, math.Sqrt(squares/n)/255
		if norm.Std[c] == 0 {
			norm.Std[c] = 1
		}
	}
	return norm
}
