package kernel

// Sums and maxima over the channels of each row, and maxima over rows.

// columnLanes is the number of partial sums of SumColumns and DotColumns: term j belongs to sum j modulo columnLanes, and these are added
// in their order.
const columnLanes = 8

// SumColumns writes, for each row of the rows×c matrix x, the sum of its entries times factor.
func SumColumns(y, x []float32, factor float32, c int) {
	for r := range y {
		var sums [columnLanes]float32
		row := x[r*c : (r+1)*c]
		for ; len(row) >= columnLanes; row = row[columnLanes:] {
			v := (*[columnLanes]float32)(row)
			for j := range sums {
				sums[j] += v[j]
			}
		}
		for j, v := range row {
			sums[j] += v
		}
		y[r] = addColumns(&sums) * factor
	}
}

// DotColumns writes, for each row of the rows×c matrices a and b, their inner product.
func DotColumns(y, a, b []float32, c int) {
	for r := range y {
		var sums [columnLanes]float32
		p, q := a[r*c:(r+1)*c], b[r*c:(r+1)*c]
		for ; len(p) >= columnLanes; p, q = p[columnLanes:], q[columnLanes:] {
			v, w := (*[columnLanes]float32)(p), (*[columnLanes]float32)(q)
			for j := range sums {
				sums[j] += float32(v[j] * w[j])
			}
		}
		for j, v := range p {
			sums[j] += float32(v * q[j])
		}
		y[r] = addColumns(&sums)
	}
}

func addColumns(sums *[columnLanes]float32) (sum float32) {
	for _, v := range sums {
		sum += v
	}
	return sum
}

// SpreadColumns writes the gradient of SumColumns to dx: every entry of a row is the row's dy times factor.
func SpreadColumns(dx, dy []float32, factor float32, c int) {
	for r, d := range dy {
		Fill(dx[r*c:(r+1)*c], d*factor)
	}
}

// MaxColumns writes the largest entry of each row of the rows×c matrix x. A NaN is larger than all.
func MaxColumns(y, x []float32, c int) {
	for r := range y {
		row := x[r*c : (r+1)*c]
		y[r] = row[largest(row, 1)]
	}
}

// MaxColumnsBackward writes the gradient of MaxColumns to dx: dy goes to the first largest entry of its row, to the last NaN where there is
// one, and the other entries get 0.
func MaxColumnsBackward(dx, dy, x []float32, c int) {
	clear(dx)
	for r, d := range dy {
		dx[r*c+largest(x[r*c:(r+1)*c], 1)] = d
	}
}

// MaxRows writes the largest entry of each channel of the rows×c matrix x, c = len(y). A NaN is larger than all.
func MaxRows(y, x []float32) {
	c := len(y)
	copy(y, x)
	for r := c; r < len(x); r += c {
		for j, v := range x[r : r+c] {
			if v > y[j] || v != v {
				y[j] = v
			}
		}
	}
}

// MaxRowsBackward writes the gradient of MaxRows to dx as MaxColumnsBackward does, c = len(dy).
func MaxRowsBackward(dx, dy, x []float32) {
	c := len(dy)
	clear(dx)
	for j, d := range dy {
		dx[j+largest(x[j:], c)*c] = d
	}
}

// largest returns the number of the largest of the entries of x that lie step apart: the first of equal ones, or the last NaN.
func largest(x []float32, step int) int {
	best, top := 0, x[0]
	for i, at := 1, step; at < len(x); i, at = i+1, at+step {
		if v := x[at]; v > top || v != v {
			best, top = i, v
		}
	}
	return best
}
