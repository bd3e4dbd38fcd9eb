// Pooling of images (N, H, W, C) with a window of kh x kw pixels, moved by stride, that begins pad pixels outside. A work-item has one
// channel of one pixel; dimension 1 counts images.

#define WINDOW int h, int w, int c, int kh, int kw, int stride, int pad, int oh, int ow

// The largest value of each window, and in which, a byte each, the number of its tap: the first with it, and the last NaN where there is one.
kernel void max_pool(BUF(float, y), BUF(uchar, which), BUF(const float, x), WINDOW) {
	int at = get_global_id(0);
	if (at >= oh * ow * c)
		return;
	int j = at % c, ox = at / c % ow, oy = at / c / ow;
	long out = (long)get_global_id(1) * oh * ow * c + at;
	x += x_first + (long)get_global_id(1) * h * w * c + j;
	float best = 0.0f;
	int tap = -1;
	for (int ky = 0; ky < kh; ky++)
		for (int kx = 0; kx < kw; kx++) {
			int iy = oy * stride - pad + ky, ix = ox * stride - pad + kx;
			if (iy < 0 || iy >= h || ix < 0 || ix >= w)
				continue;
			float v = x[(long)(iy * w + ix) * c];
			if (tap < 0 || v > best || v != v) {
				best = v;
				tap = ky * kw + kx;
			}
		}
	y[y_first + out] = best;
	((global uchar *)((global float *)which + which_first))[out] = (uchar)tap;
}

// runs gives the last of the outputs after o that the CPU takes together with o along one axis: those whose windows are whole.
int runs(int o, int last, int taps, int stride, int pad, int size, int together) {
	if (!together || o * stride - pad < 0 || o * stride - pad + taps > size)
		return o;
	return min(last, (size + pad - taps) / stride);
}

// The gradient of max_pool, each input's in the order in which package kernel adds it: where windows are small (together), those that are whole by
// columns first, else row by row.
kernel void max_pool_backward(BUF(float, dx), BUF(const float, dy), BUF(const uchar, which), int together, WINDOW) {
	int at = get_global_id(0);
	if (at >= h * w * c)
		return;
	int j = at % c, ix = at / c % w, iy = at / c / w;
	long image = (long)get_global_id(1) * oh * ow * c;
	global const uchar *tap = (global const uchar *)((global const float *)which + which_first) + image + j;
	dy += dy_first + image + j;
	int y0 = max(0, (iy + pad - kh + stride) / stride), y1 = min(oh - 1, (iy + pad) / stride);
	int x0 = max(0, (ix + pad - kw + stride) / stride), x1 = min(ow - 1, (ix + pad) / stride);
	float sum = 0.0f;
	for (int a = y0; a <= y1;) {
		int b = runs(a, y1, kh, stride, pad, h, together);
		for (int p = x0; p <= x1;) {
			int q = runs(p, x1, kw, stride, pad, w, together);
			for (int oy = a; oy <= b; oy++)
				for (int ox = p; ox <= q; ox++) {
					long o = (long)(oy * ow + ox) * c;
					if (tap[o] == (iy + pad - oy * stride) * kw + ix + pad - ox * stride)
						sum += dy[o];
				}
			p = q + 1;
		}
		a = b + 1;
	}
	dx[dx_first + (long)get_global_id(1) * h * w * c + at] = sum;
}
