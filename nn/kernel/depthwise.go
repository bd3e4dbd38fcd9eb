package kernel

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
