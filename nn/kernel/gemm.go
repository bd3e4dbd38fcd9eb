package kernel

import (
	"iter"
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// BLAS is gonum's implementation of the BLAS with the matrix product of this package. It can be handed to blas32.Use.
type BLAS struct{ gonum.Implementation }

var _ blas.Float32Level3 = BLAS{}

// Sgemm computes C = α·op(A)·op(B) + β·C, see Gemm. It panics, with gonum's messages, on sizes that do not fit.
func (BLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32,
	ldc int) {
	// With α = 0 and β = 1, gonum checks the arguments and does nothing.
	gonum.Implementation{}.Sgemm(tA, tB, m, n, k, 0, a, lda, b, ldb, 1, c, ldc)
	Gemm(tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Blocks of a product. What is summed at once, up to blockK terms, is part of the result's bits; the other two are not.
const (
	blockK = 344     // a panel of B, 32 columns wide, stays close to the processor
	blockM = 336     // rows of A that stay in the second-level cache
	blockN = 512     // columns of B that are packed at once
	copyA  = 128     // columns of B from which on it pays to copy rows of A whose distances are bad for caches
	packB  = 48      // rows of A beyond which it pays to pack B, unless
	smallB = 1 << 16 // floats of B that stay in the second-level cache
)

// packed is scratch memory of one product.
type packed struct {
	b [blockK * blockN]float32
	a [(blockM + Alignment) * (blockK + Alignment)]float32
}

// spare holds the scratch of products that have ended, so that in steady state a product allocates nothing.
var spare [64]atomic.Pointer[packed]

func borrow() *packed {
	for i := range spare {
		if s := spare[i].Swap(nil); s != nil {
			return s
		}
	}
	return new(packed)
}

func (s *packed) giveBack() {
	for i := range spare {
		if spare[i].CompareAndSwap(nil, s) {
			return
		}
	}
}

// Gemm computes C = α·op(A)·op(B) + β·C, where op(A) is m×k, op(B) is k×n and C is m×n, all row-major with the row strides
// lda, ldb and ldc; op transposes where tA or tB is true. With β = 0, C is not read; with α = 0, A and B are not read.
//
// The order of summation over k depends on k alone: a part of C comes out the same however C is cut.
func Gemm(tA, tB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if m == 0 || n == 0 {
		return
	}
	_ = c[(m-1)*ldc+n-1]
	terms := k
	if alpha == 0 {
		terms = 0
	}
	if beta != 1 && (beta != 0 || terms == 0) {
		scaleMatrix(c, m, n, ldc, beta)
	}
	if terms == 0 {
		return
	}
	rowA, stepA := lda, 1
	if tA {
		rowA, stepA = 1, lda
	}
	_ = a[(m-1)*rowA+(k-1)*stepA]
	g := gemm{a: a, c: c, m: m, n: n, rowA: rowA, stepA: stepA, rowC: ldc, add: beta != 0}
	if tB {
		_ = b[(n-1)*ldb+k-1]
		if m == 1 && alpha == 1 { // Cᵀ = B·Aᵀ: it does not pay to pack B for one row
			g = gemm{a: b, c: c, m: n, n: 1, rowA: ldb, stepA: 1, rowC: 1, add: g.add}
			for lo, hi := range sumBlocks(k) {
				g.block(lo, hi, 0, 1, a[lo*stepA:], stepA, nil)
			}
			return
		}
	} else {
		_ = b[(k-1)*ldb+n-1]
		if alpha == 1 && (m <= packB || min(k, blockK)*n <= smallB) {
			for lo, hi := range sumBlocks(k) {
				g.block(lo, hi, 0, n, b[lo*ldb:], ldb, nil)
			}
			return
		}
	}
	scratch := borrow()
	for j := 0; j < n; j += blockN {
		end := min(j+blockN, n)
		g.add = beta != 0
		for lo, hi := range sumBlocks(k) {
			pack(scratch.b[:], b, tB, lo, hi, j, end, ldb, alpha)
			g.block(lo, hi, j, end, scratch.b[:], 0, scratch)
		}
	}
	scratch.giveBack()
}

// sumBlocks cuts k terms into those that are summed at once.
func sumBlocks(k int) iter.Seq2[int, int] {
	return func(yield func(lo, hi int) bool) {
		blocks := (k + blockK - 1) / blockK
		for i := range blocks {
			if !yield(i*k/blocks, (i+1)*k/blocks) {
				return
			}
		}
	}
}

// gemm is a product under way.
type gemm struct {
	a, c              []float32
	m, n              int
	rowA, stepA, rowC int
	add               bool
}

// block adds the terms lo to hi−1 to the columns j to end−1 of C. b begins with the first of these terms: a matrix whose
// rows are ldb apart or, where ldb is 0, packed panels.
func (g *gemm) block(lo, hi, j, end int, b []float32, ldb int, scratch *packed) {
	k := hi - lo
	var p product
	blocks := (g.m + blockM - 1) / blockM
	for i := range blocks {
		first, last := i*g.m/blocks, (i+1)*g.m/blocks
		a, rowA, stepA := g.a[first*g.rowA+lo*g.stepA:], g.rowA, g.stepA
		if scratch != nil && end-j >= copyA && max(rowA, stepA)%1024 == 0 {
			a, rowA, stepA = scratch.copyA(a, last-first, k, rowA, stepA)
		}
		for col := j; col < end; {
			cols, vectors := tilings[active].panel(end - col)
			at, step := (col-j)*k, vectors*tilings[active].lanes
			if ldb != 0 {
				at, step = col, ldb
			}
			p.columns(cols, vectors, ldb == 0)
			p.b = &b[at]
			p.over(sum{k, stepA, step}, sum{n: 1}, sum{n: 1})
			c, d := g.c[first*g.rowC+col:], []float32(nil)
			if g.add {
				d = c
			}
			p.cover(a, c, d, [3]axis{{last - first, rowA, g.rowC}, {n: 1}, {n: 1}}, vectors)
			col += cols
		}
	}
	g.add = true
}

// copyA copies an m×k block of op(A), without transposing it, so that its rows or columns are neither a page apart nor in the
// same sets of a cache.
func (s *packed) copyA(a []float32, m, k, rowA, stepA int) (copied []float32, row, step int) {
	if stepA == 1 {
		row = AlignUp(k) + Alignment
		for i := range m {
			copy(s.a[i*row:i*row+k], a[i*rowA:])
		}
		return s.a[:], row, 1
	}
	step = AlignUp(m) + Alignment
	for l := range k {
		copy(s.a[l*step:l*step+m], a[l*stepA:])
	}
	return s.a[:], 1, step
}

// scaleMatrix multiplies an m×n matrix by a; 0 sets it to 0 whatever it holds.
func scaleMatrix(c []float32, m, n, ldc int, a float32) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if a == 0 {
			clear(row)
			continue
		}
		for j := range row {
			row[j] *= a
		}
	}
}
