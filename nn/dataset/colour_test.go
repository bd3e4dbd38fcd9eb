package dataset

import (
	"math"
	"testing"
)

// What a colour adds, and the pixel that results, are those of PyTorch in float64: torch.mm(values * 0.1 * normal, vectors), added to the
// pixel (17, 130, 255) / 255 before it is normalised.
func TestColourIsPyTorchs(t *testing.T) {
	norm := Normalisation{Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}}
	for _, test := range []struct{ normal, shift, pixel [3]float64 }{
		{[3]float64{1, 0, 0}, [3]float64{0.008719575, 0.0156426, -0.012343125}, [3]float64{-1.7887063682678312, 0.3100291141456578,
			2.5851416666666664}},
		{[3]float64{0.5, -1.5, 2}, [3]float64{0.0070335375, 0.00720867, -0.0050589465},
			[3]float64{-1.7960689774381366, 0.27237764093137246, 2.617515793333333}},
		{[3]float64{-2.25, 0.75, -0.125}, [3]float64{-0.020790425625, -0.0351631125, 0.02698593075},
			[3]float64{-1.9175709998180495, 0.08321789762780096, 2.75993747}},
	} {
		shift := colourShift(test.normal)
		for c := range shift {
			if math.Abs(shift[c]-test.shift[c]) > 1e-15 {
				t.Errorf("%v adds %v, want %v", test.normal, shift, test.shift)
			}
			value := (float64([3]uint8{17, 130, 255}[c])/255 + shift[c] - norm.Mean[c]) / norm.Std[c]
			if math.Abs(value-test.pixel[c]) > 1e-12 {
				t.Errorf("%v: channel %d becomes %v, want %v", test.normal, c, value, test.pixel[c])
			}
		}
	}
}

// Every pixel of an image gets the same colour, wherever it is shifted to and however it is mirrored; what is padded stays 0, and images
// and epochs have colours of their own.
func TestColourOfEveryPixel(t *testing.T) {
	s := madeSet(3, 5, 4, 3, 3)
	norm := s.Normalisation()
	b := NewBatcher(s, norm, 1)
	plain, coloured := Augment{Crop: 2, Flip: true}, Augment{Crop: 2, Flip: true, Colour: true}
	h, w, _ := b.Shape()
	x, y := make([]float32, h*w*3), make([]float32, h*w*3)
	seen := map[[3]float64]bool{}
	for index := range s.Len() {
		for epoch := range 4 {
			b.FillOne(x, index, &plain, 7, epoch)
			b.FillOne(y, index, &coloured, 7, epoch)
			shift := colourShift(drawColour(7, epoch, index))
			seen[shift] = true
			view := coloured.draw(7, epoch, index)
			inside := reference(&Set{Pixels: ones(s), Height: s.Height, Width: s.Width, Channels: 3, Labels: s.Labels, Classes: s.Classes},
				Normalisation{Mean: []float64{0, 0, 0}, Std: []float64{1, 1, 1}}, 1, index, view)
			for i := range x {
				want := float64(x[i])
				if inside[i] != 0 {
					want += shift[i%3] / norm.Std[i%3]
				}
				if math.Abs(float64(y[i])-want) > 1e-6 {
					t.Fatalf("image %d, epoch %d: value %d is %v, want %v", index, epoch, i, y[i], want)
				}
			}
		}
	}
	if len(seen) != 4*s.Len() {
		t.Errorf("%d colours of %d images", len(seen), 4*s.Len())
	}
}

// ones are pixels of a set's size, all of 255.
func ones(s *Set) []uint8 {
	p := make([]uint8, len(s.Pixels))
	for i := range p {
		p[i] = 255
	}
	return p
}

func TestColourNeedsThreeChannels(t *testing.T) {
	s := madeSet(2, 3, 3, 1, 2)
	b := NewBatcher(s, s.Normalisation(), 0)
	defer func() {
		if recover() == nil {
			t.Error("grey images take a colour")
		}
	}()
	b.FillOne(make([]float32, 9), 0, &Augment{Colour: true}, 1, 0)
}
