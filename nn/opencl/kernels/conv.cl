// Convolutions as products of matrices: a row is an output pixel, a column an output channel of a group, and the terms of an element are the
// taps in their order, of each the channels in theirs, each fused with its addition, in one sum. A work-group computes BM×BN elements in tiles
// that go through local memory in slices of BK terms, and a work-item TM×TN of them in registers. Taps outside the image are 0, and add nothing.
//
// VA is of the source and of terms, VB of columns. TRANSPOSED is defined where the terms of a column of weights are neighbours in memory, as for the gradient of the input.

#include "tile.cl"

#ifdef BFLOAT
#define ADDED(v, d) ((float4)(SUM(v, d, x), SUM(v, d, y), SUM(v, d, z), SUM(v, d, w)))
#define SUM(v, d, i) flushed((v).i + flushed((d).i))
#else
#define ADDED(v, d) ((v) + (d))
#endif

#define LA (BM * BK / VA / NT)
#ifdef TRANSPOSED
#define B_VECTORS (BN * BK / VA)
#else
#define B_VECTORS (BN * BK / VB)
#endif
#define LB READS(B_VECTORS)

// row_of is the row of weights of a term, -1 of that which fills a pair.
int row_of(int term, int from, int paired) {
	if (from == paired)
		return TERM(term);
	int c = TERM(term % paired);
	return c < from ? term / paired * from + c : -1;
}

// y = clamp(addend + (bias + x*w)). Output (r, q) of rows×cols sees, with tap (i, j), the source's pixel (r*stride + y0 + i, q*stride + x0 + j);
// its channels are at first + image*image_step + r*row_step + q*pixel_step. flags: 1 bias, 2 addend, 4 clamp. The weights of tap (i, j), term c
// and column o of group g are at (((w_first + i*w_row + j*w_col)*from + c)*out + g*of + o, or, TRANSPOSED,
// ((w_first + i*w_row + j*w_col)*of + o)*out + g*from + c.
__attribute__((reqd_work_group_size(NT, 1, 1)))
kernel void conv(global float *yp, long y_first, global const float *xp, long x_first, global const float *wp, long w_at, global const float *biasp, long bias_first,
				 global const float *addendp, long addend_first, int flags, float ceiling, int images, int rows, int cols, int src_h, int src_w, int src_pixel, int stride,
				 int y0, int x0, int taps_y, int taps_x, int from, int of, int out, int w_first, int w_row, int w_col, int first, int image_step, int row_step, int pixel_step, int tiles_n) {
	local float a_tile[2][BK * (BM + PAD)] __attribute__((aligned(16)));
	local float b_tile[2][BK * (BN + PAD)] __attribute__((aligned(16)));
	const int tid = get_local_id(0), tx = TX, ty = TY, g = get_group_id(1);
	const int n0 = (get_group_id(0) % tiles_n) * BN, m0 = (get_group_id(0) / tiles_n) * BM;
	const int pixels = images * rows * cols, paired = PAIRED(from), terms = taps_y * taps_x * paired;
	global const float *x = xp + x_first + g * from;
	global const float *w = wp + w_at;

	// The rows that this work-item reads, and the tap and the channel of its terms.
	int at_y[LA], at_x[LA], base[LA];
#pragma unroll
	for (int l = 0; l < LA; l++) {
		int m = m0 + (tid + l * NT) / (BK / VA);
		int q = m % cols, rest = m / cols, r = rest % rows, image = rest / rows;
		at_y[l] = m < pixels ? r * stride + y0 : -(1 << 20);
		at_x[l] = q * stride + x0;
		base[l] = image * src_h * src_w * src_pixel;
	}
	int k = tid % (BK / VA) * VA, c = k % paired, tap_x = k / paired % taps_x, tap_y = k / paired / taps_x;
#ifdef TRANSPOSED
	int column[LB];
#pragma unroll
	for (int l = 0; l < LB; l++) {
		int n = n0 + (tid + l * NT) / (BK / VA);
		column[l] = n < of && WITHIN(B_VECTORS) ? n : -1;
	}
#else
	const int kb = tid / (BN / VB), nb = n0 + tid % (BN / VB) * VB;
	w += g * of + nb;
#endif

	float acc[TM * TN];
#pragma unroll
	for (int i = 0; i < TM * TN; i++)
		acc[i] = 0.0f;
	if (flags & 1) {
#pragma unroll
		for (int j = 0; j < TN; j++) {
			float v = n0 + COLUMN(j) < of ? biasp[bias_first + g * of + n0 + COLUMN(j)] : 0.0f;
#pragma unroll
			for (int i = 0; i < TM; i++)
				acc[i * TN + j] = v;
		}
	}

	vec a_next[LA];
#ifdef TRANSPOSED
	vec b_next[LB];
#else
	vecn b_next[LB];
#endif

#define LOAD(k0) \
	_Pragma("unroll") for (int l = 0; l < LA; l++) { \
		int sy = at_y[l] + tap_y, sx = at_x[l] + tap_x; \
		bool in = tap_y < taps_y && CHANNEL(c) < from && (uint)sy < (uint)src_h && (uint)sx < (uint)src_w; \
		a_next[l] = in ? *(global const vec *)(x + base[l] + (sy * src_w + sx) * src_pixel + CHANNEL(c)) : ZERO; \
		a_next[l] = TERMS(a_next[l]); \
	} \
	LOAD_B(k0) \
	c += BK; \
	while (c >= paired) { \
		c -= paired; \
		if (++tap_x == taps_x) { \
			tap_x = 0; \
			tap_y++; \
		} \
	}

#ifdef TRANSPOSED
#define LOAD_B(k0) \
	_Pragma("unroll") for (int l = 0; l < LB; l++) { \
		int tap = w_first + tap_y * w_row + tap_x * w_col; \
		bool in = column[l] >= 0 && tap_y < taps_y && CHANNEL(c) < from; \
		b_next[l] = in ? *(global const vec *)(w + (tap * of + column[l]) * out + g * from + CHANNEL(c)) : ZERO; \
		b_next[l] = TERMS(b_next[l]); \
	}
#else
#define LOAD_B(k0) \
	_Pragma("unroll") for (int l = 0; l < LB; l++) { \
		int kk = (k0) + kb + l * (NT / (BN / VB)); \
		int at = WITHIN(B_VECTORS) && kk < terms && nb < of ? row_of(kk, from, paired) : -1; \
		b_next[l] = at >= 0 ? *(global const vecn *)(w + at * out) : ZERON; \
		b_next[l] = OPERANDN(b_next[l]); \
	}
#endif

#if VA == 4
#define STORE_A(buf) \
	_Pragma("unroll") for (int l = 0; l < LA; l++) \
		store_across(a_tile[buf] + (tid + l * NT) % (BK / VA) * VA * (BM + PAD) + (tid + l * NT) / (BK / VA), a_next[l], BM + PAD);
#else
#define STORE_A(buf) \
	_Pragma("unroll") for (int l = 0; l < LA; l++) \
		a_tile[buf][(tid + l * NT) % BK * (BM + PAD) + (tid + l * NT) / BK] = a_next[l];
#endif
#if defined(TRANSPOSED) && VA == 4
#define STORE_B(buf) \
	_Pragma("unroll") for (int l = 0; l < LB; l++) \
		if (WITHIN(B_VECTORS)) \
			store_across(b_tile[buf] + (tid + l * NT) % (BK / VA) * VA * (BN + PAD) + (tid + l * NT) / (BK / VA), b_next[l], BN + PAD);
#elif defined(TRANSPOSED)
#define STORE_B(buf) \
	_Pragma("unroll") for (int l = 0; l < LB; l++) \
		if (WITHIN(B_VECTORS)) \
			b_tile[buf][(tid + l * NT) % BK * (BN + PAD) + (tid + l * NT) / BK] = b_next[l];
#else
#define STORE_B(buf) \
	_Pragma("unroll") for (int l = 0; l < LB; l++) \
		if (WITHIN(B_VECTORS)) \
			*(local vecn *)(b_tile[buf] + (kb + l * (NT / (BN / VB))) * (BN + PAD) + tid % (BN / VB) * VB) = b_next[l];
#endif

	LOAD(0)
	STORE_A(0)
	STORE_B(0)
	barrier(CLK_LOCAL_MEM_FENCE);
	int buf = 0;
	for (int k0 = BK; k0 < terms; k0 += BK) {
		LOAD(k0)
		multiply(acc, a_tile[buf], b_tile[buf], ty, tx);
		buf ^= 1;
		STORE_A(buf)
		STORE_B(buf)
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	multiply(acc, a_tile[buf], b_tile[buf], ty, tx);

	global float *y = yp + y_first + first + g * of;
	global const float *addend = addendp + addend_first + first + g * of;
#pragma unroll
	for (int i = 0; i < TM; i++) {
		int m = m0 + ROW(i);
		if (m >= pixels)
			continue;
		int q = m % cols, rest = m / cols, r = rest % rows, image = rest / rows;
		int place = image * image_step + r * row_step + q * pixel_step;
#pragma unroll
		for (int j = 0; j < TN; j += 4) {
			int n = n0 + COLUMN(j);
			float4 v = (float4)(acc[i * TN + j], acc[i * TN + j + 1], acc[i * TN + j + 2], acc[i * TN + j + 3]);
#if VB == 4
			if (n >= of)
				continue;
			if (flags & 2)
				v = ADDED(v, *(global const float4 *)(addend + place + n));
			if (flags & 4)
				v = (float4)(BOUND(v.x), BOUND(v.y), BOUND(v.z), BOUND(v.w));
			*(global float4 *)(y + place + n) = v;
#else
			float e[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
			for (int o = 0; o < 4; o++) {
				if (n + o >= of)
					continue;
				float s = e[o];
				if (flags & 2)
					s = FLUSHED(s + FLUSHED(addend[place + n + o]));
				if (flags & 4)
					s = BOUND(s);
				y[place + n + o] = s;
			}
#endif
		}
	}
}
