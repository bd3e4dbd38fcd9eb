// What looks at every element once. n counts vectors V.


// y = a + b; y may be a or b.
kernel void sum(BUF(float, y), BUF(const float, a), BUF(const float, b), int n) {
	VECTOR(y);
	READ(a);
	READ(b);
	int i = get_global_id(0);
	if (i < n)
		yv[i] = av[i] + bv[i];
}

// y = x, bounded by 0 and the ceiling; y may be x.
kernel void clamp_values(BUF(float, y), BUF(const float, x), float ceiling, int n) {
	VECTOR(y);
	READ(x);
	int i = get_global_id(0);
	if (i < n)
		yv[i] = clamp_to(xv[i], ceiling);
}

// dx = dy where 0 < y < ceiling, else 0; dx may be dy.
kernel void clamp_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, y), float ceiling, int n) {
	VECTOR(dx);
	READ(dy);
	READ(y);
	int i = get_global_id(0);
	if (i < n)
		dxv[i] = keep(dyv[i], yv[i], ceiling);
}

// y = x where that is positive, else slope*x; y may be x.
kernel void leaky(BUF(float, y), BUF(const float, x), float slope, int n) {
	VECTOR(y);
	READ(x);
	int i = get_global_id(0);
	if (i < n)
		yv[i] = select(xv[i], xv[i] * slope, xv[i] <= (V)0.0f);
}

// dx = dy where y is positive, else slope*dy; dx may be dy.
kernel void leaky_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, y), float slope, int n) {
	VECTOR(dx);
	READ(dy);
	READ(y);
	int i = get_global_id(0);
	if (i < n)
		dxv[i] = select(dyv[i], dyv[i] * slope, yv[i] <= (V)0.0f);
}

// dx = dy where y is positive, else (y + alpha)*dy; dx may be dy.
kernel void elu_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, y), float alpha, int n) {
	VECTOR(dx);
	READ(dy);
	READ(y);
	int i = get_global_id(0);
	if (i < n)
		dxv[i] = select(dyv[i], dyv[i] * (yv[i] + alpha), yv[i] <= (V)0.0f);
}

// dx = dy*y*(1 - y), y being a sigmoid; dx may be dy.
kernel void sigmoid_backward(BUF(float, dx), BUF(const float, dy), BUF(const float, y), int n) {
	VECTOR(dx);
	READ(dy);
	READ(y);
	int i = get_global_id(0);
	if (i < n)
		dxv[i] = dyv[i] * yv[i] * (1.0f - yv[i]);
}

// y = a*b; y may be a or b.
kernel void product_values(BUF(float, y), BUF(const float, a), BUF(const float, b), int n) {
	VECTOR(y);
	READ(a);
	READ(b);
	int i = get_global_id(0);
	if (i < n)
		yv[i] = av[i] * bv[i];
}

// y = v.
kernel void fill(BUF(float, y), float v, int n) {
	VECTOR(y);
	int i = get_global_id(0);
	if (i < n)
		yv[i] = v;
}

// SGD with momentum and weight decay: kernel.SGD. Nothing moves where stop, one number, is not 0.
kernel void sgd(BUF(float, w), BUF(const float, g), BUF(float, velocity), BUF(const int, stop), float lr, float momentum, float decay, int nesterov, int n) {
	VECTOR(w);
	READ(g);
	VECTOR(velocity);
	int i = get_global_id(0);
	if (i >= n || stop[stop_first])
		return;
	V p = wv[i];
	V d = fma(p, (V)decay, gv[i]);
	V v = fma(velocityv[i], (V)momentum, d);
	velocityv[i] = v;
	if (nesterov)
		v = fma(v, (V)momentum, d);
	wv[i] = fma(-v, (V)lr, p);
}

// found becomes the least id of the calls in which an element of x was NaN or infinite.
kernel void first_not_finite(BUF(const float, x), BUF(int, found), int id, int n) {
	READ(x);
	int i = get_global_id(0);
	if (i < n) {
		V v = xv[i] - xv[i]; // 0 where finite
#if W == 4
		if (any(v != v))
#else
		if (v != v)
#endif
			atomic_min(found + found_first, id);
	}
}
