// Tiles of matrix products: a work-group of NT work-items computes BM×BN elements from slices of BK terms in local memory, and a work-item TM×TN
// of them in registers. To be defined: BM, BN, BK, TM, TN; VA, how many floats of the first matrix are read at once, 1 or 4; and VB, the same of
// the second.
// c[0..3] += a·b, each product fused with its addition.
#define FOUR(c, a, b) \
	(c)[0] = FMA(a, (b).x, (c)[0]); \
	(c)[1] = FMA(a, (b).y, (c)[1]); \
	(c)[2] = FMA(a, (b).z, (c)[2]); \
	(c)[3] = FMA(a, (b).w, (c)[3]);

// s bounded below by 0 and above by ceiling; NaN stays NaN.
#define BOUND(s) ((s) < 0.0f ? 0.0f : (s) > ceiling ? ceiling : (s))

// How many reads of a work-item fill a slice of the given number of vectors.
#define READS(vectors) (((vectors) + NT - 1) / NT)
#define WITHIN(vectors) ((vectors) % NT == 0 || tid + l * NT < (vectors))

#define NT ((BM / TM) * (BN / TN))
#define PAD 4

#if VA == 4
typedef float4 vec;
#define ZERO ((float4)(0.0f))
#else
typedef float vec;
#define ZERO 0.0f
#endif
#if VB == 4
typedef float4 vecn;
#define ZERON ((float4)(0.0f))
#else
typedef float vecn;
#define ZERON 0.0f
#endif

// OPERAND and OPERANDN round a vec and a vecn. TERMS is OPERAND of neighbouring terms, in the order in which they are added.
#define FOUR_ROUNDED(v, p, q, r, s) ((float4)(ROUNDED((v).p), ROUNDED((v).q), ROUNDED((v).r), ROUNDED((v).s)))
#if VA == 4
#define OPERAND(v) FOUR_ROUNDED(v, x, y, z, w)
#define CHANNEL(c) (c)
#else
#define OPERAND(v) ROUNDED(v)
#define CHANNEL(c) TERM(c)
#endif
#if VA == 4 && defined(BFLOAT)
#define TERMS(v) FOUR_ROUNDED(v, y, x, w, z)
#else
#define TERMS(v) OPERAND(v)
#endif
#if VB == 4
#define OPERANDN(v) FOUR_ROUNDED(v, x, y, z, w)
#else
#define OPERANDN(v) ROUNDED(v)
#endif

// Where the elements of a work-item are: rows ROW(i) and columns COLUMN(j) of the tile. A warp of 32 takes 4×8 of the work-items, so that it
// reads few places of local memory at once.
#if (BN / TN) % 8 == 0 && (BM / TM) % 4 == 0
#define TX ((tid / 32 % (BN / TN / 8)) * 8 + tid % 8)
#define TY ((tid / 32 / (BN / TN / 8)) * 4 + tid % 32 / 8)
#else
#define TX (tid % (BN / TN))
#define TY (tid / (BN / TN))
#endif
#define ROW(i) ((i) / 4 * (BM / TM) * 4 + ty * 4 + (i) % 4)
#define COLUMN(j) ((j) / 4 * (BN / TN) * 4 + tx * 4 + (j) % 4)

inline void store_across(local float *to, float4 v, int step) {
	to[0] = v.x;
	to[step] = v.y;
	to[2 * step] = v.z;
	to[3 * step] = v.w;
}

// One slice of terms.
inline void multiply(float *acc, local const float *a, local const float *b, int ty, int tx) {
#pragma unroll
	for (int k = 0; k < BK; k++) {
		float4 x[TM / 4], y[TN / 4];
#pragma unroll
		for (int i = 0; i < TM / 4; i++)
			x[i] = *(local const float4 *)(a + k * (BM + PAD) + ROW(4 * i));
#pragma unroll
		for (int j = 0; j < TN / 4; j++)
			y[j] = *(local const float4 *)(b + k * (BN + PAD) + COLUMN(4 * j));
#pragma unroll
		for (int i = 0; i < TM / 4; i++) {
#pragma unroll
			for (int j = 0; j < TN / 4; j++) {
				float *c = acc + i * 4 * TN + j * 4;
				FOUR(c, x[i].x, y[j]);
				FOUR(c + TN, x[i].y, y[j]);
				FOUR(c + 2 * TN, x[i].z, y[j]);
				FOUR(c + 3 * TN, x[i].w, y[j]);
			}
		}
	}
}

