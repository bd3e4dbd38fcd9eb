package kernel

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

// Add adds x to y: y[i] += x[i].
func Add(y, x []float32) {
	x = x[:len(y)]
	for i := range y {
		y[i] += x[i]
	}
}

// Sum writes a[i] + b[i] to y; y may be a or b.
func Sum(y, a, b []float32) {
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		y[i] = a[i] + b[i]
	}
}

// SumReLU writes max(0, a[i] + b[i]) to y; y may be a or b. NaN stays NaN.
func SumReLU(y, a, b []float32) {
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		v := a[i] + b[i]
		if v < 0 {
			v = 0
		}
		y[i] = v
	}
}

// Clamp writes x[i], bounded below by 0 and above by ceiling, to y; y may be x. ReLU is a ceiling of +Inf. NaN stays NaN.
func Clamp(y, x []float32, ceiling float32) {
	x = x[:len(y)]
	for i, v := range x {
		if v < 0 {
			v = 0
		} else if v > ceiling {
			v = ceiling
		}
		y[i] = v
	}
}

// ClampBackward writes the gradient of Clamp to dx, y being what Clamp wrote: dy[i] where 0 < y[i] < ceiling, else 0.
// dx may be dy.
func ClampBackward(dx, dy, y []float32, ceiling float32) {
	dx, dy = dx[:len(y)], dy[:len(y)]
	for i, v := range y {
		d := dy[i]
		if v <= 0 || v >= ceiling {
			d = 0
		}
		dx[i] = d
	}
}

// Reduce adds the count consecutive partial sums of len(y) floats in parts to y, in index order.
func Reduce(y, parts []float32, count int) {
	for i := range count {
		Add(y, parts[i*len(y):(i+1)*len(y)])
	}
}
