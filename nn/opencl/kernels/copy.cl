// y[i] = a·x[i].
kernel void scale(global float *yp, long y0, global const float *xp, long x0, float a, int n) {
	global float *y = AT(yp, y0);
	global const float *x = AT(xp, x0);
	int i = get_global_id(0);
	if (i < n)
		y[i] = a * x[i];
}
