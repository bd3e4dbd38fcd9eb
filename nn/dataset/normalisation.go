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
// channel over all pictures of s. A channel that is the same everywhere gets the deviation 1, so that it becomes 0. It
// panics when s is empty.
func (s *Set) Normalisation() Normalisation {
	s.check()
	if s.Len() == 0 {
		panic("dataset: normalisation of an empty set")
	}
	// Counting each value first leaves sums of 256 terms, which are as good as exact for any number of pictures.
	counts := make([][256]int, s.Channels)
	for i := 0; i < len(s.Pixels); i += s.Channels {
		for c, v := range s.Pixels[i : i+s.Channels] {
			counts[c][v]++
		}
	}
	n := float64(s.Len() * s.Height * s.Width)
	norm := Normalisation{Mean: make([]float64, s.Channels), Std: make([]float64, s.Channels)}
	for c := range counts {
		sum := 0
		for v, count := range counts[c] {
			sum += v * count
		}
		mean := float64(sum) / n
		squares := 0.0
		for v, count := range counts[c] {
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
