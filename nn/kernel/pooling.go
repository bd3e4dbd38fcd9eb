package kernel

// MaxPool writes the largest value of each window and channel of one image (H×W×C) to out (OutH×OutW×C). Pixels outside
// the image do not take part. A NaN in a window makes its output NaN.
func MaxPool(out, pic []float32, n Window) {
	c := n.C
	if active != portable && n.small() {
		y, x := n.slides()
		tapMaximum.run(field{out, n.OutW}, field{pic, n.W}, field{}, nil, c, y, x)
		return
	}
	for p := range n.Positions() {
		o := out[p*c : (p+1)*c]
		first := true
		n.each(p, func(pixel int) {
			for j, v := range pic[pixel*c : (pixel+1)*c] {
				if first || v > o[j] || v != v {
					o[j] = v
				}
			}
			first = false
		})
	}
}

// MaxPoolBackward adds the gradient of MaxPool to dpic: each dout goes to the first pixel of its window, in the order of ky
// and kx, that holds the largest value; to the last NaN where there is one.
func MaxPoolBackward(dpic, dout, pic []float32, n Window) {
	c := n.C
	if active != portable && n.small() {
		y, x := n.slides()
		tapMaximumBackward.run(field{dout, n.OutW}, field{pic, n.W}, field{}, dpic, c, y, x)
		return
	}
	for p := range n.Positions() {
		for j := range c {
			best := -1
			n.each(p, func(pixel int) {
				if v := pic[pixel*c+j]; best < 0 || v > pic[best] || v != v {
					best = pixel*c + j
				}
			})
			dpic[best] += dout[p*c+j]
		}
	}
}

// each calls f for every pixel of the image under the window at position p.
func (n Window) each(p int, f func(pixel int)) {
	y0, x0 := p/n.OutW*n.Stride-n.Pad, p%n.OutW*n.Stride-n.Pad
	for y := max(0, y0); y < min(n.H, y0+n.KH); y++ {
		for x := max(0, x0); x < min(n.W, x0+n.KW); x++ {
			f(y*n.W + x)
		}
	}
}

// MeanRows writes the mean over the rows of the rows×c matrix x, c = len(mean).
func MeanRows(mean, x []float32) {
	clear(mean)
	SumRows(mean, x)
	inv := 1 / float32(len(x)/len(mean))
	for j := range mean {
		mean[j] *= inv
	}
}

// SpreadMean writes the gradient of MeanRows to the rows×c matrix dx, c = len(d): each row is d/rows.
func SpreadMean(dx, d []float32) {
	c := len(d)
	inv := 1 / float32(len(dx)/c)
	for j, v := range d {
		dx[j] = v * inv
	}
	FillRows(dx, dx[:c])
}
