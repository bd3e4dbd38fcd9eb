package kernel

// An Operand of MultiplyRows or PlusRows is a matrix whose element of row r and channel j is Data[r·Row + j·Column]: Row is 0 where one row
// is repeated, and Column 0 where one number is repeated in its row, else 1.
type Operand struct {
	Data        []float32
	Row, Column int
}

// MultiplyRows writes a·b to the rows×c matrix y, which may be the data of an operand that is not repeated.
func MultiplyRows(y []float32, a, b Operand, c int) {
	if a.repeats(c) {
		a, b = b, a
	}
	switch {
	case a.repeats(c):
		for r, i := 0, 0; i < len(y); r, i = r+1, i+c {
			p, q := a.Data[r*a.Row:], b.Data[r*b.Row:]
			for j := range y[i : i+c] {
				y[i+j] = p[j*a.Column] * q[j*b.Column]
			}
		}
	case b.Column == 0 && c > 1:
		for r, i := 0, 0; i < len(y); r, i = r+1, i+c {
			to, w := y[i:i+c], b.Data[r*b.Row]
			for j, v := range a.Data[i : i+c] {
				to[j] = v * w
			}
		}
	case b.Row == 0:
		ScaleRows(y, a.Data[:len(y)], b.Data[:c])
	default:
		ScaleRows(y, a.Data[:len(y)], b.Data[:len(y)])
	}
}

// PlusRows writes a+b to the rows×c matrix y, which may be the data of an operand that is not repeated.
func PlusRows(y []float32, a, b Operand, c int) {
	if a.repeats(c) {
		a, b = b, a
	}
	switch {
	case a.repeats(c):
		for r, i := 0, 0; i < len(y); r, i = r+1, i+c {
			p, q := a.Data[r*a.Row:], b.Data[r*b.Row:]
			for j := range y[i : i+c] {
				y[i+j] = p[j*a.Column] + q[j*b.Column]
			}
		}
	case b.Column == 0 && c > 1:
		for r, i := 0, 0; i < len(y); r, i = r+1, i+c {
			to, w := y[i:i+c], b.Data[r*b.Row]
			for j, v := range a.Data[i : i+c] {
				to[j] = v + w
			}
		}
	case b.Row == 0:
		Copy(y, a.Data[:len(y)])
		AddRow(y, b.Data[:c])
	default:
		Sum(y, a.Data[:len(y)], b.Data[:len(y)])
	}
}

// repeats reports that the operand is smaller than a matrix of c columns.
func (o Operand) repeats(c int) bool { return o.Row == 0 || o.Column == 0 && c > 1 }

// Times writes x·factor to y, which may be x.
func Times(y, x []float32, factor float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = v * factor
	}
}

// CentredRows writes (x−mean)·scale to the rows×c matrix y, mean and scale having one entry a channel; y may be x.
func CentredRows(y, x, mean, scale []float32) {
	SubRow(y, x, mean)
	ScaleRows(y, y[:len(x)], scale)
}
