package weights

import (
	"fmt"

	"cenet/experiments/mistake"
	"cenet/nn/dataset"
)

// MaxSide is the largest side of images in pixels.
const MaxSide = 8192

// A View says how images are brought into the form that a network takes.
type View struct {
	// Height×Width pixels are cut out of the centre after the shorter side was resized to Resize. With Resize 0, nothing is resized: images
	// have this size; if it is a square, others are resized as with Resize = Height.
	Height, Width, Resize int

	Pad             int       // zeros on every side
	Mean, Deviation []float64 // of each channel
}

// batch of images in evaluation.
const batch = 32

// ImageNetView is the usual one of networks for ImageNet.
func ImageNetView() View {
	return View{Height: 224, Width: 224, Resize: 256, Mean: dataset.ImageNet.Mean, Deviation: dataset.ImageNet.Std}
}

// View returns the view of the images that the network was trained on. If its file does not say it, known is false and the view is the
// usual one of networks for ImageNet as far as it fits: without a size for networks for small images, and without a mean and a deviation if
// the images do not have three channels. The error is a mistake.Error.
func (v *Trained) View() (w View, known bool, err error) {
	if v.About != nil {
		return v.About.view(), true, nil
	}
	channels, _, err := v.Ends()
	w = ImageNetView()
	if v.Network.Small() {
		w.Height, w.Width, w.Resize = 0, 0, 0
	}
	if channels != len(w.Mean) {
		w.Mean, w.Deviation = nil, nil
	}
	return w, false, err
}

// Check says what is wrong with a view for images of the given channels. The error begins with "size: ", "resize: ", "mean: " or "std: ".
func (w View) Check(channels int) error {
	switch side := max(w.Height, w.Width); {
	case min(w.Height, w.Width) < 1 || side > MaxSide:
		return fmt.Errorf("size: %d×%d (height×width), expected sides from 1 to %d", w.Height, w.Width, MaxSide)
	case w.Resize != 0 && w.Height != w.Width:
		return fmt.Errorf("resize: %d with a size of %d×%d (height×width): images that are not square are taken as they are", w.Resize, w.Height,
			w.Width)
	case w.Resize != 0 && (w.Resize < side || w.Resize > MaxSide):
		return fmt.Errorf("resize: %d, expected the size %d, which is cut out, to %d", w.Resize, side, MaxSide)
	case len(w.Mean) != channels || len(w.Deviation) != channels:
		name := "mean"
		if len(w.Mean) == channels {
			name = "std"
		}
		return fmt.Errorf("%s: %d means and %d deviations, expected %d of each, one a channel", name, len(w.Mean), len(w.Deviation), channels)
	}
	for _, m := range w.Mean {
		if !(m >= 0 && m <= 1) {
			return fmt.Errorf("mean: %v, expected numbers from 0 to 1%s", m, bytesNote(m))
		}
	}
	for _, d := range w.Deviation {
		if !(d > 0 && d <= 1) {
			return fmt.Errorf("std: %v, expected numbers above 0 and at most 1%s", d, bytesNote(d))
		}
	}
	return nil
}

// bytesNote explains a value of pixels from 0 to 255.
func bytesNote(x float64) string {
	if x > 1 && x <= 255 {
		return fmt.Sprintf(": of pixel values from 0 to 1, so divide by 255 to get %.4g", x/255)
	}
	return ""
}

// String describes it in a line.
func (w View) String() string {
	text := fmt.Sprintf("images of %d×%d (height×width)", w.Height, w.Width)
	if w.Resize != 0 {
		text = fmt.Sprintf("images resized to %d, %d×%d of them", w.Resize, w.Height, w.Width)
	}
	if w.Pad > 0 {
		text += fmt.Sprintf(", padded by %d", w.Pad)
	}
	return text + fmt.Sprintf(", mean %.4g, deviation %.4g", w.Mean, w.Deviation)
}

func (w View) options() dataset.Options {
	o := dataset.Options{Resize: w.Resize, Normalise: dataset.ByImageNet}
	if w.Height == w.Width {
		o.Size = w.Height
	} else {
		o.Height, o.Width = w.Height, w.Width
	}
	return o
}

// fit makes of images what the network takes: its channels and normalisation. The error is a mistake.Error.
func (w View) fit(data *dataset.Data, channels int) error {
	var err error
	if channels == 1 {
		err = data.Grey()
	} else if channels != data.Test.Channels {
		err = fmt.Errorf("the network takes images of %d channels, image files have 1 or %d", channels, data.Test.Channels)
	}
	if err != nil {
		return mistake.Of(err)
	}
	data.Norm = dataset.Normalisation{Mean: w.Mean, Std: w.Deviation}
	return nil
}
