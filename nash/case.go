package nash

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// vector returns a vector of a case, of n entries; any number of them where n is 0.
func (c *Case) vector(name string, n int) ([]float64, error) {
	a := c.Arrays[name]
	if len(a) != 1 || len(a[0]) == 0 || n != 0 && len(a[0]) != n {
		return nil, fmt.Errorf("nash: %s is not a vector of the expected length", name)
	}
	return a[0], finiteRow(name, a[0])
}

// matrix returns a matrix of a case with the number of rows and columns given.
func (c *Case) matrix(name string, rows, columns int) (*mat.Dense, error) {
	a := c.Arrays[name]
	if len(a) != rows {
		return nil, fmt.Errorf("nash: %s has %d rows, not %d", name, len(a), rows)
	}
	m := mat.NewDense(rows, columns, nil)
	for i, row := range a {
		if len(row) != columns {
			return nil, fmt.Errorf("nash: row %d of %s has %d entries, not %d", i+1, name, len(row), columns)
		}
		if err := finiteRow(name, row); err != nil {
			return nil, err
		}
		m.SetRow(i, row)
	}
	return m, nil
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
