// The gradient of a convolution's weights, one product after the other: a product sums over the pixels of some images and rows, and writes
// its sums, one for each weight, to a place of its own. A row is a tap and a channel of the input, a column a channel of the output, and a
// term a pixel of the output.

#include "tile.cl"

#define A_VECTORS (BM * BK / VA)
#define B_VECTORS (BN * BK / VB)
#define LA READS(A_VECTORS)
#define LB READS(B_VECTORS)

// products are, of each product, the first image, the number of images, the first row and the number of rows, negative where images follow
// each other before pixels do. sums are (products, weights), from the product first_product on.
__attribute__((reqd_work_group_size(NT, 1, 1)))
kernel void conv_weight(global float *sumsp, long sums_first, global const float *xp, long x_first, global const float *dyp, long dy_first, global const int *productsp,
						long products_first, int first_product, int h, int w, int channels, int side, int stride, int pad, int out_h, int out_w, int in, int of, int out, int tiles_n) {
	local float a_tile[2][BK * (BM + PAD)] __attribute__((aligned(16)));
	local float b_tile[2][BK * (BN + PAD)] __attribute__((aligned(16)));
	local int4 info[2][BK]; // of the pixels: the image's place in x, the window's first row and column, and the place in dy, negative after the last
	const int tid = get_local_id(0), tx = TX, ty = TY, g = get_group_id(2);
	const int n0 = (get_group_id(0) % tiles_n) * BN, m0 = (get_group_id(0) / tiles_n) * BM, rows = side * side * in;
	global const int *p = productsp + products_first + 4 * (first_product + get_group_id(1));
	const int image0 = p[0], images = p[1], top = p[2], height = abs(p[3]);
	const int paired = PAIRED(images), terms = paired * height * out_w; // in bfloat16, pairs are of images
	global const float *x = xp + x_first;
	global const float *dy = dyp + dy_first + g * of;

#ifdef BFLOAT
#define BY_IMAGE true
#else
#define BY_IMAGE (p[3] < 0)
#endif
#define INFO(k0, into) \
	if (tid < BK) { \
		int t = (k0) + tid, image, r, q; \
		if (BY_IMAGE) { \
			image = TERM(t % paired); \
			q = t / paired % out_w; \
			r = t / paired / out_w; \
		} else { \
			q = t % out_w; \
			r = t / out_w % height; \
			image = t / out_w / height; \
		} \
		bool there = t < terms && image < images; \
		image += image0; \
		r += top; \
		info[into][tid] = (int4)(image * h * w * channels, r * stride - pad, q * stride - pad, there ? ((image * out_h + r) * out_w + q) * out : -1); \
	}

	// The row that this work-item reads is the same for all terms.
	const int m = m0 + tid % (BM / VA) * VA, ka = tid / (BM / VA), kb = tid / (BN / VB), nb = n0 + tid % (BN / VB) * VB;
	const int c = m % in, tap_x = m / in % side, tap_y = m / in / side;
	x += g * in + c;
	dy += nb;

	float acc[TM * TN];
#pragma unroll
	for (int i = 0; i < TM * TN; i++)
		acc[i] = 0.0f;
	vec a_next[LA];
	vecn b_next[LB];

#define LOAD(from) \
	_Pragma("unroll") for (int l = 0; l < LA; l++) { \
		int4 e = info[from][min(ka + l * (NT / (BM / VA)), BK - 1)]; \
		int sy = e.y + tap_y, sx = e.z + tap_x; \
		bool there = m < rows && e.w >= 0 && (uint)sy < (uint)h && (uint)sx < (uint)w; \
		a_next[l] = there ? *(global const vec *)(x + e.x + (sy * w + sx) * channels) : ZERO; \
		a_next[l] = OPERAND(a_next[l]); \
	} \
	_Pragma("unroll") for (int l = 0; l < LB; l++) { \
		int e = info[from][min(kb + l * (NT / (BN / VB)), BK - 1)].w; \
		b_next[l] = e >= 0 && nb < of ? *(global const vecn *)(dy + e) : ZERON; \
		b_next[l] = OPERANDN(b_next[l]); \
	}
#define STORE(buf) \
	_Pragma("unroll") for (int l = 0; l < LA; l++) \
		if (WITHIN(A_VECTORS)) \
			*(local vec *)(a_tile[buf] + (ka + l * (NT / (BM / VA))) * (BM + PAD) + tid % (BM / VA) * VA) = a_next[l]; \
	_Pragma("unroll") for (int l = 0; l < LB; l++) \
		if (WITHIN(B_VECTORS)) \
			*(local vecn *)(b_tile[buf] + (kb + l * (NT / (BN / VB))) * (BN + PAD) + tid % (BN / VB) * VB) = b_next[l];

	INFO(0, 0)
	INFO(BK, 1)
	barrier(CLK_LOCAL_MEM_FENCE);
	LOAD(0)
	STORE(0)
	barrier(CLK_LOCAL_MEM_FENCE);
	int buf = 0;
	for (int k0 = BK; k0 < terms; k0 += BK) {
		LOAD(buf ^ 1)
		INFO(k0 + BK, buf)
		multiply(acc, a_tile[buf], b_tile[buf], ty, tx);
		buf ^= 1;
		STORE(buf)
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	multiply(acc, a_tile[buf], b_tile[buf], ty, tx);

	global float *sums = sumsp + sums_first + (long)get_group_id(1) * rows * out + g * of;
#pragma unroll
	for (int i = 0; i < TM; i++) {
		int row = m0 + ROW(i);
		if (row >= rows)
			continue;
#pragma unroll
		for (int j = 0; j < TN; j += 4) {
			int n = n0 + COLUMN(j);
#if VB == 4
			if (n < of)
				*(global float4 *)(sums + row * out + n) = (float4)(acc[i * TN + j], acc[i * TN + j + 1], acc[i * TN + j + 2], acc[i * TN + j + 3]);
#else
#pragma unroll
			for (int o = 0; o < 4; o++) {
				if (n + o < of)
					sums[row * out + n + o] = acc[i * TN + j + o];
			}
#endif
		}
	}
}
