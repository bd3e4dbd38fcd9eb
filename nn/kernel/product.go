package kernel

//go:generate go run -C gen ./gemm -out ../gemm_amd64.s -stubs ../stubs_gemm_amd64.go -pkg kernel -arm64 ..

// A product is one call of a micro-kernel: count tiles, one below the other, of the matrix product
//
//	C[i, j] = D[i, j] + (bias[j] + Σ_plane Σ_run Σ_k A(plane, run, i, k) · B(plane, run, k, j)),
//
// i below the number of rows that the micro-kernel is made for, j below cols. The sum of an element is taken in the order
// of plane, run and k, in one accumulator that begins at bias[j], and each product is fused with its addition. Where bias is
// nil, the accumulator begins at 0; where d is nil, nothing is added. D may be C, and has its distances. Where clamp is not 0,
// C is then bounded below by 0 and above by ceiling; NaN stays NaN.
//
// All distances are in bytes. Rows beginning with the second half (⌈rows/2⌉) are pairA after those of the first half,
// counted from 0 again, and so in C. jumpA leads from after the last k of a run to the first of the next run, and planeA
// from after the last run of a plane to the first of the next; so do jumpB and planeB.
type product struct {
	a, b, c, d, bias    *float32
	rowA, pairA, stepA  int
	jumpA, planeA       int
	stepB               int
	jumpB, planeB       int
	rowC, pairC         int
	k, runs, planes     int
	count, nextA, nextC int
	cols                int
	whole               int // not 0: rows of B are whole vectors, also where cols is less
	clamp               int
	ceiling             float32
	flush               int // not 0: operands are in bfloat16; denormals count as 0, and results that would be denormal become 0
}
