// Softmax cross-entropy and what else needs the exponential function.

// y = 1/(1 + exp(-x)); y may be x.
kernel void sigmoid(BUF(float, y), BUF(const float, x), int n) {
	int i = get_global_id(0);
	if (i < n)
		y[y_first + i] = (float)sigmoid_of((double)x[x_first + i]);
}

// y = x where that is positive, else alpha*(exp(x) - 1); y may be x.
kernel void elu(BUF(float, y), BUF(const float, x), float alpha, int n) {
	int i = get_global_id(0);
	if (i >= n)
		return;
	float v = x[x_first + i];
	if (v <= 0.0f)
		v = alpha * (float)expm1_of((double)v);
	y[y_first + i] = v;
}

// scalar 0 = sigmoid(w), or the constant where there is no w.
kernel void set_lambda(BUF(double, scalars), BUF(const float, w), int has_w, double constant_lambda) {
	*AT64(scalars, scalars_first) = has_w ? sigmoid_of((double)w[w_first]) : constant_lambda;
}

#define ITEMS 128

// add_in_order adds the count terms of room to *sum one after the other.
void add_in_order(local double *sum, local const double *room, int count) {
	barrier(CLK_LOCAL_MEM_FENCE);
	if (get_local_id(0) == 0) {
		double s = *sum;
#pragma unroll 8
		for (int i = 0; i < count; i++)
			s += room[i];
		*sum = s;
	}
	barrier(CLK_LOCAL_MEM_FENCE);
}

// The loss, the rank of the label and, where has_grad, the gradient times scale of an image, a row of c logits: kernel.SoftmaxCrossEntropy, RankOf.
// Then, too, stop becomes 1 where the loss is not finite. A work-group of ITEMS has a row.
kernel void softmax_cross_entropy(BUF(double, losses), BUF(int, ranks), BUF(float, grad), BUF(int, stop), BUF(const float, logits), BUF(const int, labels),
																	int has_grad, float smoothing, float scale, int c) {
	local double room[ITEMS], sum, loss;
	local int rank, undefined;
	int item = get_local_id(0), row = get_group_id(0), label = labels[labels_first + row];
	logits += logits_first + (long)row * c;
	grad += grad_first + (long)row * c;
	if (item == 0) {
		sum = 0.0;
		loss = 0.0;
		rank = 0;
		undefined = 0;
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	float mine = logits[label];
	double top = -INFINITY;
	int before = 0;
	for (int j = item; j < c; j += ITEMS) {
		float v = logits[j];
		if (v != v)
			undefined = 1;
		top = v > top ? v : top;
		before += j != label && !(v < mine);
	}
	atomic_add(&rank, before);
	room[item] = top;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int i = 0; i < ITEMS; i++)
		top = max(top, room[i]);
	if (undefined)
		top = NAN;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int base = 0; base < c; base += ITEMS) {
		int j = base + item;
		if (j < c)
			room[item] = exp_of((double)logits[j] - top);
		add_in_order(&sum, room, min(ITEMS, c - base));
	}
	double log_sum = log_of(sum) + top, off = (double)smoothing / (double)c;
	for (int base = 0; base < c; base += ITEMS) {
		int j = base + item;
		if (j < c) {
			double v = logits[j], target = off;
			if (j == label)
				target += 1.0 - (double)smoothing;
			room[item] = target != 0.0 ? target * (log_sum - v) : 0.0;
			if (has_grad)
				grad[j] = scale * (float)(exp_of(v - log_sum) - target);
		}
		add_in_order(&loss, room, min(ITEMS, c - base));
	}
	if (item > 0)
		return;
	AT64(losses, losses_first)[row] = loss;
	ranks[ranks_first + row] = rank;
	if (has_grad && !isfinite(loss))
		stop[stop_first] = 1;
}
