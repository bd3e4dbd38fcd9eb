// What is done to numbers by channel. A work-item has a channel, a work-group 64.

#define CHANNELS 64

typedef struct {
	double mean, m2;
} Moments;

#define AHEAD 8 // parts that are read while those before are combined

// combine combines the moments of count parts, in their order and in float64: kernel.CombineMoments. Every work-item of the group calls it.
Moments combine(global const float *parts, int pixels, int size, int count, int c, int channel, local double *share, local double *weight) {
	int per = (pixels + size - 1) / size, item = get_local_id(0);
	Moments m = {0.0, 0.0};
	float mean[AHEAD], m2[AHEAD], next_mean[AHEAD], next_m2[AHEAD];
	parts += min(channel, c - 1);
#pragma unroll
	for (int i = 0; i < AHEAD; i++) {
		global const float *p = parts + (long)min(i, count - 1) * 2 * c;
		next_mean[i] = p[0];
		next_m2[i] = p[c];
	}
	for (int base = 0; base < count; base += CHANNELS) {
		int part = base + item, segment = part % per;
		double k = min(size, pixels - segment * size);
		double n = (double)((long)(part / per) * pixels + segment * size) + k;
		barrier(CLK_LOCAL_MEM_FENCE);
		share[item] = k / n;
		weight[item] = k * (n - k) / n;
		barrier(CLK_LOCAL_MEM_FENCE);
		int end = min(CHANNELS, count - base);
		for (int first = 0; first < end; first += AHEAD) {
#pragma unroll
			for (int i = 0; i < AHEAD; i++) {
				mean[i] = next_mean[i];
				m2[i] = next_m2[i];
			}
#pragma unroll
			for (int i = 0; i < AHEAD; i++) {
				global const float *p = parts + (long)min(base + first + AHEAD + i, count - 1) * 2 * c;
				next_mean[i] = p[0];
				next_m2[i] = p[c];
			}
#pragma unroll
			for (int i = 0; i < AHEAD; i++) {
				if (first + i < end) {
					double d = (double)mean[i] - m.mean;
					m.mean += d * share[first + i];
					m.m2 += (double)m2[i] + d * d * weight[first + i];
				}
			}
		}
	}
	return m;
}

void set_scale(float mean, float variance, float gamma, float beta, float eps, global float *inv, global float *scale, global float *shift) {
	float r = (float)(1.0 / sqrt((double)variance + (double)eps));
	float s = gamma * r;
	*inv = r;
	*scale = s;
	*shift = beta - mean * s;
}

// From the moments of all parts the mean and the biased variance, the running averages moved towards them, and what normalises:
// kernel.CombineMoments, RunningAverage, NormScale.
kernel void batch_norm_moments(BUF(float, mean), BUF(float, variance), BUF(float, inv), BUF(float, scale), BUF(float, shift), BUF(float, running_mean),
															 BUF(float, running_variance), BUF(const float, gamma), BUF(const float, beta), BUF(const float, parts), float eps,
															 float kept, float taken, float taken_variance, int pixels, int size, int count, int c) {
	local double share[CHANNELS], weight[CHANNELS];
	int j = get_global_id(0);
	Moments m = combine(parts + parts_first, pixels, size, count, c, j, share, weight);
	if (j >= c)
		return;
	int per = (pixels + size - 1) / size;
	float a = (float)m.mean, v = (float)(m.m2 / (double)((long)(count / per) * pixels));
	mean[mean_first + j] = a;
	variance[variance_first + j] = v;
	FROM(running_mean);
	FROM(running_variance);
	running_mean[j] = kept * running_mean[j] + taken * a;
	running_variance[j] = kept * running_variance[j] + taken_variance * v;
	set_scale(a, v, gamma[gamma_first + j], beta[beta_first + j], eps, inv + inv_first + j, scale + scale_first + j, shift + shift_first + j);
}

// What normalises by given moments: kernel.NormScale.
kernel void norm_scale(BUF(float, inv), BUF(float, scale), BUF(float, shift), BUF(const float, gamma), BUF(const float, beta), BUF(const float, mean),
											 BUF(const float, variance), float eps, int c) {
	int j = get_global_id(0);
	if (j < c)
		set_scale(mean[mean_first + j], variance[variance_first + j], gamma[gamma_first + j], beta[beta_first + j], eps, inv + inv_first + j,
							scale + scale_first + j, shift + shift_first + j);
}

// The sums of the backward pass from those of count parts, the gradients of gamma and beta, and what makes the gradient of the input:
// kernel.Reduce, NormParams, NormSlopes.
kernel void norm_slopes(BUF(float, gain), BUF(float, slope), BUF(float, offset), BUF(float, dgamma), BUF(float, dbeta), BUF(const float, parts),
												BUF(const float, gamma), BUF(const float, mean), BUF(const float, inv), int rows, int count, int c) {
	int j = get_global_id(0);
	if (j >= c)
		return;
	parts += parts_first + j;
	float s = 0.0f, t = 0.0f, next_s[4 * AHEAD], next_t[4 * AHEAD];
#pragma unroll
	for (int i = 0; i < 4 * AHEAD; i++) {
		next_s[i] = parts[(long)min(i, count - 1) * 2 * c];
		next_t[i] = parts[(long)min(i, count - 1) * 2 * c + c];
	}
	for (int p = 0; p < count; p += 4 * AHEAD) {
		float now_s[4 * AHEAD], now_t[4 * AHEAD];
#pragma unroll
		for (int i = 0; i < 4 * AHEAD; i++) {
			now_s[i] = next_s[i];
			now_t[i] = next_t[i];
		}
#pragma unroll
		for (int i = 0; i < 4 * AHEAD; i++) {
			long at = (long)min(p + 4 * AHEAD + i, count - 1) * 2 * c;
			next_s[i] = parts[at];
			next_t[i] = parts[at + c];
		}
#pragma unroll
		for (int i = 0; i < 4 * AHEAD; i++) {
			if (p + i < count) {
				s += now_s[i];
				t += now_t[i];
			}
		}
	}
	dbeta[dbeta_first + j] += s;
	dgamma[dgamma_first + j] += t * inv[inv_first + j];
	double m = rows, k = inv[inv_first + j], g = (double)gamma[gamma_first + j] * k;
	float along = (float)(-g * k * k * (double)t / m);
	gain[gain_first + j] = (float)g;
	slope[slope_first + j] = along;
	offset[offset_first + j] = (float)(-g * (double)s / m - (double)along * (double)mean[mean_first + j]);
}

// The mean and the variance of each channel within each image, times factor, from the moments of its segments. Dimension 1 counts images.
kernel void image_variances(BUF(float, mean), BUF(float, variance), BUF(const float, parts), BUF(const float, factor), int pixels, int size, int count, int c) {
	local double share[CHANNELS], weight[CHANNELS];
	int j = get_global_id(0), image = get_global_id(1);
	Moments m = combine(parts + parts_first + (long)image * count * 2 * c, pixels, size, count, c, j, share, weight);
	if (j >= c)
		return;
	mean[mean_first + (long)image * c + j] = (float)m.mean;
	variance[variance_first + (long)image * c + j] = (float)(m.m2 / (double)pixels) * factor[factor_first + j];
}
