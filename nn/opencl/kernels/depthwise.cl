// Convolutions of each channel with a window of its own. Products are fused with their additions where fused is set: for windows of up to 3×3,
// as package kernel does it. Windows are taps_y×taps_x, weights (taps_y, taps_x, c).

#define TERM(a, b, s) (fused ? fma(a, b, s) : (s) + (a) * (b))

// y: outputs, in the order of taps. x is h×w×c.
kernel void depthwise(BUF(float, y), BUF(const float, x), BUF(const float, weight), int fused, int h, int w, int c, int taps_y, int taps_x, int stride, int pad,
											int out_h, int out_w) {
	int i = get_global_id(0), image = get_global_id(1);
	if (i >= out_h * out_w * c)
		return;
	FROM(y);
	FROM(x);
	FROM(weight);
	int j = i % c, q = i / c % out_w, r = i / c / out_w;
	x += (long)image * h * w * c + j;
	float s = 0.0f;
	for (int ky = 0; ky < taps_y; ky++) {
		int sy = r * stride - pad + ky;
		if ((uint)sy >= (uint)h)
			continue;
		for (int kx = 0; kx < taps_x; kx++) {
			int sx = q * stride - pad + kx;
			if ((uint)sx < (uint)w)
				s = TERM(x[(sy * w + sx) * c], weight[(ky * taps_x + kx) * c + j], s);
		}
	}
	y[(long)image * out_h * out_w * c + i] = s;
}

// dx: the gradient of the input, in the order of the outputs that its pixel went to.
kernel void depthwise_input(BUF(float, dx), BUF(const float, dy), BUF(const float, weight), int fused, int h, int w, int c, int taps_y, int taps_x, int stride, int pad,
														int out_h, int out_w) {
	int i = get_global_id(0), image = get_global_id(1);
	if (i >= h * w * c)
		return;
	FROM(dx);
	FROM(dy);
	FROM(weight);
	int j = i % c, q = i / c % w, r = i / c / w;
	dy += (long)image * out_h * out_w * c + j;
	float s = 0.0f;
	for (int ky = taps_y - 1; ky >= 0; ky--) {
		int sy = r + pad - ky;
		if (sy < 0 || sy % stride != 0 || sy / stride >= out_h)
			continue;
		for (int kx = taps_x - 1; kx >= 0; kx--) {
			int sx = q + pad - kx;
			if (sx >= 0 && sx % stride == 0 && sx / stride < out_w)
				s = TERM(dy[(sy / stride * out_w + sx / stride) * c], weight[(ky * taps_x + kx) * c + j], s);
		}
	}
	dx[(long)image * h * w * c + i] = s;
}

// parts: the gradient of the weights over each part of the images, one output after the other. Outputs that find the whole window within the image,
// the rows y0 to y1-1 and the columns x0 to x1-1, follow each other as a block, and are parted from those of the border.
kernel void depthwise_weight(BUF(float, parts), BUF(const float, dy), BUF(const float, x), int fused, int images, int part, int h, int w, int c, int taps_y, int taps_x,
														 int stride, int pad, int out_h, int out_w, int y0, int y1, int x0, int x1) {
	int j = get_global_id(0), tap = get_global_id(1), which = get_global_id(2);
	if (j >= c)
		return;
	FROM(parts);
	FROM(dy);
	FROM(x);
	int ky = tap / taps_x - pad, kx = tap % taps_x - pad;
	float s = 0.0f;
	for (int image = which * part; image < min(images, (which + 1) * part); image++) {
		global const float *from = x + (long)image * h * w * c + j;
		global const float *d = dy + (long)image * out_h * out_w * c + j;
		for (int top = 0, bottom; top < out_h; top = bottom) {
			bottom = top == y0 && y1 > y0 ? y1 : top + 1;
			for (int left = 0, right; left < out_w; left = right) {
				right = left == x0 && x1 > x0 ? x1 : left + 1;
				for (int r = top; r < bottom; r++) {
					int sy = r * stride + ky;
					if ((uint)sy >= (uint)h)
						continue;
					for (int q = left; q < right; q++) {
						int sx = q * stride + kx;
						if ((uint)sx < (uint)w)
							s = TERM(d[(r * out_w + q) * c], from[(sy * w + sx) * c], s);
					}
				}
			}
		}
	}
	parts[((long)which * taps_y * taps_x + tap) * c + j] = s;
}
