// Sums over rows by channel, in the order of kernel/sweeps.go. A work-group takes one part of the rows and up to 64 columns. Of narrow
// matrices, 64/c rows stand side by side, each in columns of its own, whose sums are added in the order of the rows.
//
// Dimension 1 counts parts: segments of size rows, the last one of each image of pixels rows shorter.

#define COLUMNS 64

typedef struct {
	long first;             // of the rows
	int rows;
	int channel, row, step; // this work-item's first row, counted in the part, and how many rows it goes on
	int fold;               // rows that stand side by side
	bool writes;            // the sum of its channel
} Column;

// column_of is what a work-item sums. One that has nothing to do begins after the last row of channel 0.
Column column_of(int pixels, int size, int c) {
	Column o;
	int per = (pixels + size - 1) / size, part = get_group_id(1), segment = part % per, item = get_local_id(0);
	o.first = (long)(part / per) * pixels + segment * size;
	o.rows = min(size, pixels - segment * size);
	o.fold = max(1, COLUMNS / c);
	if (o.rows < o.fold)
		o.fold = 1;
	int channel = o.fold > 1 ? item : get_group_id(0) * COLUMNS + item;
	bool some = channel < o.fold * c;
	o.channel = some ? channel % c : 0;
	o.row = some ? channel / c : o.rows;
	o.step = o.fold;
	o.writes = some && o.row == 0;
	return o;
}

// unfold returns to the work-items that write the sum of all rows that stand side by side.
float unfold(float sum, Column o, int c, local float *room) {
	int item = get_local_id(0);
	barrier(CLK_LOCAL_MEM_FENCE);
	room[item] = sum;
	barrier(CLK_LOCAL_MEM_FENCE);
	int rows = o.writes ? o.fold : 1;
	for (int r = 1; r < rows; r++)
		sum += room[r * c + item];
	return sum;
}

// OVER_ROWS goes over the rows of a work-item: LOAD reads what is at i to places k of arrays, and ADD takes it from there, in the order of the rows.
// Many are read before the first is added, so that they are on their way together.
#define AHEAD 16
#define OVER_ROWS(LOAD, ADD) \
	for (int r = o.row; r < o.rows; r += AHEAD * o.step) { \
		_Pragma("unroll") for (int k = 0; k < AHEAD; k++) if (r + k * o.step < o.rows) { \
			long i = at + (long)(r + k * o.step) * c; \
			LOAD; \
		} \
		_Pragma("unroll") for (int k = 0; k < AHEAD; k++) if (r + k * o.step < o.rows) { \
			long i = at + (long)(r + k * o.step) * c; \
			ADD; \
		} \
	}

// mean_of is the mean of a column, measured from the first row, in every work-item.
float mean_of(global const float *x, Column o, int c, local float *room) {
	long at = o.first * c + o.channel;
	float u[AHEAD], sum = 0.0f, origin = x[at];
	OVER_ROWS(u[k] = x[i], sum += u[k] - origin)
	sum = unfold(sum, o, c, room);
	float mean = origin + sum * (float)(1.0 / (double)o.rows);
	barrier(CLK_LOCAL_MEM_FENCE);
	room[get_local_id(0)] = mean;
	barrier(CLK_LOCAL_MEM_FENCE);
	return room[o.fold > 1 ? o.channel : (int)get_local_id(0)];
}

// Mean and sum of squared deviations of a part: kernel.Moments. parts is (parts, 2, c).
kernel void moments(BUF(float, parts), BUF(const float, x), int pixels, int size, int c) {
	local float room[COLUMNS];
	FROM(parts);
	FROM(x);
	Column o = column_of(pixels, size, c);
	float mean = mean_of(x, o, c, room), u[AHEAD], sum = 0.0f;
	long at = o.first * c + o.channel;
	OVER_ROWS(u[k] = x[i] - mean, sum = fma(u[k], u[k], sum))
	sum = unfold(sum, o, c, room);
	if (o.writes) {
		parts += (long)get_group_id(1) * 2 * c + o.channel;
		parts[0] = mean;
		parts[c] = sum;
	}
}

// The mean of a part alone. Those of a part are mean_step after those of the part before.
kernel void part_means(BUF(float, means), BUF(const float, x), int mean_step, int pixels, int size, int c) {
	local float room[COLUMNS];
	FROM(means);
	FROM(x);
	Column o = column_of(pixels, size, c);
	float mean = mean_of(x, o, c, room);
	if (o.writes)
		means[(long)get_group_id(1) * mean_step + o.channel] = mean;
}

// The sum of each column of a part, added to start where that is not negative (its first row, for all parts) and times factor: kernel.SumRows, kernel.MeanRows.
// sums is (parts, c) and may hold what is added to.
kernel void sum_rows(BUF(float, sums), BUF(const float, x), int add, float factor, int pixels, int size, int c) {
	local float room[COLUMNS];
	FROM(sums);
	FROM(x);
	Column o = column_of(pixels, size, c);
	global float *to = sums + (long)get_group_id(1) * c + o.channel;
	float u[AHEAD], sum = 0.0f;
	if (add && o.writes)
		sum = *to;
	long at = o.first * c + o.channel;
	OVER_ROWS(u[k] = x[i], sum += u[k])
	sum = unfold(sum, o, c, room);
	if (o.writes)
		*to = sum * factor;
}

// The inner product of each column of a and b in a part: kernel.DotRows. sums is (parts, c) and may hold what is added to.
kernel void dot_rows(BUF(float, sums), BUF(const float, a), BUF(const float, b), int add, int pixels, int size, int c) {
	local float room[COLUMNS];
	FROM(sums);
	FROM(a);
	FROM(b);
	Column o = column_of(pixels, size, c);
	global float *to = sums + (long)get_group_id(1) * c + o.channel;
	float u[AHEAD], v[AHEAD], sum = 0.0f;
	if (add && o.writes)
		sum = *to;
	long at = o.first * c + o.channel;
	OVER_ROWS((u[k] = a[i], v[k] = b[i]), sum = fma(u[k], v[k], sum))
	sum = unfold(sum, o, c, room);
	if (o.writes)
		*to = sum;
}

// NORM_SUMS is a kernel of which GRADIENT makes of the gradient d[k], where x is u[k], that which counts.
#define NORM_SUMS(LOAD, GRADIENT) \
	local float room[COLUMNS]; \
	FROM(parts); \
	FROM(dy); \
	FROM(x); \
	FROM(mean); \
	Column o = column_of(pixels, size, c); \
	float u[AHEAD], d[AHEAD], s = 0.0f, t = 0.0f, m = mean[o.channel]; \
	long at = o.first * c + o.channel; \
	OVER_ROWS((u[k] = x[i], d[k] = dy[i], LOAD), GRADIENT; s += d[k]; t = fma(d[k], u[k] - m, t)) \
	s = unfold(s, o, c, room); \
	t = unfold(t, o, c, room); \
	if (o.writes) { \
		parts += (long)get_group_id(1) * 2 * c + o.channel; \
		parts[0] = s; \
		parts[c] = t; \
	}

// The sums of dy and of dy*(x - mean) of a part: kernel.NormSums. parts is (parts, 2, c).
kernel void norm_sums(BUF(float, parts), BUF(const float, dy), BUF(const float, x), BUF(const float, mean), int pixels, int size, int c) {
	NORM_SUMS(0, )
}

// The same where a Clamp follows the normalisation: kernel.NormSumsAffine.
kernel void norm_sums_affine(BUF(float, parts), BUF(const float, dy), BUF(const float, x), BUF(const float, mean), BUF(const float, scale),
														 BUF(const float, shift), float ceiling, int pixels, int size, int c) {
	FROM(scale);
	FROM(shift);
	NORM_SUMS(0, d[k] = keep1(d[k], fma(u[k], scale[o.channel], shift[o.channel]), ceiling))
}

// y += the count parts in their order, each of n numbers: kernel.Reduce.
kernel void reduce(BUF(float, y), BUF(const float, parts), int count, int n) {
	FROM(y);
	FROM(parts);
	int i = get_global_id(0);
	if (i >= n)
		return;
	float sum = y[i];
#pragma unroll 8
	for (int p = 0; p < count; p++)
		sum += parts[(long)p * n + i];
	y[i] = sum;
}

// q = the sum of count parts of each image in their order, from 0. Dimension 1 counts images.
kernel void reduce_images(BUF(float, q), BUF(const float, parts), int count, int n) {
	FROM(q);
	FROM(parts);
	int i = get_global_id(0);
	if (i >= n)
		return;
	parts += (long)get_global_id(1) * count * n;
	float sum = 0.0f;
#pragma unroll 8
	for (int p = 0; p < count; p++)
		sum += parts[(long)p * n + i];
	q[(long)get_global_id(1) * n + i] = sum;
}
