// Channel Equilibrium's matrices, in float64: package ce's newton and decorrelation. A work-group has a group of channels, with its g x g matrices;
// after a barrier it reads what its work-items wrote.

#define LANES 16

// inner is the sum of a*b in LANES partial sums: package ce's inner.
double inner(global const double *a, global const double *b, int n) {
	double sums[LANES], sum = 0.0;
	for (int l = 0; l < LANES; l++)
		sums[l] = 0.0;
	for (int i = 0; i < n; i += LANES)
#pragma unroll
		for (int l = 0; l < LANES; l++)
			if (i + l < n)
				sums[l] += a[i + l] * b[i + l];
	for (int l = 0; l < LANES; l++)
		sum += sums[l];
	return sum;
}

// inner_together is inner, taken by the whole work-group.
double inner_together(global const double *a, global const double *b, int n, local double *room) {
	int l = get_local_id(0);
	barrier(CLK_LOCAL_MEM_FENCE);
	if (l < LANES) {
		double s = 0.0;
#pragma unroll 4
		for (int i = l; i < n; i += LANES)
			s += a[i] * b[i];
		room[l] = s;
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	double sum = 0.0;
	for (int i = 0; i < LANES; i++)
		sum += room[i];
	return sum;
}

#define SYNC barrier(CLK_GLOBAL_MEM_FENCE | CLK_LOCAL_MEM_FENCE)
#define EACH(e) for (int e = get_local_id(0); e < g * g; e += get_local_size(0))

// dot64 is the sum of a[l*step_a]*b[l*step_b] for l below g, each product fused with its addition. Four are read at a time.
double dot64(global const double *a, int step_a, global const double *b, int step_b, int g) {
	double sum = 0.0;
	int l = 0;
	for (; l + 3 < g; l += 4) {
		double a0 = a[0], a1 = a[step_a], a2 = a[2 * step_a], a3 = a[3 * step_a];
		double b0 = b[0], b1 = b[step_b], b2 = b[2 * step_b], b3 = b[3 * step_b];
		sum = fma(a3, b3, fma(a2, b2, fma(a1, b1, fma(a0, b0, sum))));
		a += 4 * step_a;
		b += 4 * step_b;
	}
	for (; l < g; l++, a += step_a, b += step_b)
		sum = fma(*a, *b, sum);
	return sum;
}

#define PUT(row, column, value) \
	{ \
		int at = (row) * g + (column); \
		double v = (value) * alpha; \
		if (add) \
			v += c[at]; \
		c[at] = (row) == (column) ? v + shift : v; \
	}
#define PUT_ROW(row, s) PUT(row, j, s.s0) PUT(row, j + quarter, s.s1) PUT(row, j + 2 * quarter, s.s2) PUT(row, j + 3 * quarter, s.s3)

// c = alpha*op(a)*op(b), added to c with add, and shift added to its diagonal: kernel.Gemm64. op(a)[i, l] is at i*row_a + l*step_a, op(b)[l, j] at
// l*row_b + j*step_b. Of large matrices a work-item has four rows and four columns at a time.
void gemm64(global double *c, global const double *a, int row_a, int step_a, global const double *b, int row_b, int step_b, int g, double alpha, bool add,
						double shift) {
	int quarter = g / 4, tiles = g % 4 == 0 && g > 16 ? quarter * quarter : 0;
	for (int t = get_local_id(0); t < tiles; t += get_local_size(0)) {
		int i = t / quarter * 4, j = t % quarter;
		double4 s0 = (double4)0.0, s1 = s0, s2 = s0, s3 = s0;
		global const double *x = a + i * row_a, *y = b + j * step_b;
		int next = quarter * step_b;
		for (int l = 0; l < g; l++, x += step_a, y += row_b) {
			double4 v = (double4)(y[0], y[next], y[2 * next], y[3 * next]);
			s0 = fma((double4)x[0], v, s0);
			s1 = fma((double4)x[row_a], v, s1);
			s2 = fma((double4)x[2 * row_a], v, s2);
			s3 = fma((double4)x[3 * row_a], v, s3);
		}
		PUT_ROW(i, s0)
		PUT_ROW(i + 1, s1)
		PUT_ROW(i + 2, s2)
		PUT_ROW(i + 3, s3)
	}
	if (tiles > 0)
		return;
	EACH(e)
		PUT(e / g, e % g, dot64(a + e / g * row_a, step_a, b + e % g * step_b, row_b, g))
}

void symmetrise(global double *a, int g) {
	EACH(e) {
		int i = e / g, j = e % g;
		if (j < i) {
			double mean = 0.5 * (a[e] + a[j * g + i]);
			a[e] = mean;
			a[j * g + i] = mean;
		}
	}
}

// set_k sets k to (3I - z*y)/2.
void set_k(global double *k, global const double *z, global const double *y, int g) { gemm64(k, z, g, 1, y, g, 1, g, -0.5, false, 1.5); }

// What is kept of a group, matrices of g x g numbers one after the other: w, sigma_n, then y[0], z[0], y[1], z[1] ..., and room for ROOM.
#define ROOM 5
#define MATRICES(steps) (2 + 2 * ((steps) + 1) + ROOM)

// W, the matrix that is applied, of each group from sigma, and what narrows it to float32: the root of the covariance by Newton's iteration in the coupled
// form, (3) and (4) of package ce. traces gets tr(sigma); scaled lambda*W, and shift -lambda*W*mean with centre, else 0. With train, the running
// averages move towards the matrix (of sigma itself with average_sigma) and the mean.
kernel void whiten(BUF(double, matrices), BUF(double, traces), BUF(float, scaled), BUF(float, shift), BUF(float, running), BUF(float, running_mean),
									 BUF(const double, sigma), BUF(const double, mean), BUF(const double, lambda), int steps, int rescale, int centre, int train,
									 int average_sigma, float kept, float taken, int g) {
	int group = get_group_id(0), size = g * g;
	global double *w = AT64(matrices, matrices_first) + (long)group * MATRICES(steps) * size;
	global double *sn = w + size, *y = w + 2 * size, *z = y + size, *k = y + 2 * (steps + 1) * size;
	global const double *s = AT64(sigma, sigma_first) + (long)group * size, *mu = AT64(mean, mean_first) + group * g;
	double l = *AT64(lambda, lambda_first);
	double trace = 0.0;
	for (int i = 0; i < g; i++)
		trace += s[i * g + i];
	EACH(e) {
		double v = s[e] / trace;
		sn[e] = v;
		y[e] = v;
		z[e] = e / g == e % g ? 1.0 : 0.0;
	}
	SYNC;
	for (int t = 0; t < steps; t++) {
		set_k(k, z, y, g);
		SYNC;
		gemm64(y + 2 * size, y, g, 1, k, g, 1, g, 1.0, false, 0.0);
		gemm64(z + 2 * size, k, g, 1, z, g, 1, g, 1.0, false, 0.0);
		y += 2 * size;
		z += 2 * size;
		SYNC;
	}
	double scale = rescale ? 1.0 / sqrt(trace) : 1.0;
	running += running_first + (long)group * size;
	scaled += scaled_first + (long)group * size;
	EACH(e) {
		int i = e / g, j = e % g;
		double v = z[e];
		if (i != j)
			v = 0.5 * (z[max(i, j) * g + min(i, j)] + z[min(i, j) * g + max(i, j)]);
		if (rescale)
			v *= scale;
		w[e] = v;
		scaled[e] = (float)(v * l);
		if (train)
			running[e] = kept * running[e] + taken * (float)(average_sigma ? s[e] : v);
	}
	SYNC;
	if (get_local_id(0) == 0)
		AT64(traces, traces_first)[group] = trace;
	running_mean += running_mean_first + group * g;
	for (int i = get_local_id(0); i < g; i += get_local_size(0)) {
		shift[shift_first + group * g + i] = centre ? (float)(-l * inner(w + i * g, mu, g)) : 0.0f;
		if (train)
			running_mean[i] = kept * running_mean[i] + taken * (float)mu[i];
	}
}

// In evaluation: W, scaled and shift of each group from the running average of W.
kernel void recall(BUF(float, scaled), BUF(float, shift), BUF(const float, running), BUF(const float, running_mean), BUF(const double, lambda), int centre, int g) {
	int group = get_group_id(0);
	double l = *AT64(lambda, lambda_first);
	running += running_first + (long)group * g * g;
	running_mean += running_mean_first + group * g;
	EACH(e)
		scaled[scaled_first + (long)group * g * g + e] = (float)((double)running[e] * l);
	for (int i = get_local_id(0); i < g; i += get_local_size(0)) {
		double sums[LANES], sum = 0.0;
		for (int n = 0; n < LANES; n++)
			sums[n] = 0.0;
		for (int j = 0; j < g; j++)
			sums[j % LANES] += (double)running[i * g + j] * (double)running_mean[j];
		for (int n = 0; n < LANES; n++)
			sum += sums[n];
		shift[shift_first + group * g + i] = centre ? (float)(-l * sum) : 0.0f;
	}
}

// y = x.
kernel void widen(BUF(double, y), BUF(const float, x), int n) {
	int i = get_global_id(0);
	if (i < n)
		AT64(y, y_first)[i] = (double)x[x_first + i];
}

// The reverse of whiten: from d, the sum over all samples of x*dy^T, and with centre dy, that of dy, it sets dlambda of each group, q and the shift
// that goes with it. See package ce, decorrelation. d is spoilt.
kernel void whiten_backward(BUF(double, dlambda), BUF(float, q), BUF(float, q_shift), BUF(double, d), BUF(const double, dy), BUF(double, matrices),
														BUF(const double, traces), BUF(const double, mean), BUF(const double, lambda), int steps, int rescale, int centre, int samples,
														int g) {
	local double room[LANES];
	int group = get_group_id(0), size = g * g;
	global double *w = AT64(matrices, matrices_first) + (long)group * MATRICES(steps) * size;
	global double *sn = w + size, *y0 = w + 2 * size, *k = y0 + 2 * (steps + 1) * size;
	global double *dk = k + size, *gy = k + 2 * size, *gz = AT64(d, d_first) + (long)group * size, *next = k + 3 * size, *other = k + 4 * size;
	global const double *mu = AT64(mean, mean_first) + group * g, *sum = AT64(dy, dy_first) + group * g;
	double l = *AT64(lambda, lambda_first), trace = AT64(traces, traces_first)[group];
	if (centre)
		EACH(e)
			gz[e] -= mu[e / g] * sum[e % g];
	SYNC;
	double dl = inner_together(gz, w, size, room);
	double dt = 0.0, scale = l;
	if (rescale) {
		dt = -0.5 * l * dl / trace;
		scale /= sqrt(trace);
	}
	EACH(e) {
		gz[e] *= scale;
		gy[e] = 0.0;
	}
	SYNC;
	symmetrise(gz, g);
	SYNC;
	for (int t = steps - 1; t >= 0; t--) {
		global const double *y = y0 + 2 * t * size, *z = y + size;
		set_k(k, z, y, g);
		gemm64(dk, y, 1, g, gy, g, 1, g, 1.0, false, 0.0);
		gemm64(dk, gz, g, 1, z, 1, g, g, 1.0, true, 0.0);
		SYNC;
		gemm64(next, gy, g, 1, k, 1, g, g, 1.0, false, 0.0);
		gemm64(next, z, 1, g, dk, g, 1, g, -0.5, true, 0.0);
		gemm64(other, k, 1, g, gz, g, 1, g, 1.0, false, 0.0);
		gemm64(other, dk, g, 1, y, 1, g, g, -0.5, true, 0.0);
		SYNC;
		global double *swap = gy;
		gy = next;
		next = swap;
		swap = gz;
		gz = other;
		other = swap;
	}
	symmetrise(gy, g);
	SYNC;
	dt -= inner_together(gy, sn, size, room) / trace;
	SYNC;
	EACH(e) {
		double v = gy[e] / trace;
		gy[e] = e / g == e % g ? v + dt : v;
		q[q_first + (long)group * size + e] = (float)(gy[e] * (2.0 / (double)samples));
	}
	SYNC;
	for (int i = get_local_id(0); i < g; i += get_local_size(0)) {
		double s = -2.0 * inner(gy + i * g, mu, g);
		if (centre)
			s -= l * inner(w + i * g, sum, g);
		q_shift[q_shift_first + group * g + i] = (float)(s / (double)samples);
	}
	if (get_local_id(0) == 0)
		AT64(dlambda, dlambda_first)[group] = dl;
}
