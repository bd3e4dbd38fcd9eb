// What every file of kernels begins with. A buffer of the host is two arguments, the memory and the place of its first entry, and AT makes
// one pointer of them.
#pragma OPENCL FP_CONTRACT OFF
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

#define AT(p, first) ((p) + (first))

// BUF(float, x) is the two arguments of a buffer, and FROM(x) makes x point to its first entry.
#define BUF(type, x) global type *x, long x##_first
#define FROM(x) x += x##_first

// AT64 is AT for numbers of 8 bytes: a place counts entries of 4.
#define AT64(p, first) ((global double *)((global float *)(p) + (first)))
#define FROM64(x) x = AT64(x, x##_first)

// A V is W floats: 4 where rows, columns and places are multiples of 4, else 1.
#ifndef W
#define W 1
#endif
#if W == 4
typedef float4 V;
#else
typedef float V;
#endif
#define VECTOR(x) global V *x##v = (global V *)(x + x##_first)
#define READ(x) const global V *x##v = (const global V *)(x + x##_first)

// clamp_to bounds v by 0 and the ceiling; NaN stays NaN and -0 stays -0. keep is its gradient: d where 0 < y < ceiling or y is NaN, else 0.
V clamp_to(V v, float ceiling) {
	v = select(v, (V)0.0f, v < (V)0.0f);
	return select(v, (V)ceiling, v > (V)ceiling);
}

V keep(V d, V y, float ceiling) { return select(d, (V)0.0f, (y <= (V)0.0f) | (y >= (V)ceiling)); }

float keep1(float d, float y, float ceiling) { return y <= 0.0f || y >= ceiling ? 0.0f : d; }

// Products in bfloat16, see package kernel: operands are rounded, and denormals count as 0 and come out as 0.

float flushed(float x) { return fabs(x) < FLT_MIN ? copysign(0.0f, x) : x; }

// round_bfloat rounds to nearest even; NaN stays NaN.
float round_bfloat(float x) {
	uint u = as_uint(x), rounded = (u + 0x7fff + (u >> 16 & 1)) & 0xffff0000;
	if ((u & 0x7f800000) == 0)
		rounded = u & 0x80000000;
	return as_float(x != x ? (u & 0xffff0000) | 1 << 22 : rounded);
}

// fma_flushed is a*b + s, rounded once. A result counts as denormal if it is so after rounding to 24 bits: one of FLT_MIN may have been rounded up
// from less.
float fma_flushed(float a, float b, float s) {
	float r = fma(a, b, s);
	if (fabs(r) > FLT_MIN || r != r)
		return r;
	double least = copysign(0x1p-126 - 0x1p-151, (double)r), beyond = fma((double)a, (double)b, (double)s - least);
	return fabs(r) == FLT_MIN && (r > 0.0f ? beyond >= 0.0 : beyond <= 0.0) ? r : copysign(0.0f, r);
}

// BFLOAT is defined where a product is in bfloat16. Its terms come in pairs, of which the second is added first: TERM is where the term i of a sum
// is read. PAIRED is the number of terms with that which fills the last pair.
#ifdef BFLOAT
#define FMA fma_flushed
#define FLUSHED(x) flushed(x)
#define ROUNDED(x) round_bfloat(x)
#define TERM(i) ((i) ^ 1)
#define PAIRED(n) (((n) + 1) & ~1)
#else
#define FMA fma
#define FLUSHED(x) (x)
#define ROUNDED(x) (x)
#define TERM(i) (i)
#define PAIRED(n) (n)
#endif

// The functions of package elementary, in the order of its operations.

#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW 0x1.a39ef35793c76p-33

// reduced returns s = exp(r) - 1 and sets n with exp(x) = 2^n*(1 + s), r = x - n ln 2.
double reduced(double x, double *n) {
	*n = floor(x * 0x1.71547652b82fep+0 + 0.5);
	double r = (x - *n * LN2_HIGH) - *n * LN2_LOW;
	double p = 1.0 / 6227020800.0 * r + 1.0 / 479001600.0;
	p = p * r + 1.0 / 39916800.0;
	p = p * r + 1.0 / 3628800.0;
	p = p * r + 1.0 / 362880.0;
	p = p * r + 1.0 / 40320.0;
	p = p * r + 1.0 / 5040.0;
	p = p * r + 1.0 / 720.0;
	p = p * r + 1.0 / 120.0;
	p = p * r + 1.0 / 24.0;
	p = p * r + 1.0 / 6.0;
	p = p * r + 0.5;
	return r + (r * r) * p;
}

// scaled_by returns x*2^k in two steps.
double scaled_by(double x, int k) {
	int half_k = k >> 1;
	x *= as_double((ulong)(1023 + half_k) << 52);
	return x * as_double((ulong)(1023 + k - half_k) << 52);
}

double exp_of(double x) {
	if (x != x)
		return x;
	if (x > 0x1.62e42fefa39efp+9)
		return INFINITY;
	if (x < -745.2)
		return 0.0;
	double n, s = reduced(x, &n);
	return scaled_by(1.0 + s, (int)n);
}

double expm1_of(double x) {
	if (x != x || x == 0.0)
		return x;
	if (x > 40.0)
		return exp_of(x);
	if (x < -40.0)
		return -1.0;
	double n, s = reduced(x, &n), power = scaled_by(1.0, (int)n);
	return power * s + (power - 1.0);
}

double sigmoid_of(double x) { return 1.0 / (1.0 + exp_of(-x)); }

double log_of(double x) {
	if (x != x || x > DBL_MAX)
		return x;
	if (x < 0.0)
		return NAN;
	if (x == 0.0)
		return -INFINITY;
	int k = -1023;
	if (x < 0x1p-1022) {
		x *= 0x1p54;
		k -= 54;
	}
	ulong bits = as_ulong(x);
	k += (int)(bits >> 52);
	double m = as_double((bits & 0xfffffffffffffUL) | 1023UL << 52);
	if (m >= 0x1.6a09e667f3bcdp+0) {
		m /= 2.0;
		k++;
	}
	double f = m - 1.0, s = f / (2.0 + f), z = s * s;
	double q = 2.0 / 21.0 * z + 2.0 / 19.0;
	q = q * z + 2.0 / 17.0;
	q = q * z + 2.0 / 15.0;
	q = q * z + 2.0 / 13.0;
	q = q * z + 2.0 / 11.0;
	q = q * z + 2.0 / 9.0;
	q = q * z + 2.0 / 7.0;
	q = q * z + 2.0 / 5.0;
	q = q * z + 2.0 / 3.0;
	q = q * z;
	double n = k;
	return n * LN2_HIGH + (f - (s * (f - q) - n * LN2_LOW));
}
