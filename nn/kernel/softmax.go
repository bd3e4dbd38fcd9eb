package kernel

import (
	"math"

	"cenet/nn/kernel/elementary"
)

// SoftmaxCrossEntropy takes one row of logits and returns its cross-entropy against the target distribution that label
// smoothing makes: 1−ε+ε/C for the label and ε/C for every other of the C classes. Where grad is not nil it gets the
// gradient of the loss times scale.
//
// References:
//
//	Szegedy et al.: Rethinking the Inception architecture for computer vision (2016), section 7.
func SoftmaxCrossEntropy(grad, logits []float32, label int, smoothing, scale float32) (loss float64) {
	top := math.Inf(-1)
	for _, v := range logits {
		if f := float64(v); f > top || f != f {
			top = f
		}
	}
	sum := 0.0
	for _, v := range logits {
		sum += elementary.Exp(float64(v) - top)
	}
	logSum := elementary.Log(sum) + top
	off := float64(smoothing) / float64(len(logits))
	for j, v := range logits {
		target := off
		if j == label {
			target += 1 - float64(smoothing)
		}
		if target != 0 {
			loss += float64(target * (logSum - float64(v)))
		}
		if grad != nil {
			grad[j] = scale * float32(elementary.Exp(float64(v)-logSum)-target)
		}
	}
	return loss
}

// RankOf returns how many entries of logits stand before the label's when sorted from the largest: 0 for a correct Top-1,
// below 5 for a correct Top-5. Equal entries count as before it, and so does any entry where the label's is NaN, so that a
// network that says the same of every class scores nothing by it.
func RankOf(logits []float32, label int) int {
	mine, rank := logits[label], 0
	for j, v := range logits {
		if j != label && !(v < mine) {
			rank++
		}
	}
	return rank
}

// Sigmoid writes 1/(1+exp(−x)) to y; y may be x.
func Sigmoid(y, x []float32) {
	y = y[:len(x)]
	for i := sigmoids(y, x); i < len(x); i++ {
		y[i] = float32(elementary.Sigmoid(float64(x[i])))
	}
}

// SigmoidBackward writes dy·y·(1−y) to dx, y being what Sigmoid wrote; dx may be dy.
func SigmoidBackward(dx, dy, y []float32) {
	for i, v := range y {
		dx[i] = dy[i] * v * (1 - v)
	}
}
