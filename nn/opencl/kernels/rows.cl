// What looks at every element of n images of a matrix of rows by c channels once, with numbers by channel. Dimension 1 counts images;
// in them len, and c, count vectors V. The numbers of one image are step vectors after those of the image before: 0 where all have the same.

#define PLACE \
	int at = get_global_id(0); \
	if (at >= len) \
		return; \
	int i = get_global_id(1) * len + at; \
	int j = get_global_id(1) * step + at % c;

// y = x*scale + shift.
kernel void affine(BUF(float, y), BUF(const float, x), BUF(const float, scale), BUF(const float, shift), int len, int c, int step) {
	VECTOR(y);
	READ(x);
	READ(scale);
	READ(shift);
	PLACE
	yv[i] = fma(xv[i], scalev[j], shiftv[j]);
}

// y = x*scale + shift, bounded.
kernel void affine_clamp(BUF(float, y), BUF(const float, x), BUF(const float, scale), BUF(const float, shift), float ceiling, int len, int c, int step) {
	VECTOR(y);
	READ(x);
	READ(scale);
	READ(shift);
	PLACE
	yv[i] = clamp_to(fma(xv[i], scalev[j], shiftv[j]), ceiling);
}

// y = x*scale + shift + z.
kernel void affine_add(BUF(float, y), BUF(const float, x), BUF(const float, z), BUF(const float, scale), BUF(const float, shift), int len, int c, int step) {
	VECTOR(y);
	READ(x);
	READ(z);
	READ(scale);
	READ(shift);
	PLACE
	yv[i] = fma(xv[i], scalev[j], shiftv[j]) + zv[i];
}

// y = x*scale + shift + z, bounded.
kernel void affine_add_clamp(BUF(float, y), BUF(const float, x), BUF(const float, z), BUF(const float, scale), BUF(const float, shift), float ceiling,
														 int len, int c, int step) {
	VECTOR(y);
	READ(x);
	READ(z);
	READ(scale);
	READ(shift);
	PLACE
	yv[i] = clamp_to(fma(xv[i], scalev[j], shiftv[j]) + zv[i], ceiling);
}

// y = x*scale.
kernel void scale_rows(BUF(float, y), BUF(const float, x), BUF(const float, scale), int len, int c, int step) {
	VECTOR(y);
	READ(x);
	READ(scale);
	PLACE
	yv[i] = xv[i] * scalev[j];
}

// y = x*scale + z.
kernel void scale_rows_add(BUF(float, y), BUF(const float, x), BUF(const float, z), BUF(const float, scale), int len, int c, int step) {
	VECTOR(y);
	READ(x);
	READ(z);
	READ(scale);
	PLACE
	yv[i] = xv[i] * scalev[j] + zv[i];
}

// y = x*scale + z, bounded.
kernel void scale_rows_add_clamp(BUF(float, y), BUF(const float, x), BUF(const float, z), BUF(const float, scale), float ceiling, int len, int c, int step) {
	VECTOR(y);
	READ(x);
	READ(z);
	READ(scale);
	PLACE
	yv[i] = clamp_to(xv[i] * scalev[j] + zv[i], ceiling);
}

// y = x + row.
kernel void add_row(BUF(float, y), BUF(const float, x), BUF(const float, row), int len, int c, int step) {
	VECTOR(y);
	READ(x);
	READ(row);
	PLACE
	yv[i] = xv[i] + rowv[j];
}

// y = (x - mean)*scale.
kernel void centred_rows(BUF(float, y), BUF(const float, x), BUF(const float, mean), BUF(const float, scale), int len, int c, int step) {
	VECTOR(y);
	READ(x);
	READ(mean);
	READ(scale);
	PLACE
	yv[i] = (xv[i] - meanv[j]) * scalev[j];
}

// y = row*factor in every row: the gradient of a mean.
kernel void spread_rows(BUF(float, y), BUF(const float, row), float factor, int len, int c, int step) {
	VECTOR(y);
	READ(row);
	PLACE
	yv[i] = rowv[j] * factor;
}

// dx = gain*dy + (slope*x + offset); dx may be dy.
kernel void norm_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, x), BUF(const float, gain), BUF(const float, slope), BUF(const float, offset),
													int len, int c, int step) {
	VECTOR(dx);
	READ(dy);
	READ(x);
	READ(gain);
	READ(slope);
	READ(offset);
	PLACE
	dxv[i] = fma(dyv[i], gainv[j], fma(xv[i], slopev[j], offsetv[j]));
}

// dx = gain*d + (slope*x + offset), d being dy where x*scale + shift is within the bounds; dx may be dy.
kernel void norm_backward_affine(BUF(float, dx), BUF(const float, dy), BUF(const float, x), BUF(const float, gain), BUF(const float, slope),
																 BUF(const float, offset), BUF(const float, scale), BUF(const float, shift), float ceiling, int len, int c, int step) {
	VECTOR(dx);
	READ(dy);
	READ(x);
	READ(gain);
	READ(slope);
	READ(offset);
	READ(scale);
	READ(shift);
	PLACE
	V v = xv[i];
	V d = keep(dyv[i], fma(v, scalev[j], shiftv[j]), ceiling);
	dxv[i] = fma(d, gainv[j], fma(v, slopev[j], offsetv[j]));
}
