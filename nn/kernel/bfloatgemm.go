package kernel

// blockPairs is the most pairs of terms that are summed at once, part of the result's bits.
const blockPairs = blockK / 2

// BFloatGemm computes C = op(A)·op(B), added to C where add is true, in bfloat16 (see bfloat.go): op(A) is m×k, op(B) is k×n and C is m×n,
// all row-major with the row strides lda, ldb and ldc; op transposes where tA or tB is true. Pairs are neighbouring terms of the sum over
// k.
//
// The order of summation over k depends on k alone: a part of C comes out the same however C is cut.
func BFloatGemm(tA, tB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, add bool, c []float32, ldc int) {
	if m == 0 || n == 0 {
		return
	}
	_ = c[(m-1)*ldc+n-1]
	if k == 0 {
		if !add {
			scaleMatrix(c, m, n, ldc, 0)
		}
		return
	}
	s := borrow()
	p := product{flush: 1}
	pairs := (k + 1) / 2
	blocks := (pairs + blockPairs - 1) / blockPairs
	for j := 0; j < n; j += blockN {
		columns := min(blockN, n-j)
		for i := range blocks {
			lo, hi := 2*(i*pairs/blocks), min(k, 2*((i+1)*pairs/blocks))
			terms := bfloatFloats(hi - lo)
			s.packBFloat(b, tB, lo, hi, j, j+columns, ldb)
			for first := 0; first < m; first += blockM {
				rows := min(blockM, m-first)
				rowA, stepA := terms, 1
				if tA {
					rowA, stepA = 1, rows
					bfloatRows(s.a[:], a[lo*lda+first:], hi-lo, rows, lda, rows)
				} else {
					bfloatColumns(s.a[:], a[first*lda+lo:], rows, hi-lo, lda)
				}
				for col := 0; col < columns; {
					cols, vectors := tilings[active].panel(columns - col)
					p.columns(cols, vectors, true)
					p.b = &s.b[col*terms]
					p.over(sum{terms, stepA, vectors * tilings[active].lanes}, sum{n: 1}, sum{n: 1})
					to, d := c[first*ldc+j+col:], []float32(nil)
					if add || i > 0 {
						d = to
					}
					p.cover(s.a[:], to, d, [3]axis{{rows, rowA, ldc}, {n: 1}, {n: 1}}, vectors)
					col += cols
				}
			}
		}
	}
	s.giveBack()
}

// packBFloat packs the terms lo to hi−1 of the columns j to end−1 of op(B). It uses the memory for rows of A.
func (s *packed) packBFloat(b []float32, transposed bool, lo, hi, j, end, ldb int) {
	to, k := s.b[:], hi-lo
	for j < end {
		cols, vectors := tilings[active].panel(end - j)
		width := vectors * tilings[active].lanes
		if transposed {
			packTransposed(s.a[:], b[j*ldb+lo:], k, cols, width, ldb, 1)
			bfloatRows(to, s.a[:], k, width, width, width)
		} else {
			packBFloatRows(to, b[lo*ldb+j:], k, cols, width, ldb)
		}
		if j += cols; j < end {
			to = to[bfloatFloats(k)*width:]
		}
	}
}
