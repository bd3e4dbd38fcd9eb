package nn

import "cenet/nn/kernel"

// CrossEntropy is softmax cross-entropy with label smoothing, averaged over the batch.
type CrossEntropy struct {
	Smoothing float32

	Losses []float64 // of each image of the last call
	Ranks  []int     // of each image: how many classes scored at least as much as the label
	grad   Tensor
	logits Tensor
	labels []int
	train  bool
}

// NewCrossEntropy returns the loss for up to n images of the given classes. It panics if n or classes is below 1, or smoothing is not from
// 0 to 1.
func NewCrossEntropy(n, classes int, smoothing float32) *CrossEntropy {
	if n < 1 || classes < 1 || !(smoothing >= 0 && smoothing <= 1) {
		panic("nn: loss of no images or no classes, or with a smoothing that is not from 0 to 1")
	}
	return &CrossEntropy{
		Smoothing: smoothing,
		Losses:    make([]float64, n),
		Ranks:     make([]int, n),
		grad:      NewTensor(Shape{n, 1, 1, classes}),
	}
}

// Classes is the number of classes.
func (l *CrossEntropy) Classes() int { return l.grad.C }

// Loss returns the mean loss of the logits (N, 1, 1, classes), and, in training, its gradient with respect to them. It panics if the logits
// have another shape than the loss was made for, or a label is missing or not a class.
func (l *CrossEntropy) Loss(c *Context, logits Tensor, labels []int) (loss float64, grad Tensor) {
	switch {
	case logits.H != 1 || logits.W != 1 || logits.C != l.grad.C:
		panic("nn: loss of another number of classes than the network's outputs")
	case logits.N < 1 || logits.N > len(l.Losses):
		panic("nn: loss of no images, or of more than it was made for")
	case len(labels) < logits.N:
		panic("nn: loss with fewer labels than images")
	}
	for _, label := range labels[:logits.N] {
		if label < 0 || label >= l.grad.C {
			panic("nn: loss with a label that is not a class")
		}
	}
	l.logits, l.labels, l.train = logits, labels[:logits.N], c.Train
	c.Run(logits.N, (*lossImage)(l))
	return l.Mean(logits.N), l.grad.First(logits.N)
}

// Mean returns the mean of the first n of Losses.
func (l *CrossEntropy) Mean(n int) (loss float64) {
	for _, v := range l.Losses[:n] {
		loss += v
	}
	return loss / float64(n)
}

type lossImage CrossEntropy

func (l *lossImage) Do(_, n int) {
	row := l.logits.Image(n)
	smoothing := l.Smoothing
	var grad []float32
	if l.train {
		grad = l.grad.Image(n)
	} else {
		smoothing = 0
	}
	l.Losses[n] = kernel.SoftmaxCrossEntropy(grad, row, l.labels[n], smoothing, 1/float32(l.logits.N))
	l.Ranks[n] = kernel.RankOf(row, l.labels[n])
}
