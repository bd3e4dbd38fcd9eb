package kernel

// A Window describes how a convolution's or pooling's window slides over one H×W×C picture: KH×KW pixels, moved by Stride,
// beginning Pad pixels outside the picture, giving OutH×OutW positions.
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

// Positions is the number of places at which the window stands.
func (n Window) Positions() int { return n.OutH * n.OutW }

// Pointwise tells whether the window is a single pixel at every place of the picture, so that the picture itself is the
// matrix of its windows.
func (n Window) Pointwise() bool { return n.KH == 1 && n.KW == 1 && n.Stride == 1 && n.Pad == 0 }

// Im2col writes one row for each of the window's positions lo to hi−1: the channels c0 to c1−1 of its KH·KW pixels, pixels
// outside the picture being 0. col is (hi−lo)×(KH·KW·(c1−c0)).
func Im2col(col, pic []float32, n Window, c0, c1, lo, hi int) {
	width := c1 - c0
	at := 0
	for p := lo; p < hi; p++ {
		y0, x0 := p/n.OutW*n.Stride-n.Pad, p%n.OutW*n.Stride-n.Pad
		for ky := range n.KH {
			y := y0 + ky
			if y < 0 || y >= n.H {
				clear(col[at : at+n.KW*width])
				at += n.KW * width
				continue
			}
			if c0 == 0 && c1 == n.C && x0 >= 0 && x0+n.KW <= n.W {
				from := (y*n.W + x0) * n.C
				copy(col[at:at+n.KW*width], pic[from:])
				at += n.KW * width
				continue
			}
			for kx := range n.KW {
				x := x0 + kx
				if x < 0 || x >= n.W {
					clear(col[at : at+width])
				} else {
					from := (y*n.W+x)*n.C + c0
					copy(col[at:at+width], pic[from:])
				}
				at += width
			}
		}
	}
}

// Col2im is the reverse of Im2col: it adds every entry of col to the place of pic that Im2col reads it from.
func Col2im(pic, col []float32, n Window, c0, c1, lo, hi int) {
	width := c1 - c0
	at := 0
	for p := lo; p < hi; p++ {
		y0, x0 := p/n.OutW*n.Stride-n.Pad, p%n.OutW*n.Stride-n.Pad
		for ky := range n.KH {
			y := y0 + ky
			for kx := range n.KW {
				x := x0 + kx
				if y >= 0 && y < n.H && x >= 0 && x < n.W {
					to := (y*n.W+x)*n.C + c0
					Add(pic[to:to+width], col[at:])
				}
				at += width
			}
		}
	}
}

// Depthwise convolves each channel of one picture with a window of its own: pic is H×W×C, w is KH×KW×C and out is
// OutH×OutW×C. Taps are added in the order of ky, kx.
func Depthwise(out, pic, w []float32, n Window) {
	c := n.C
	for p := range n.Positions() {
		y0, x0 := p/n.OutW*n.Stride-n.Pad, p%n.OutW*n.Stride-n.Pad
		o := out[p*c : (p+1)*c]
		clear(o)
		for ky := max(0, -y0); ky < n.KH && y0+ky < n.H; ky++ {
			for kx := max(0, -x0); kx < n.KW && x0+kx < n.W; kx++ {
				x := pic[((y0+ky)*n.W+x0+kx)*c:][:c]
				t := w[(ky*n.KW+kx)*c:][:c]
				for j, v := range x {
					o[j] += float32(v * t[j])
				}
			}
		}
	}
}

// DepthwiseInput adds the gradient of Depthwise with respect to the picture to dpic.
func DepthwiseInput(dpic, dout, w []float32, n Window) {
	c := n.C
	for p := range n.Positions() {
		y0, x0 := p/n.OutW*n.Stride-n.Pad, p%n.OutW*n.Stride-n.Pad
		d := dout[p*c : (p+1)*c]
		for ky := max(0, -y0); ky < n.KH && y0+ky < n.H; ky++ {
			for kx := max(0, -x0); kx < n.KW && x0+kx < n.W; kx++ {
				x := dpic[((y0+ky)*n.W+x0+kx)*c:][:c]
				t := w[(ky*n.KW+kx)*c:][:c]
				for j, v := range d {
					x[j] += float32(v * t[j])
				}
			}
		}
	}
}

// DepthwiseWeight adds the gradient of Depthwise with respect to the weights to dw.
func DepthwiseWeight(dw, dout, pic []float32, n Window) {
	c := n.C
	for p := range n.Positions() {
		y0, x0 := p/n.OutW*n.Stride-n.Pad, p%n.OutW*n.Stride-n.Pad
		d := dout[p*c : (p+1)*c]
		for ky := max(0, -y0); ky < n.KH && y0+ky < n.H; ky++ {
			for kx := max(0, -x0); kx < n.KW && x0+kx < n.W; kx++ {
				x := pic[((y0+ky)*n.W+x0+kx)*c:][:c]
				t := dw[(ky*n.KW+kx)*c:][:c]
				for j, v := range d {
					t[j] += float32(v * x[j])
				}
			}
		}
	}
}
