package kernel

import "math"

// Zero sets x to 0.
func Zero(x []float32) { clear(x) }

// Fill sets every element of x to v.
func Fill(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}

// Copy copies x to y.
func Copy(y, x []float32) { copy(y, x) }

// Finite reports whether no element of x is NaN or infinite.
func Finite(x []float32) bool {
	const exponent = 0x7f800000
	for _, v := range x {
		if math.Float32bits(v)&exponent == exponent {
			return false
		}
	}
	return true
}

// Add adds x to y: y[i] += x[i].
func Add(y, x []float32) {
	if active != portable {
		sweepAdd.flat(operands{a: y, b: x})
		return
	}
	x = x[:len(y)]
	for i := range y {
		y[i] += x[i]
	}
}

// Sum writes a[i] + b[i] to y; y may be a or b.
func Sum(y, a, b []float32) {
	if active != portable {
		sweepSum.flat(operands{a: y, b: a, c: b})
		return
	}
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		y[i] = a[i] + b[i]
	}
}

// Multiply writes a[i]·b[i] to y; y may be a or b.
func Multiply(y, a, b []float32) {
	if len(y) > 0 { // a matrix of one row
		ScaleRows(y, a[:len(y)], b[:len(y)])
	}
}

// SumClamp writes a[i] + b[i], bounded as by Clamp, to y; y may be a or b.
func SumClamp(y, a, b []float32, ceiling float32) {
	if active != portable {
		sweepSumClamp.flat(operands{a: y, b: a, c: b, u: ceiling})
		return
	}
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		y[i] = clamp(a[i]+b[i], ceiling)
	}
}

// Clamp writes x[i], bounded below by 0 and above by ceiling, to y; y may be x. ReLU is a ceiling of +Inf. NaN stays NaN.
func Clamp(y, x []float32, ceiling float32) {
	if active != portable {
		sweepClamp.flat(operands{a: y, b: x, u: ceiling})
		return
	}
	x = x[:len(y)]
	for i, v := range x {
		y[i] = clamp(v, ceiling)
	}
}

func clamp(v, ceiling float32) float32 {
	if v < 0 {
		return 0
	} else if v > ceiling {
		return ceiling
	}
	return v
}

// ClampBackward writes the gradient of Clamp to dx, y being what Clamp wrote: dy[i] where 0 < y[i] < ceiling, else 0.
// dx may be dy.
func ClampBackward(dx, dy, y []float32, ceiling float32) {
	if active != portable {
		sweepClampBackward.flat(operands{a: dx[:len(y)], b: dy, c: y, u: ceiling})
		return
	}
	dx, dy = dx[:len(y)], dy[:len(y)]
	for i, v := range y {
		dx[i] = keep(dy[i], v, ceiling)
	}
}

// keep is the gradient d where 0 < y < ceiling or y is NaN, else 0.
func keep(d, y, ceiling float32) float32 {
	if y <= 0 || y >= ceiling {
		return 0
	}
	return d
}

// Reduce adds the count consecutive partial sums of len(y) floats in parts to y, in index order.
func Reduce(y, parts []float32, count int) {
	for i := range count {
		Add(y, parts[i*len(y):(i+1)*len(y)])
	}
}
