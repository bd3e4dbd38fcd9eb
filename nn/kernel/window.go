package kernel

// A Window describes how a convolution's or pooling's window slides over one H×W×C image: KH×KW pixels, moved by Stride,
// beginning Pad pixels outside the image, giving OutH×OutW positions.
type Window struct {
	H, W, C     int
	KH, KW      int
	Stride, Pad int
	OutH, OutW  int
}

// NewWindow fills in the number of positions: ⌊(H + 2·Pad − KH)/Stride⌋ + 1, not positive where the window does not fit.
func NewWindow(h, w, c, kh, kw, stride, pad int) Window {
	n := Window{H: h, W: w, C: c, KH: kh, KW: kw, Stride: stride, Pad: pad}
	if h+2*pad >= kh && w+2*pad >= kw {
		n.OutH, n.OutW = (h+2*pad-kh)/stride+1, (w+2*pad-kw)/stride+1
	}
	return n
}

// Positions is the number of places of the window.
func (n Window) Positions() int { return n.OutH * n.OutW }
