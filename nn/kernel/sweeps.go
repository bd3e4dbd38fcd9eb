package kernel

// sweepKernel is the name of a kernel that sweeps over matrices.
type sweepKernel int

const (
	sweepAdd sweepKernel = iota
	sweepSum
	sweepSumClamp
	sweepClamp
	sweepClampBackward
	sweepAddRow
	sweepSubRow
	sweepScaleRows
	sweepAddScaled
	sweepAffine
	sweepAffineClamp
	sweepAffineAddClamp
	sweepSumRows
	sweepSumShifted
	sweepSquares
	sweepDotRows
	sweepNormSums
	sweepNormSumsAffine
	sweepNormSumsClamp
	sweepNormBackward
	sweepNormBackwardAffine
	sweepSgd
	sweepSgdNesterov
)

// operands are what a sweep works on, see there.
type operands struct {
	a, b, c       []float32
	p, q, r, s, t []float32
	S, T          []float32
	u, v, w       float32
}

// folded is the number of columns that narrow matrices are given: as wide as the widest panel of vectors.
const folded = 64

// flat runs the kernel, which has neither parameters nor sums, over all elements.
func (k sweepKernel) flat(o operands) {
	n := len(o.a)
	if n >= folded {
		x := o.from(0, n/folded, folded)
		x.call(k)
	}
	if rest := n % folded; rest > 0 {
		x := o.from(n-rest, 1, rest)
		x.call(k)
	}
}

// rows runs the kernel over rows×c matrices. Of narrow ones several rows are taken for one.
func (k sweepKernel) rows(c int, o operands) {
	n := len(o.a)
	if fold := folded / c; fold > 1 && n >= fold*c {
		k.fold(c, fold, o)
	} else if n > 0 {
		x := o.from(0, n/c, c)
		x.call(k)
	}
}

// fold takes several rows for one: parameters are repeated, and every row of them has sums of its own, which are added in the
// order of rows.
func (k sweepKernel) fold(c, fold int, o operands) {
	var wide [7][folded]float32
	n, cols := len(o.a), fold*c
	f := o
	f.p, f.q, f.r = repeat(wide[0][:cols], o.p, c), repeat(wide[1][:cols], o.q, c), repeat(wide[2][:cols], o.r, c)
	f.s, f.t = repeat(wide[3][:cols], o.s, c), repeat(wide[4][:cols], o.t, c)
	if o.S != nil {
		f.S = wide[5][:cols]
		copy(f.S, o.S[:c])
	}
	if o.T != nil {
		f.T = wide[6][:cols]
		copy(f.T, o.T[:c])
	}
	x := f.from(0, n/cols, cols)
	x.call(k)
	if rest := n % cols; rest > 0 {
		x := f.from(n-rest, 1, rest)
		x.call(k)
	}
	unfold(o.S, f.S)
	unfold(o.T, f.T)
}

// repeat fills wide with copies of the c entries of row. It is nil where row is.
func repeat(wide, row []float32, c int) []float32 {
	if row == nil {
		return nil
	}
	copy(wide, row[:c])
	for done := c; done < len(wide); done *= 2 {
		copy(wide[done:], wide[:done])
	}
	return wide
}

// lanesOf returns what portable code sums elements of rows in, the row that begins with element i from i modulo the length on:
// sum itself or, of narrow rows, the sums in wide that fold gives the assembly, whence unfold writes to sum. One long chain would round
// worse.
func lanesOf(wide *[folded]float32, sum []float32, elements int) []float32 {
	c := len(sum)
	cols := folded / c * c
	if cols <= c || elements < cols {
		return sum
	}
	copy(wide[:], sum)
	return wide[:cols]
}

// unfold writes to sum the sum of the rows in wide.
func unfold(sum, wide []float32) {
	if sum == nil {
		return
	}
	c := copy(sum, wide)
	for r := c; r < len(wide); r += c {
		for j, v := range wide[r : r+c] {
			sum[j] += v
		}
	}
}

// from returns the sweep over the given rows and columns from the given element on.
func (o operands) from(i, rows, cols int) sweep {
	end := i + rows*cols
	return sweep{
		a: at(o.a, i, end), b: at(o.b, i, end), c: at(o.c, i, end),
		p: at(o.p, 0, cols), q: at(o.q, 0, cols), r: at(o.r, 0, cols), s: at(o.s, 0, cols), t: at(o.t, 0, cols),
		S: at(o.S, 0, cols), T: at(o.T, 0, cols),
		u: o.u, v: o.v, w: o.w,
		rows: rows, cols: cols, step: 4 * cols,
	}
}

// at points to the first of the elements i to end−1, and to nothing where x is not used.
func at(x []float32, i, end int) *float32 {
	if x == nil {
		return nil
	}
	return &x[i:end][0]
}
