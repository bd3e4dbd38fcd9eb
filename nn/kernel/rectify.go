package kernel

import "cenet/nn/kernel/elementary"

// ELU writes x where that is positive, else α·(eˣ−1), to y, which may be x.
//
// References:
//
//	Clevert, Unterthiner, Hochreiter: Fast and accurate deep network learning by exponential linear units (2016).
func ELU(y, x []float32, alpha float32) {
	y = y[:len(x)]
	for i, v := range x {
		if v <= 0 {
			v = alpha * float32(elementary.Expm1(float64(v)))
		}
		y[i] = v
	}
}

// ELUBackward writes dy, times y+α where the output y of ELU is not positive, to dx, which may be dy.
func ELUBackward(dx, dy, y []float32, alpha float32) {
	dx, dy = dx[:len(y)], dy[:len(y)]
	for i, v := range y {
		d := dy[i]
		if v <= 0 {
			d *= v + alpha
		}
		dx[i] = d
	}
}

// Leaky writes x where that is positive, else slope·x, to y, which may be x.
//
// References:
//
//	Maas, Hannun, Ng: Rectifier nonlinearities improve neural network acoustic models (2013).
func Leaky(y, x []float32, slope float32) {
	y = y[:len(x)]
	for i, v := range x {
		if v <= 0 {
			v *= slope
		}
		y[i] = v
	}
}

// LeakyBackward writes dy, times the slope where the output y of Leaky is not positive, to dx, which may be dy. The slope is
// positive.
func LeakyBackward(dx, dy, y []float32, slope float32) {
	dx, dy = dx[:len(y)], dy[:len(y)]
	for i, v := range y {
		d := dy[i]
		if v <= 0 {
			d *= slope
		}
		dx[i] = d
	}
}
