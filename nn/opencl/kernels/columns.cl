// Columns of matrices of rows: a work-item has one number.

// dst, in rows of `to` floats from column `at` on, becomes the c columns of src, in rows of `from` floats from column `first` on.
kernel void copy_columns(BUF(float, dst), BUF(const float, src), int to, int at, int from, int first, int c, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	int r = i / c, j = i % c;
	dst[dst_first + (long)r * to + at + j] = src[src_first + (long)r * from + first + j];
}

// y = a0 b0 a1 b1 ...; n counts the numbers of y, c those of a row of a.
kernel void interleave(BUF(float, y), BUF(const float, a), BUF(const float, b), int row_a, int row_b, int c, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	int r = i / (2 * c), j = i % (2 * c);
	y[y_first + i] = j % 2 ? b[b_first + (long)r * row_b + j / 2] : a[a_first + (long)r * row_a + j / 2];
}

// The reverse: column 2j + which of y to column j of a; n counts the numbers of a.
kernel void deinterleave(BUF(float, a), BUF(const float, y), int row_a, int which, int c, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	int r = i / c, j = i % c;
	a[a_first + (long)r * row_a + j] = y[y_first + (long)r * 2 * c + 2 * j + which];
}
