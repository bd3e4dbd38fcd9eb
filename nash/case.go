package nash

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// A reader reads the arrays of a case. It keeps the first error; what it returns after that is nil.
type reader struct {
	*Case
	err error
}

// vector returns a vector of n entries; any number of them where n is 0.
func (r *reader) vector(name string, n int) []float64 {
	a := r.Arrays[name]
	switch {
	case r.err != nil:
		return nil
	case len(a) != 1 || len(a[0]) == 0 || n != 0 && len(a[0]) != n:
		r.err = fmt.Errorf("nash: %s is not a vector of the expected length", name)
		return nil
	}
	r.err = finiteRow(name, a[0])
	return a[0]
}

// matrix returns a matrix with the number of rows and columns given.
func (r *reader) matrix(name string, rows, columns int) *mat.Dense {
	a := r.Arrays[name]
	switch {
	case r.err != nil:
		return nil
	case len(a) != rows:
		r.err = fmt.Errorf("nash: %s has %d rows, not %d", name, len(a), rows)
		return nil
	}
	m := mat.NewDense(rows, columns, nil)
	for i, row := range a {
		if len(row) != columns {
			r.err = fmt.Errorf("nash: row %d of %s has %d entries, not %d", i+1, name, len(row), columns)
			return nil
		}
		if r.err = finiteRow(name, row); r.err != nil {
			return nil
		}
		m.SetRow(i, row)
	}
	return m
}

// symmetric returns a symmetric matrix of n rows.
func (r *reader) symmetric(name string, n int) *mat.SymDense {
	m := r.matrix(name, n, n)
	if r.err != nil {
		return nil
	}
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range n {
			if m.At(i, j) != m.At(j, i) {
				r.err = fmt.Errorf("nash: %s is not symmetric", name)
				return nil
			}
			s.SetSym(i, j, m.At(i, j))
		}
	}
	return s
}

func finiteRow(name string, row []float64) error {
	for _, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("nash: %s has an entry that is not finite", name)
		}
	}
	return nil
}

// rows copies a matrix into the form of a case.
func rows(m mat.Matrix) [][]float64 {
	r, c := m.Dims()
	out := make([][]float64, r)
	for i := range out {
		out[i] = make([]float64, c)
		for j := range out[i] {
			out[i][j] = m.At(i, j)
		}
	}
	return out
}
