package kernel

// Depthwise convolves each channel of one image with a window of its own: pic is H×W×C, w is KH×KW×C and out is
// OutH×OutW×C. Taps are added in the order of ky, kx.
func Depthwise(out, pic, w []float32, n Window) {
	if active != portable && n.small() {
		y, x := n.slides()
		tapConvolve.run(field{out, n.OutW}, field{pic, n.W}, field{w, n.KW}, nil, n.C, y, x)
		return
	}
	clear(out[:n.Positions()*n.C])
	n.eachTap(func(p, pixel, tap int) {
		o, x, t := out[p:][:n.C], pic[pixel:][:n.C], w[tap:][:n.C]
		for j, v := range x {
			o[j] += float32(v * t[j])
		}
	})
}

// DepthwiseInput writes the gradient of Depthwise with respect to the image to dpic.
func DepthwiseInput(dpic, dout, w []float32, n Window) {
	if active != portable && n.small() {
		y, x := n.slides()
		for ry := range min(n.Stride, n.H) {
			for rx := range min(n.Stride, n.W) {
				tapConvolve.run(field{dpic, n.W}, field{dout, n.OutW}, field{w, n.KW}, nil, n.C, y.reverse(ry), x.reverse(rx))
			}
		}
		return
	}
	clear(dpic[:n.H*n.W*n.C])
	n.eachTap(func(p, pixel, tap int) {
		d, x, t := dout[p:][:n.C], dpic[pixel:][:n.C], w[tap:][:n.C]
		for j, v := range d {
			x[j] += float32(v * t[j])
		}
	})
}

// DepthwiseWeight adds the gradient of Depthwise with respect to the weights to dw.
func DepthwiseWeight(dw, dout, pic []float32, n Window) {
	if active != portable && n.small() {
		y, x := n.slides()
		tapGradient.run(field{dout, n.OutW}, field{pic, n.W}, field{dw, n.KW}, nil, n.C, y, x)
		return
	}
	n.eachTap(func(p, pixel, tap int) {
		d, x, t := dout[p:][:n.C], pic[pixel:][:n.C], dw[tap:][:n.C]
		for j, v := range d {
			t[j] += float32(v * x[j])
		}
	})
}

// eachTap calls f for every tap of every position that is within the image, with the places of the first channel of the
// output, of the image's pixel and of the weight.
func (n Window) eachTap(f func(out, pixel, tap int)) {
	for p := range n.Positions() {
		y0, x0 := p/n.OutW*n.Stride-n.Pad, p%n.OutW*n.Stride-n.Pad
		for ky := max(0, -y0); ky < n.KH && y0+ky < n.H; ky++ {
			for kx := max(0, -x0); kx < n.KW && x0+kx < n.W; kx++ {
				f(p*n.C, ((y0+ky)*n.W+x0+kx)*n.C, (ky*n.KW+kx)*n.C)
			}
		}
	}
}
