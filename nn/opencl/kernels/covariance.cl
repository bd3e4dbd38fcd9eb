// The sums of Channel Equilibrium's batch decorrelation, in the order of kernel/covariance.go. Parts are as in sums.cl, and count along dimension 1.

#define BLOCK_K 344
#define SLAB 16
#define UNITS 64

// The products of the columns of a and b in each part, for each group of g channels a g x g matrix: kernel.GroupProducts. With centred, b is not
// read and a is less the part's mean: kernel.Scatter. The means of a part are mean_step after those of the part before. g and the places of all
// buffers are multiples of 4. A work-item has 4 x 4 entries, a work-group 64 such units of
// consecutive groups, or of rows of one; ta and tb hold SLAB rows of their channels.
kernel void group_products(BUF(float, out), BUF(const float, a), BUF(const float, b), BUF(const float, means), int centred, int mean_step, int pixels, int size, int c, int g,
													local float4 *ta4, local float4 *tb4) {
	local float *ta = (local float *)ta4, *tb = (local float *)tb4;
	FROM(a);
	FROM(b);
	FROM(means);
	int per = (pixels + size - 1) / size, part = get_group_id(1), segment = part % per;
	long first = (long)(part / per) * pixels + segment * size;
	int rows = min(size, pixels - segment * size);
	int wide = g / 4, units = wide * wide;             // of a group
	int u0 = get_group_id(0) * UNITS, u = u0 + get_local_id(0);
	int channel0 = u0 / units * g;                      // the first channel that is read
	int end = min(c, ((u0 + UNITS - 1) / units + 1) * g); // after the last
	int span = end - channel0;
	bool inside = u < c / g * units;
	int group = u / units * g - channel0, ui = u % units / wide * 4 + group, uj = u % wide * 4 + group;
	if (!inside)
		ui = uj = 0;
	float4 sum[4], s[4];
	for (int i = 0; i < 4; i++)
		sum[i] = (float4)0.0f;
	int blocks = (rows + BLOCK_K - 1) / BLOCK_K;
	for (int block = 0; block < blocks; block++) {
		int lo = block * rows / blocks, hi = (block + 1) * rows / blocks;
		for (int i = 0; i < 4; i++)
			s[i] = (float4)0.0f;
		for (int r0 = lo; r0 < hi; r0 += SLAB) {
			int n = min(SLAB, hi - r0);
			barrier(CLK_LOCAL_MEM_FENCE);
			int across = span / 4;
			for (int e = get_local_id(0); e < n * across; e += UNITS) {
				int j = channel0 + e % across * 4;
				long at = (first + r0 + e / across) * c + j;
				float4 x = *(global const float4 *)(a + at);
				if (centred) {
					ta4[e] = x - *(global const float4 *)(means + (long)part * mean_step + j);
				} else {
					ta4[e] = x;
					tb4[e] = *(global const float4 *)(b + at);
				}
			}
			barrier(CLK_LOCAL_MEM_FENCE);
			local const float *other = centred ? ta : tb;
			for (int r = 0; r < n; r++) {
				float4 x = *(local const float4 *)(ta + r * span + ui), y = *(local const float4 *)(other + r * span + uj);
				s[0] = fma((float4)x.s0, y, s[0]);
				s[1] = fma((float4)x.s1, y, s[1]);
				s[2] = fma((float4)x.s2, y, s[2]);
				s[3] = fma((float4)x.s3, y, s[3]);
			}
		}
		for (int i = 0; i < 4; i++)
			sum[i] = block == 0 ? s[i] : s[i] + sum[i];
	}
	if (!inside)
		return;
	out += out_first + ((long)part * c + channel0 + group) * g;
	for (int i = 0; i < 4; i++)
		*(global float4 *)(out + (ui - group + i) * g + uj - group) = sum[i];
}

// group_products for any g: a work-item has one entry.
kernel void group_products_any(BUF(float, out), BUF(const float, a), BUF(const float, b), BUF(const float, means), int centred, int mean_step, int pixels, int size, int c,
															 int g) {
	int e = get_global_id(0);
	if (e >= c * g)
		return;
	FROM(means);
	int per = (pixels + size - 1) / size, part = get_group_id(1), segment = part % per;
	long first = (long)(part / per) * pixels + segment * size;
	int rows = min(size, pixels - segment * size);
	int i = e / g, j = i / g * g + e % g;
	a += a_first + first * c;
	b += b_first + first * c;
	float mi = 0.0f, mj = 0.0f, sum = 0.0f;
	if (centred) {
		mi = means[(long)part * mean_step + i];
		mj = means[(long)part * mean_step + j];
		b = a;
	}
	int blocks = (rows + BLOCK_K - 1) / BLOCK_K;
	for (int block = 0; block < blocks; block++) {
		int lo = block * rows / blocks, hi = (block + 1) * rows / blocks;
		float s = 0.0f;
		for (int r = lo; r < hi; r++) {
			float x = a[(long)r * c + i], y = b[(long)r * c + j];
			s = centred ? fma(x - mi, y - mj, s) : fma(x, y, s);
		}
		sum = block == 0 ? s : s + sum;
	}
	out[out_first + (long)part * c * g + e] = sum;
}

#define AHEAD 8 // parts that are read while those before are combined

// The mean and the covariance of all rows, with eps on the diagonal, from the means and products of count parts: kernel.CombineScatter, for all groups.
// A work-item has an entry of sigma, a work-group 64.
kernel void combine_scatter(BUF(double, mean), BUF(double, sigma), BUF(const float, means), BUF(const float, products), double eps, int mean_step, int pixels, int size,
														int count, int c, int g) {
	local double weight[UNITS], share[UNITS];
	FROM(means);
	FROM(products);
	int e = get_global_id(0), item = get_local_id(0), per = (pixels + size - 1) / size;
	int there = min(e, c * g - 1), i = there / g, j = i / g * g + there % g;
	bool inside = e < c * g;
	double mi = 0.0, mj = 0.0, sum = 0.0, n = 0.0;
	float mean_i[AHEAD], mean_j[AHEAD], product[AHEAD], next_i[AHEAD], next_j[AHEAD], next_product[AHEAD];
#define NEXT(first) \
	_Pragma("unroll") for (int p = 0; p < AHEAD; p++) { \
		int part = min((first) + p, count - 1); \
		next_i[p] = means[(long)part * mean_step + i]; \
		next_j[p] = means[(long)part * mean_step + j]; \
		next_product[p] = products[(long)part * c * g + there]; \
	}
	NEXT(0)
	for (int base = 0; base < count; base += UNITS) {
		int part = base + item, segment = part % per;
		double k = min(size, pixels - segment * size), before = (double)((long)(part / per) * pixels + segment * size);
		barrier(CLK_LOCAL_MEM_FENCE);
		weight[item] = before * k / (before + k);
		share[item] = k / (before + k);
		barrier(CLK_LOCAL_MEM_FENCE);
		int end = min(UNITS, count - base);
		for (int first = 0; first < end; first += AHEAD) {
#pragma unroll
			for (int p = 0; p < AHEAD; p++) {
				mean_i[p] = next_i[p];
				mean_j[p] = next_j[p];
				product[p] = next_product[p];
			}
			NEXT(base + first + AHEAD)
#pragma unroll
			for (int p = 0; p < AHEAD; p++) {
				if (first + p < end) {
					double di = (double)mean_i[p] - mi, dj = (double)mean_j[p] - mj;
					sum += (double)product[p] + weight[first + p] * di * dj;
					mi += di * share[first + p];
					mj += dj * share[first + p];
				}
			}
		}
	}
	if (!inside)
		return;
	int last = (count - 1) % per;
	n = (double)((long)((count - 1) / per) * pixels + last * size) + min(size, pixels - last * size);
	sum /= n;
	if (i == j) {
		sum += eps;
		AT64(mean, mean_first)[i] = mi;
	}
	AT64(sigma, sigma_first)[e] = sum;
}

// y = the sum of count parts of n numbers, stride apart, in their order and in float64: kernel.Reduce64.
kernel void reduce64(BUF(double, y), BUF(const float, parts), int stride, int count, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	FROM(parts);
	double sum = 0.0;
	for (int p0 = 0; p0 < count; p0 += 2 * AHEAD) {
		float v[2 * AHEAD];
#pragma unroll
		for (int k = 0; k < 2 * AHEAD; k++)
			if (p0 + k < count)
				v[k] = parts[(long)(p0 + k) * stride + i];
#pragma unroll
		for (int k = 0; k < 2 * AHEAD; k++)
			if (p0 + k < count)
				sum += (double)v[k];
	}
	AT64(y, y_first)[i] = sum;
}

// y = the diagonals of the matrices of each part, those of a part step after those of the part before. Dimension 1 counts parts.
kernel void diagonals(BUF(float, y), BUF(const float, products), int step, int c, int g) {
	int j = get_global_id(0);
	long part = get_global_id(1);
	if (j < c)
		y[y_first + part * step + j] = products[products_first + (part * c + j) * g + j % g];
}
