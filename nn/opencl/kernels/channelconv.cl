// Convolutions over the channels of images of one pixel, in rows of c, with w, k numbers, in the order of kernel.ChannelConv and its
// gradients: products are rounded before they are added. n counts the numbers of all rows.

kernel void channel_conv(BUF(float, y), BUF(const float, x), BUF(const float, w), int k, int c, int n) {
	FROM(x);
	FROM(w);
	int i = get_global_id(0);
	if (i >= n)
		return;
	int channel = i % c, half_k = k / 2;
	float sum = 0.0f;
	for (int j = max(0, half_k - channel); j < min(k, c + half_k - channel); j++)
		sum += w[j] * x[i + j - half_k];
	y[y_first + i] = sum;
}

// The gradient of x, times scale.
kernel void channel_conv_input(BUF(float, dx), BUF(const float, dy), BUF(const float, w), float scale, int k, int c, int n) {
	FROM(dy);
	FROM(w);
	int i = get_global_id(0);
	if (i >= n)
		return;
	int channel = i % c, half_k = k / 2;
	float sum = 0.0f;
	for (int j = max(0, channel + half_k - c + 1); j < min(k, channel + half_k + 1); j++)
		sum += w[j] * dy[i - j + half_k];
	dx[dx_first + i] = scale * sum;
}

#define ITEMS 256
#define TILE (4 * ITEMS)

// The gradient of w, which is added. A work-group has one number of w, whose terms one work-item must add in their order; the others take
// the products of the next tile meanwhile. A product beyond the ends is 0, which leaves the sum as it is: from 0 on, it is never -0.
kernel void channel_conv_weight(BUF(float, dw), BUF(const float, dy), BUF(const float, x), int k, int c, int n) {
	local float room[2][TILE];
	FROM(dy);
	FROM(x);
	int item = get_local_id(0), shift = (int)get_group_id(0) - k / 2, tiles = (n + TILE - 1) / TILE;
	float sum = 0.0f;
	for (int t = 0; t <= tiles; t++) {
		if (t < tiles) {
			for (int e = item; e < TILE; e += ITEMS) {
				int i = t * TILE + e, from = i % c + shift;
				room[t % 2][e] = i < n && from >= 0 && from < c ? dy[i] * x[i + shift] : 0.0f;
			}
		}
		if (t > 0 && item == 0) {
#pragma unroll 16
			for (int e = 0; e < TILE; e++)
				sum += room[(t - 1) % 2][e];
		}
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	if (item == 0)
		dw[dw_first + get_group_id(0)] += sum;
}
