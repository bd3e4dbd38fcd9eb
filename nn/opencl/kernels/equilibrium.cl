// Channel Equilibrium's instance reweighting and its output: package ce's reweighting and block. scalars are some numbers in float64.

enum { LAMBDA, SCALE, K, CONSTANT, SPREAD }; // lambda, s, (1 - lambda)/s, whether s has no gradient, ds/(2 s n c)

#define LANES 16
#define SCALARS global double *scalar = AT64(scalars, scalars_first)

// totals[n] = the sum of row n of a, or of a*b with inner, in LANES partial sums: kernel.Total, kernel.Inner. A work-group of LANES has a row.
kernel void row_totals(BUF(double, totals), BUF(const float, a), BUF(const float, b), int inner, int c) {
	local double room[LANES];
	int l = get_local_id(0), n = get_group_id(0);
	a += a_first + (long)n * c;
	b += b_first + (long)n * c;
	double s = 0.0;
#pragma unroll 4
	for (int j = l; j < c; j += LANES)
		s += inner ? (double)a[j] * (double)b[j] : (double)a[j];
	room[l] = s;
	barrier(CLK_LOCAL_MEM_FENCE);
	if (l > 0)
		return;
	double sum = 0.0;
	for (int i = 0; i < LANES; i++)
		sum += room[i];
	AT64(totals, totals_first)[n] = sum;
}

void set_reweighting(global double *scalar, double s, bool fixed) {
	bool tiny = s < 1e-8;
	scalar[SCALE] = tiny ? 1.0 : s;
	scalar[CONSTANT] = fixed || tiny ? 1.0 : 0.0;
	scalar[K] = (1.0 - scalar[LAMBDA]) / scalar[SCALE];
}

// In training, s from the totals of v, and the running averages moved. One work-item.
kernel void reweighting_scale(BUF(double, scalars), BUF(const double, totals), BUF(float, running), BUF(float, weight), int has_weight, int detached,
															float kept, float taken, int images, int c) {
	SCALARS;
	FROM64(totals);
	double total = 0.0;
#pragma unroll 16
	for (int n = 0; n < images; n++)
		total += totals[n];
	double s = sqrt(total / (double)((long)images * c));
	running[running_first] = kept * running[running_first] + taken * (float)s;
	if (has_weight)
		weight[weight_first] = kept * weight[weight_first] + taken;
	set_reweighting(scalar, s, detached);
}

// In evaluation, s from the running averages. One work-item.
kernel void reweighting_recall(BUF(double, scalars), BUF(const float, running), BUF(const float, weight), int has_weight) {
	SCALARS;
	double s = running[running_first];
	if (has_weight && weight[weight_first] > 0.0f)
		s /= (double)weight[weight_first];
	set_reweighting(scalar, s, true);
}

// The gradients that run through s and lambda, from the totals of a*q and dlambda of each group of channels. One work-item.
kernel void reweighting_unscale(BUF(double, scalars), BUF(const double, totals), BUF(const double, dlambda), BUF(float, dw), int has_w, int images, int c, int groups) {
	SCALARS;
	FROM64(totals);
	FROM64(dlambda);
	double dk = 0.0, dl = 0.0, s = scalar[SCALE], l = scalar[LAMBDA];
#pragma unroll 16
	for (int g = 0; g < groups; g++)
		dl += dlambda[g];
	if (images > 0) {
#pragma unroll 16
		for (int n = 0; n < images; n++)
			dk += totals[n];
		scalar[SPREAD] = scalar[CONSTANT] != 0.0 ? 0.0 : -scalar[K] / s * dk / (2.0 * s * (double)((long)images * c));
		dl += -dk / s;
	}
	if (has_w)
		dw[dw_first] += (float)(dl * l * (1.0 - l));
}

// y = scalar number which, in float32.
kernel void fill_scalar(BUF(float, y), BUF(const double, scalars), int which, int n) {
	int i = get_global_id(0);
	if (i < n)
		y[y_first + i] = (float)AT64(scalars, scalars_first)[which];
}

// rows[n] = -t[n]*mean[n] + shift: the constant of the gradient of image n. Dimension 1 counts images.
kernel void gradient_rows(BUF(float, rows), BUF(const float, t), BUF(const float, mean), BUF(const float, shift), int has_shift, int reweights, int c) {
	int j = get_global_id(0);
	if (j >= c)
		return;
	long at = (long)get_global_id(1) * c + j;
	float v = has_shift ? shift[shift_first + j] : 0.0f;
	rows[rows_first + at] = reweights ? fma(-t[t_first + at], mean[mean_first + at], v) : v;
}

// factor = base*(variance + eps)/variance and slope, of each channel, where the ratio is asked for: package ce's setFactor.
kernel void image_factors(BUF(float, factor), BUF(float, slope), BUF(const float, variance), double eps, float base_factor, float base_slope, int ratio, int c) {
	int j = get_global_id(0);
	if (j >= c)
		return;
	float r = 1.0f;
	if (ratio) {
		double v = variance[variance_first + j];
		r = v < 0x1p-126 ? 1.0f : (float)((v + eps) / v);
	}
	factor[factor_first + j] = base_factor * r;
	slope[slope_first + j] = base_slope * r;
}

#define ITEMS 64
#define PASSES 8

// MULTIPLY adds four rows of v, block floats apart, times four columns of the g x g matrix m to s0 .. s3, four terms at a time.
#define FOUR(p) (*(local const float4 *)(p))
#define TERM(part, b) \
	s0 = fma((float4)x0.part, b, s0); \
	s1 = fma((float4)x1.part, b, s1); \
	s2 = fma((float4)x2.part, b, s2); \
	s3 = fma((float4)x3.part, b, s3);
#define MULTIPLY(v, m) \
	for (int l = 0; l < g; l += 4) { \
		float4 x0 = FOUR(v + l), x1 = FOUR(v + block + l), x2 = FOUR(v + 2 * block + l), x3 = FOUR(v + 3 * block + l); \
		float4 b0 = FOUR(m + l * g), b1 = FOUR(m + (l + 1) * g), b2 = FOUR(m + (l + 2) * g), b3 = FOUR(m + (l + 3) * g); \
		TERM(s0, b0) TERM(s1, b1) TERM(s2, b2) TERM(s3, b3) \
	}

// y[n] = x[n]*(A + u*Diag(d[n])) + x2[n]*(A2 + Diag(d2[n])) + bias[n], then + addend, bounded: kernel.MixChannels for images of pixels rows and c channels,
// A of c/g matrices of g x g, in the order of its sums: bias, the terms of A, those of A2. u is scalar K; d and d2 may not be there (diagonal 0), so x2 (second
// 0), the addend and the bounds. bias has a row for all images, or with bias_step = c one for each.
//
// g is a multiple of 4; a work-group has block columns, multiples of g, and some rows of an image, dimension 2; a work-item has 4 x 4 numbers at a time.
// ma, and with second mb, hold block*g floats. All buffers begin at multiples of 4.
kernel void mix_channels(BUF(float, y), BUF(const float, x), BUF(const float, a), BUF(const float, d), BUF(const double, scalars), BUF(const float, x2),
												 BUF(const float, a2), BUF(const float, d2), BUF(const float, bias), BUF(const float, addend), int diagonal, int second, int bias_step,
												 int has_addend, int clamped, float ceiling, int pixels, int c, int g, int block, local float4 *ma4, local float4 *mb4) {
	local float4 tx4[4 * ITEMS], tz4[4 * ITEMS];
	local float *tx = (local float *)tx4, *tz = (local float *)tz4, *ma = (local float *)ma4, *mb = (local float *)mb4;
	int image = get_group_id(2), item = get_local_id(0), first = get_group_id(0) * block;
	int width = min(block, c - first), quads = block / 4, bands = ITEMS / quads, rows = 4 * bands;
	float u = diagonal ? (float)AT64(scalars, scalars_first)[K] : 0.0f;
	FROM(a);
	FROM(a2);
	for (int e = item; e < width * g; e += ITEMS) {
		int l = e / g, j = first + l;
		float v = a[(long)first * g + e];
		if (diagonal && e % g == l % g)
			v += u * d[d_first + (long)image * c + j];
		ma[e] = v;
		if (second) {
			v = a2[(long)first * g + e];
			if (diagonal && e % g == l % g)
				v += d2[d2_first + (long)image * c + j];
			mb[e] = v;
		}
	}
	x += x_first + (long)image * pixels * c;
	x2 += x2_first + (long)image * pixels * c;
	y += y_first + (long)image * pixels * c;
	addend += addend_first + (long)image * pixels * c;
	int q = item % quads * 4, band = item / quads, group = q / g * g;
	bool active = band < bands && q < width;
	float4 begin = active ? *(global const float4 *)(bias + bias_first + (long)image * bias_step + first + q) : (float4)0.0f;
	int r0 = get_group_id(1) * rows * PASSES;
	for (int pass = 0; pass < PASSES && r0 < pixels; pass++, r0 += rows) {
		int n = min(rows, pixels - r0);
		barrier(CLK_LOCAL_MEM_FENCE);
		int across = width / 4;
		for (int e = item; e < n * across; e += ITEMS) {
			long at = (long)(r0 + e / across) * c + first + e % across * 4;
			int to = e / across * (block / 4) + e % across;
			tx4[to] = *(global const float4 *)(x + at);
			if (second)
				tz4[to] = *(global const float4 *)(x2 + at);
		}
		barrier(CLK_LOCAL_MEM_FENCE);
		if (active && band * 4 < n) {
			float4 s0 = begin, s1 = begin, s2 = begin, s3 = begin;
			local const float *v = tx + band * 4 * block + group, *m = ma + group * g + q - group;
			MULTIPLY(v, m)
			if (second) {
				v = tz + band * 4 * block + group;
				m = mb + group * g + q - group;
			MULTIPLY(v, m)
			}
			float4 s[4] = {s0, s1, s2, s3};
#pragma unroll
			for (int i = 0; i < 4; i++) {
				int r = band * 4 + i;
				if (r < n) {
					long at = (long)(r0 + r) * c + first + q;
					float4 t = s[i];
					if (has_addend)
						t += *(global const float4 *)(addend + at);
					if (clamped) {
						t = select(t, (float4)0.0f, t < (float4)0.0f);
						t = select(t, (float4)ceiling, t > (float4)ceiling);
					}
					*(global float4 *)(y + at) = t;
				}
			}
		}
	}
}

// mix_channels for any g: a work-item has one number of an image. Dimension 1 counts images.
kernel void mix_channels_any(BUF(float, y), BUF(const float, x), BUF(const float, a), BUF(const float, d), BUF(const double, scalars), BUF(const float, x2),
														 BUF(const float, a2), BUF(const float, d2), BUF(const float, bias), BUF(const float, addend), int diagonal, int second,
														 int bias_step, int has_addend, int clamped, float ceiling, int pixels, int c, int g) {
	int e = get_global_id(0), image = get_global_id(1);
	if (e >= pixels * c)
		return;
	int j = e % c, group = j / g * g;
	long row = (long)image * pixels * c + e - j + group;
	float u = diagonal ? (float)AT64(scalars, scalars_first)[K] : 0.0f;
	a += a_first + (long)group * g + j - group;
	a2 += a2_first + (long)group * g + j - group;
	float s = bias[bias_first + (long)image * bias_step + j];
	for (int l = 0; l < g; l++) {
		float m = a[l * g];
		if (diagonal && l == j - group)
			m += u * d[d_first + (long)image * c + j];
		s = fma(x[x_first + row + l], m, s);
	}
	if (second)
		for (int l = 0; l < g; l++) {
			float m = a2[l * g];
			if (diagonal && l == j - group)
				m += d2[d2_first + (long)image * c + j];
			s = fma(x2[x2_first + row + l], m, s);
		}
	long at = (long)image * pixels * c + e;
	if (has_addend)
		s += addend[addend_first + at];
	if (clamped) {
		if (s < 0.0f)
			s = 0.0f;
		else if (s > ceiling)
			s = ceiling;
	}
	y[y_first + at] = s;
}
