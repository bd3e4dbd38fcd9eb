package kernel

// ChannelConv convolves the c channels of every row of x with w, of odd length k, zeros standing beyond both ends:
//
//	y[r][i] = Σ_j w[j]·x[r][i+j−k/2]
//
// y is not x. Sums are taken in the order of w.
func ChannelConv(y, x, w []float32, c int) {
	half := len(w) / 2
	for r := 0; r < len(x); r += c {
		xr, yr := x[r:r+c], y[r:r+c]
		for i := range yr {
			var sum float32
			for j := max(0, half-i); j < min(len(w), c+half-i); j++ {
				sum += float32(w[j] * xr[i+j-half])
			}
			yr[i] = sum
		}
	}
}

// ChannelConvInput writes the gradient of ChannelConv's x, given that of y, times scale: the same with w back to front.
//
//	dx[r][i] = scale·Σ_j w[j]·dy[r][i−j+k/2]
func ChannelConvInput(dx, dy, w []float32, c int, scale float32) {
	half := len(w) / 2
	for r := 0; r < len(dy); r += c {
		dxr, dyr := dx[r:r+c], dy[r:r+c]
		for i := range dxr {
			var sum float32
			for j := max(0, i+half-c+1); j < min(len(w), i+half+1); j++ {
				sum += float32(w[j] * dyr[i-j+half])
			}
			dxr[i] = scale * sum
		}
	}
}

// ChannelConvWeight adds the gradient of ChannelConv's w to dw:
//
//	dw[j] += Σ_r Σ_i dy[r][i]·x[r][i+j−k/2]
func ChannelConvWeight(dw, dy, x []float32, c int) {
	half := len(dw) / 2
	for j := range dw {
		var sum float32
		for r := 0; r < len(x); r += c {
			for i := max(0, half-j); i < min(c, c+half-j); i++ {
				sum += float32(dy[r+i] * x[r+i+j-half])
			}
		}
		dw[j] += sum
	}
}
