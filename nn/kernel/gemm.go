package kernel

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Level3 does the matrix products: the one seam behind which a faster implementation can be put.
var Level3 interface {
	Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int)
} = gonum.Implementation{}

// Name of the family of kernels that runs, for the provenance of a record.
const Family = "gonum"

// gonum starts goroutines for a product of four or more 64×64 blocks of C; tiles of up to three stay in the caller's.
const (
	tileM = 64
	tileN = 192
)

// Gemm computes C = α·op(A)·op(B) + β·C, where op(A) is m×k, op(B) is k×n and C is m×n, all row-major with the row strides
// lda, ldb and ldc; op transposes where tA or tB is true. With β = 0, C is not read.
//
// The order of summation over k depends on neither m nor n: a part of C comes out the same however C is cut.
func Gemm(tA, tB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	for i := 0; i < m; i += tileM {
		ai := a[i*step(tA, lda):]
		for j := 0; j < n; j += tileN {
			bj := b[j*step(!tB, ldb):]
			Level3.Sgemm(transpose(tA), transpose(tB), min(tileM, m-i), min(tileN, n-j), k, alpha, ai, lda, bj, ldb, beta, c[i*ldc+j:], ldc)
		}
	}
}

// step is how far apart in memory the rows of op(A) stand, or the columns of op(B).
func step(transposed bool, stride int) int {
	if transposed {
		return 1
	}
	return stride
}

func transpose(t bool) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}

// Transpose writes the n×m transpose of the m×n matrix src into dst.
func Transpose(dst, src []float32, m, n int) {
	for i := range m {
		for j, v := range src[i*n : (i+1)*n] {
			dst[j*m+i] = v
		}
	}
}

// AddTransposed adds the n×m transpose of the m×n matrix src to dst.
func AddTransposed(dst, src []float32, m, n int) {
	for i := range m {
		for j, v := range src[i*n : (i+1)*n] {
			dst[j*m+i] += v
		}
	}
}
