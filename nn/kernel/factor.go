package kernel

// Factor is the shape of a K×N matrix B that is in many products A·B and is prepared for them.
type Factor struct{ K, N int }

// Len is the number of floats that Pack writes.
func (f Factor) Len() int { return f.K * AlignUp(f.N) }

// Pack prepares op(B), which transposes where transposed is true; B is row-major with the row stride ldb.
func (f Factor) Pack(packed, b []float32, transposed bool, ldb int) {
	for lo, hi := range sumBlocks(f.K) {
		pack(packed[lo*AlignUp(f.N):], b, transposed, lo, hi, 0, f.N, ldb, 1)
	}
}

// Columns are the parts of Product: B cut where panels begin, into some 64 KiB.
func (f Factor) Columns() Chunks {
	return Chunks{N: f.N, Size: max(1, (1<<14)/(f.K*columnBlock)) * columnBlock}
}

// Product writes one part of C = A·B, some of the columns, for m rows. The rows of A and C follow one another; packed is from
// Pack. The bits are those of Gemm.
func (f Factor) Product(c, a, packed []float32, m, part int) {
	first, end := f.Columns().Range(part)
	g := gemm{a: a, c: c, m: m, n: f.N, rowA: f.K, stepA: 1, rowC: f.N}
	for lo, hi := range sumBlocks(f.K) {
		g.block(lo, hi, first, end, packed[lo*AlignUp(f.N)+first*(hi-lo):], 0, nil)
	}
}
