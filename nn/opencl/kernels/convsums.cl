// What follows the products of the gradient of a convolution's weights: their sums.

// to[part] = the sum of a part's sums, in their order from 0: a part's are sums[parts[part]] to sums[parts[part+1] - 1].
kernel void conv_weight_parts(global float *top, long to_first, global const float *sumsp, long sums_first, global const int *partsp, long parts_first, int weights) {
	int i = get_global_id(0), part = get_global_id(1);
	if (i >= weights)
		return;
	int lo = partsp[parts_first + part], hi = partsp[parts_first + part + 1], first = partsp[parts_first];
	global const float *s = sumsp + sums_first + i;
	float t = 0.0f;
	for (int p = lo - first; p < hi - first; p++)
		t = FLUSHED(t + s[(long)p * weights]);
	top[to_first + (long)part * weights + i] = t;
}

// dw = dw + the sum of each part, in their order.
kernel void conv_weight_sum(global float *dwp, long dw_first, global const float *partsp, long parts_first, int parts, int weights) {
	int i = get_global_id(0);
	if (i >= weights)
		return;
	float t = dwp[dw_first + i];
	for (int p = 0; p < parts; p++)
		t += partsp[parts_first + (long)p * weights + i];
	dwp[dw_first + i] = t;
}
