// Products of small matrices, as those of images of one pixel, in the order of kernel.Gemm: the terms of an element are added one after the
// other, each fused with its product, in blocks of up to BLOCK_K, whose sums are added in their order.

#define BLOCK_K 344
#define TILE 16
#define SLAB 32

// C = alpha*A*B (+ C with add), m rows and n columns, with a bias for each column after it where has_bias, bounded below by 0 where clamped.
// A[i, l] is at i*row_a + l*step_a, B[l, j] at l*row_b + j*step_b, C[i, j] at i*n + j. alpha multiplies B; where has_scale, scale, one number
// in float64, takes its place. With BFLOAT, it is kernel.BFloatGemm. A work-group of TILE x TILE computes a tile.
kernel void product(BUF(float, y), BUF(const float, a), BUF(const float, b), BUF(const float, bias), BUF(const double, scale), float alpha, int has_bias,
										int has_scale, int add, int clamped, int m, int n, int k, int row_a, int step_a, int row_b, int step_b) {
	local float ta[TILE][SLAB + 1], tb[SLAB][TILE + 1];
	FROM(a);
	FROM(b);
	if (has_scale)
		alpha = (float)*AT64(scale, scale_first);
	int li = get_local_id(1), lj = get_local_id(0), item = li * TILE + lj;
	int i0 = get_group_id(1) * TILE, j0 = get_group_id(0) * TILE, i = i0 + li, j = j0 + lj;
	bool inside = i < m && j < n;
	float sum = 0.0f;
	if (add && inside)
		sum = y[y_first + (long)i * n + j];
	int pair = PAIRED(1), units = PAIRED(k) / pair, most = BLOCK_K / pair, blocks = (units + most - 1) / most;
	for (int block = 0; block < blocks; block++) {
		int lo = pair * (int)((long)block * units / blocks), hi = pair * (int)((long)(block + 1) * units / blocks);
		float s = 0.0f;
		for (int l0 = lo; l0 < hi; l0 += SLAB) {
			barrier(CLK_LOCAL_MEM_FENCE);
			for (int e = item; e < TILE * SLAB; e += TILE * TILE) {
				int r = step_a == 1 ? e / SLAB : e % TILE, l = step_a == 1 ? e % SLAB : e / TILE;
				int term = TERM(l0 + l);
				ta[r][l] = i0 + r < m && term < min(k, hi) ? ROUNDED(a[(long)(i0 + r) * row_a + (long)term * step_a]) : 0.0f;
				r = step_b == 1 ? e % TILE : e / SLAB;
				l = step_b == 1 ? e / TILE : e % SLAB;
				term = TERM(l0 + l);
				tb[l][r] = j0 + r < n && term < min(k, hi) ? ROUNDED(b[(long)term * row_b + (long)(j0 + r) * step_b] * alpha) : 0.0f;
			}
			barrier(CLK_LOCAL_MEM_FENCE);
			int end = min(SLAB, hi - l0);
			if (end == SLAB) {
#pragma unroll
				for (int l = 0; l < SLAB; l++)
					s = FMA(ta[li][l], tb[l][lj], s);
			} else {
				for (int l = 0; l < end; l++)
					s = FMA(ta[li][l], tb[l][lj], s);
			}
		}
		sum = block == 0 && !add ? s : FLUSHED(FLUSHED(sum) + s);
	}
	if (!inside)
		return;
	if (has_bias)
		sum += bias[bias_first + j];
	if (clamped && sum < 0.0f)
		sum = 0.0f;
	y[y_first + (long)i * n + j] = sum;
}
