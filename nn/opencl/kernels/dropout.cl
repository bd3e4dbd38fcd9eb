// The random numbers of package stream: PCG-DXSM, a linear congruential generator modulo 2^128 whose state is scrambled.
//
// References:
//   O'Neill: PCG: A family of simple fast space-efficient statistically good algorithms for random number generation (2014).
//   Brown: Random number generation with arbitrary strides (1994), for the jumps.

typedef struct {
	ulong hi, lo;
} Wide;

Wide times(Wide a, Wide b) {
	Wide p = {mul_hi(a.lo, b.lo) + a.hi * b.lo + a.lo * b.hi, a.lo * b.lo};
	return p;
}

Wide plus(Wide a, Wide b) {
	Wide s = {a.hi + b.hi, a.lo + b.lo};
	s.hi += s.lo < a.lo;
	return s;
}

#define RUN 16

// mask is 0 with probability p, else kept: kernel.Dropout's for images of len numbers, whose streams begin with the states given, two words each.
// Dimension 1 counts images, and a work-item has RUN numbers.
kernel void dropout_mask(BUF(float, mask), BUF(const ulong, states), double p, float kept, int len) {
	int from = get_global_id(0) * RUN, image = get_global_id(1);
	if (from >= len)
		return;
	global const ulong *seed = (global const ulong *)((global const float *)states + states_first) + 2 * image;
	Wide s = {seed[0], seed[1]};
	Wide a = {2549297995355413924UL, 4865540595714422341UL}, c = {6364136223846793005UL, 1442695040888963407UL};
	Wide step = a, add = c; // of one step; below of 1, 2, 4 ... steps
	for (int n = from; n > 0; n >>= 1) {
		if (n & 1)
			s = plus(times(s, step), add);
		add = plus(times(add, step), add);
		step = times(step, step);
	}
	mask += mask_first + (long)image * len;
	for (int i = from; i < min(from + RUN, len); i++) {
		s = plus(times(s, a), c);
		ulong v = s.hi;
		v ^= v >> 32;
		v *= 0xda942042e4dd58b5UL;
		v ^= v >> 48;
		v *= s.lo | 1;
		mask[i] = (double)(v >> 11) * 0x1p-53 < p ? 0.0f : kept;
	}
}
