// GroupNorm and LayerNorm, in the order of package kernel: sums in float64, by channel over the pixels of an image, then over the channels
// of a group.

// The sum of each channel of each image, or that of its squared deviations from its group's mean. Dimension 1 counts images.
kernel void group_sums(BUF(double, sums), BUF(const float, x), BUF(const double, mean), int squared, int pixels, int c, int size) {
	int j = get_global_id(0), image = get_global_id(1);
	if (j >= c)
		return;
	FROM64(sums);
	x += x_first + (long)image * pixels * c + j;
	double m = squared ? AT64(mean, mean_first)[image * (c / size) + j / size] : 0.0, sum = 0.0;
#pragma unroll 8
	for (int p = 0; p < pixels; p++) {
		double v = (double)x[(long)p * c] - m;
		sum += squared ? v * v : v;
	}
	sums[(long)image * c + j] = sum;
}

// The means of count groups of size channels from the sums of these.
kernel void group_means(BUF(double, mean), BUF(float, mean32), BUF(const double, sums), int pixels, int size, int count) {
	int g = get_global_id(0);
	if (g >= count)
		return;
	FROM64(sums);
	double sum = 0.0;
	for (int j = 0; j < size; j++)
		sum += sums[(long)g * size + j];
	sum /= (double)pixels * size;
	AT64(mean, mean_first)[g] = sum;
	mean32[mean32_first + g] = (float)sum;
}

// 1/sqrt(variance + eps) of these groups from the sums of squared deviations.
kernel void group_scales(BUF(double, inv), BUF(float, inv32), BUF(const double, sums), double eps, int pixels, int size, int count) {
	int g = get_global_id(0);
	if (g >= count)
		return;
	FROM64(sums);
	double sum = 0.0;
	for (int j = 0; j < size; j++)
		sum += sums[(long)g * size + j];
	double k = 1.0 / sqrt(sum / ((double)pixels * size) + eps);
	AT64(inv, inv_first)[g] = k;
	inv32[inv32_first + g] = (float)k;
}

// y = gamma*(x - mean)*inv + beta. Dimension 1 counts images of len floats.
kernel void group_norm(BUF(float, y), BUF(const float, x), BUF(const float, gamma), BUF(const float, beta), BUF(const double, mean), BUF(const double, inv),
											 int len, int c, int size) {
	int at = get_global_id(0);
	if (at >= len)
		return;
	long i = (long)get_global_id(1) * len + at;
	int j = at % c, g = get_global_id(1) * (c / size) + j / size;
	float h = (float)(((double)x[x_first + i] - AT64(mean, mean_first)[g]) * AT64(inv, inv_first)[g]);
	y[y_first + i] = gamma[gamma_first + j] * h + beta[beta_first + j];
}

// The gradients of gamma and beta of each channel and image, in float64 (images, 2, c) and in float32.
kernel void group_gradients(BUF(double, sums), BUF(float, parts), BUF(const float, dy), BUF(const float, x), BUF(const float, mean), BUF(const float, inv),
														int pixels, int c, int size) {
	int j = get_global_id(0), image = get_global_id(1);
	if (j >= c)
		return;
	int g = image * (c / size) + j / size;
	double m = mean[mean_first + g], dg = 0.0, db = 0.0;
	x += x_first + (long)image * pixels * c + j;
	dy += dy_first + (long)image * pixels * c + j;
#pragma unroll 8
	for (int p = 0; p < pixels; p++) {
		double d = dy[(long)p * c];
		db += d;
		dg += d * ((double)x[(long)p * c] - m);
	}
	dg *= (double)inv[inv_first + g];
	long at = (long)image * 2 * c + j;
	FROM64(sums);
	sums[at] = dg;
	sums[at + c] = db;
	parts[parts_first + at] = (float)dg;
	parts[parts_first + at + c] = (float)db;
}

// The means of d and of d*xhat over each of count groups, d = gamma*dy: along (2, count).
kernel void group_along(BUF(double, along), BUF(const double, sums), BUF(const float, gamma), int pixels, int c, int size, int count) {
	int g = get_global_id(0);
	if (g >= count)
		return;
	int groups = c / size, image = g / groups, first = g % groups * size;
	FROM64(sums);
	FROM64(along);
	double s = 0.0, t = 0.0, n = (double)pixels * size;
	for (int j = first; j < first + size; j++) {
		long at = (long)image * 2 * c + j;
		double v = gamma[gamma_first + j];
		s += v * sums[at + c];
		t += v * sums[at];
	}
	along[g] = s / n;
	along[count + g] = t / n;
}

// dx = inv*(d - mean(d) - xhat*mean(d*xhat)), which may be dy. Dimension 1 counts images of len floats.
kernel void group_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, x), BUF(const float, gamma), BUF(const float, mean), BUF(const float, inv),
													 BUF(const double, along), int len, int c, int size, int count) {
	int at = get_global_id(0);
	if (at >= len)
		return;
	long i = (long)get_global_id(1) * len + at;
	int j = at % c, g = get_global_id(1) * (c / size) + j / size;
	FROM64(along);
	double k = inv[inv_first + g], h = ((double)x[x_first + i] - (double)mean[mean_first + g]) * k;
	dx[dx_first + i] = (float)(k * ((double)gamma[gamma_first + j] * (double)dy[dy_first + i] - along[g] - h * along[count + g]));
}

#define ITEMS 64

// add_row adds terms, of which a work-group of ITEMS has those of a row of c numbers, one after the other: TERM of place j. Every work-item gets the sum.
#define ADD_ROW(sum, TERM) \
	{ \
		double total = 0.0; \
		for (int base = 0; base < c; base += ITEMS) { \
			int j = base + item; \
			barrier(CLK_LOCAL_MEM_FENCE); \
			if (j < c) \
				room[item] = TERM; \
			barrier(CLK_LOCAL_MEM_FENCE); \
			int end = min(ITEMS, c - base); \
			for (int k = 0; k < end; k++) \
				total += room[k]; \
		} \
		sum = total; \
	}

// kernel.LayerNorm of rows of c floats, a work-group of ITEMS each, bounded below by 0 where clamped: xhat and inv are kept; y may be x.
kernel void layer_norm(BUF(float, y), BUF(float, xhat), BUF(float, inv), BUF(const float, x), BUF(const float, gamma), BUF(const float, beta), double eps,
											 int clamped, int c) {
	local double room[ITEMS];
	int r = get_group_id(0), item = get_local_id(0);
	long at = (long)r * c;
	x += x_first + at;
	y += y_first + at;
	xhat += xhat_first + at;
	double mean, m2;
	ADD_ROW(mean, (double)x[j])
	mean /= (double)c;
	ADD_ROW(m2, ((double)x[j] - mean) * ((double)x[j] - mean))
	double k = 1.0 / sqrt(m2 / (double)c + eps);
	if (item == 0)
		inv[inv_first + r] = (float)k;
	for (int j = item; j < c; j += ITEMS) {
		float h = (float)(((double)x[j] - mean) * k);
		xhat[j] = h;
		h = gamma[gamma_first + j] * h + beta[beta_first + j];
		y[j] = clamped && h < 0.0f ? 0.0f : h;
	}
}

// kernel.LayerNormBackward; dx may be dy.
kernel void layer_norm_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, xhat), BUF(const float, inv), BUF(const float, gamma), int c) {
	local double room[ITEMS];
	int r = get_group_id(0), item = get_local_id(0);
	long at = (long)r * c;
	dx += dx_first + at;
	dy += dy_first + at;
	xhat += xhat_first + at;
	FROM(gamma);
	double mean, along, k = inv[inv_first + r];
	ADD_ROW(mean, (double)dy[j] * (double)gamma[j])
	ADD_ROW(along, (double)dy[j] * (double)gamma[j] * (double)xhat[j])
	mean /= (double)c;
	along /= (double)c;
	for (int j = item; j < c; j += ITEMS) {
		double d = (double)dy[j] * (double)gamma[j];
		dx[j] = (float)(k * (d - mean - (double)xhat[j] * along));
	}
}
