// Operations of composed layers: a work-item has one number of the result, or one sum.

// y = a*b or a + b. The element of image i, pixel p and channel j of an operand is at i*image + p*pixel + j*channel.
kernel void broadcast(BUF(float, y), BUF(const float, a), BUF(const float, b), int a_image, int a_pixel, int a_channel, int b_image, int b_pixel, int b_channel,
											int multiply, int pixels, int c, int n) {
	int at = get_global_id(0);
	if (at >= n)
		return;
	int j = at % c, p = at / c % pixels, i = at / c / pixels;
	float v = a[a_first + i * a_image + p * a_pixel + j * a_channel], w = b[b_first + i * b_image + p * b_pixel + j * b_channel];
	y[y_first + at] = multiply ? v * w : v + w;
}

// y = x*factor.
kernel void times(BUF(float, y), BUF(const float, x), float factor, int n) {
	int i = get_global_id(0);
	if (i < n)
		y[y_first + i] = x[x_first + i] * factor;
}

#define LANES 8

// ADD_LANES adds the terms of a row in LANES sums, and these in their order.
#define ADD_LANES(TERM) \
	float sums[LANES], sum = 0.0f; \
	_Pragma("unroll") for (int k = 0; k < LANES; k++) sums[k] = 0.0f; \
	for (int first = 0; first < c; first += LANES) \
		_Pragma("unroll") for (int k = 0; k < LANES; k++) if (first + k < c) { \
			int j = first + k; \
			sums[k] += TERM; \
		} \
	_Pragma("unroll") for (int k = 0; k < LANES; k++) sum += sums[k];

// kernel.SumColumns.
kernel void sum_columns(BUF(float, y), BUF(const float, x), float factor, int c, int n) {
	int r = get_global_id(0);
	if (r >= n)
		return;
	x += x_first + (long)r * c;
	ADD_LANES(x[j])
	y[y_first + r] = sum * factor;
}

// kernel.DotColumns.
kernel void dot_columns(BUF(float, y), BUF(const float, a), BUF(const float, b), int c, int n) {
	int r = get_global_id(0);
	if (r >= n)
		return;
	a += a_first + (long)r * c;
	b += b_first + (long)r * c;
	ADD_LANES(a[j] * b[j])
	y[y_first + r] = sum;
}

// kernel.SpreadColumns.
kernel void spread_columns(BUF(float, dx), BUF(const float, dy), float factor, int c, int n) {
	int i = get_global_id(0);
	if (i < n)
		dx[dx_first + i] = dy[dy_first + i / c] * factor;
}

// place_of is the place of the largest of count numbers that lie step apart: of the first of equal ones, or of the last NaN.
int place_of(global const float *x, int count, int step) {
	int best = 0;
	float top = x[0];
	for (int k = 1; k < count; k++) {
		float v = x[(long)k * step];
		if (v > top || v != v) {
			best = k;
			top = v;
		}
	}
	return best;
}

// The largest of the count numbers, step apart, of each of n series: that of series i begins at (i / per)*group + i % per, of a row with per = 1.
kernel void maximum(BUF(float, y), BUF(const float, x), int per, int group, int count, int step, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	x += x_first + (long)(i / per) * group + i % per;
	y[y_first + i] = x[(long)place_of(x, count, step) * step];
}

// Its gradient: dy goes to the largest, 0 to the others.
kernel void maximum_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, x), int per, int group, int count, int step, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	long first = (long)(i / per) * group + i % per;
	int best = place_of(x + x_first + first, count, step);
	dx += dx_first + first;
	for (int k = 0; k < count; k++)
		dx[(long)k * step] = k == best ? dy[dy_first + i] : 0.0f;
}

// kernel.Root.
kernel void root(BUF(float, y), BUF(const float, x), double epsilon, int inverse, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	double r = sqrt((double)x[x_first + i] + epsilon);
	y[y_first + i] = (float)(inverse ? 1.0 / r : r);
}

// kernel.RootBackward.
kernel void root_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, y), int inverse, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	double d = dy[dy_first + i], r = y[y_first + i];
	dx[dx_first + i] = (float)(inverse ? -0.5 * d * r * r * r : 0.5 * d / r);
}

// kernel.Tanh.
kernel void hyperbolic_tangent(BUF(float, y), BUF(const float, x), int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	double v = x[x_first + i], e = expm1_of(2.0 * v);
	y[y_first + i] = (float)(v > 20.0 ? 1.0 : v < -20.0 ? -1.0 : e / (e + 2.0));
}

// kernel.TanhBackward.
kernel void hyperbolic_tangent_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, y), int n) {
	int i = get_global_id(0);
	if (i < n)
		dx[dx_first + i] = dy[dy_first + i] * (1.0f - y[y_first + i] * y[y_first + i]);
}

// kernel.SoftmaxRows.
kernel void softmax_rows(BUF(float, y), BUF(const float, x), int pixels, int c, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	long first = (long)(i / c) * pixels * c + i % c;
	x += x_first + first;
	y += y_first + first;
	double top = x[(long)place_of(x, pixels, c) * c], sum = 0.0;
	for (int p = 0; p < pixels; p++)
		sum += exp_of((double)x[(long)p * c] - top);
	for (int p = 0; p < pixels; p++)
		y[(long)p * c] = (float)(exp_of((double)x[(long)p * c] - top) / sum);
}

// kernel.SoftmaxRowsBackward.
kernel void softmax_rows_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, y), int pixels, int c, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	long first = (long)(i / c) * pixels * c + i % c;
	dx += dx_first + first;
	dy += dy_first + first;
	y += y_first + first;
	double sum = 0.0;
	for (int p = 0; p < pixels; p++)
		sum += (double)dy[(long)p * c] * (double)y[(long)p * c];
	for (int p = 0; p < pixels; p++)
		dx[(long)p * c] = (float)((double)y[(long)p * c] * ((double)dy[(long)p * c] - sum));
}
