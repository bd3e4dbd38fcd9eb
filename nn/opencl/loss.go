//go:build opencl

package opencl

// crossEntropy emits kernel.SoftmaxCrossEntropy and RankOf of n rows of logits: losses has 2·n entries, for n numbers of 8 bytes. Where
// grad is not the zero Buffer, it becomes the gradient times 1/n, and stop, an integer, becomes 1 where a loss is not finite.
func (b *builder) crossEntropy(losses, ranks, grad, stop, logits, labels Buffer, smoothing float32, n, classes int) *Call {
	const items = 128
	return b.grid("softmax_cross_entropy", items, n*items, 1, losses, ranks, or(grad, logits), or(stop, labels), logits, labels,
		flag(!grad.Nil()), smoothing, 1/float32(n), classes)
}

// sgd emits kernel.SGD, with the learning rate as the argument sgdRate. Nothing moves where stop, one integer, is not 0.
func (b *builder) sgd(w, g, velocity, stop Buffer, momentum, decay float32, nesterov bool) *Call {
	return b.flat("sgd", w, g, velocity, stop, float32(0), momentum, decay, flag(nesterov))
}

// sgdRate is the argument of sgd's call to set to the learning rate, by SetFloat.
const sgdRate = 4
