// Package train fits a network to labelled pictures and evaluates it.
package train

import (
	"context"
	"fmt"
	"math"

	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/optim"
)

// Config says how a network is fitted.
type Config struct {
	Epochs   int
	Schedule optim.Schedule
	Seed     uint64 // of the order of the pictures and of their augmentation
	Augment  *dataset.Augment
	Steps    int // most steps an epoch; 0: as many as there are full batches
	Tests    int // most batches of test pictures; 0: all
}

// An Epoch is what one pass over the training pictures came to. Losses are means a picture, accuracies shares.
type Epoch struct {
	Epoch                int // from 1
	LR                   float64
	TrainLoss, TrainTop1 float64 // while training, under augmentation
	TestLoss             float64
	TestTop1, TestTop5   float64
}

// A Score is the mean loss and the share of correct answers over a set.
type Score struct{ Loss, Top1, Top5 float64 }

// A NotFiniteError is a loss that is NaN or infinite: the training has diverged.
type NotFiniteError struct {
	Loss        float64
	Epoch, Step int // from 1
}

func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("the loss is %v at epoch %d, step %d", e.Loss, e.Epoch, e.Step)
}

// A Trainer fits one network. It owns the buffers of a batch, so that a step allocates nothing.
type Trainer struct {
	net         *nn.Network
	loss        *nn.CrossEntropy
	sgd         *optim.SGD
	train, test *dataset.Batcher
	trainN      int
	testN       int
	config      Config

	x      nn.Tensor
	labels []int
	order  []int
	every  []int // 0, 1, 2, …: the test pictures in order
	fill   fill
}

// New returns a trainer whose batches have as many pictures as the network was built for. The pictures of both sets are
// normalised by the training set, and padded on every side by pad pixels.
func New(net *nn.Network, loss *nn.CrossEntropy, sgd *optim.SGD, data *dataset.Data, pad int, c Config) *Trainer {
	norm := data.Train.Normalisation()
	t := &Trainer{
		net: net, loss: loss, sgd: sgd, config: c,
		train:  dataset.NewBatcher(data.Train, norm, pad),
		test:   dataset.NewBatcher(data.Test, norm, pad),
		trainN: data.Train.Len(), testN: data.Test.Len(),
		x:      nn.NewTensor(net.In),
		labels: make([]int, net.In.N),
		order:  make([]int, data.Train.Len()),
		every:  make([]int, data.Test.Len()),
	}
	for i := range t.every {
		t.every[i] = i
	}
	return t
}

// Steps is the number of steps of an epoch: full batches, so that every step normalises over as many pictures.
func (t *Trainer) Steps() int {
	n := t.trainN / t.net.In.N
	if t.config.Steps > 0 {
		n = min(n, t.config.Steps)
	}
	return n
}

// Hooks are told how a training goes on. Each may be nil.
type Hooks struct {
	Step func() // a step is done
	// Save is called after every step with the position to go on from.
	// An error ends the training.
	Save func(Position) error
	Done func(Epoch) // an epoch is done and tested
}

// Fit trains from a position to the end and returns the last position. It ends early with ctx's error, with that of a hook,
// or with a *NotFiniteError.
func (t *Trainer) Fit(ctx context.Context, c *nn.Context, at Position, hooks Hooks) (Position, error) {
	for ; at.Epoch < t.config.Epochs; at = (Position{Epoch: at.Epoch + 1, Epochs: at.Epochs}) {
		dataset.OrderInto(t.order, t.config.Seed, at.Epoch)
		steps := t.Steps()
		for at.Step < steps {
			if err := ctx.Err(); err != nil {
				return at, err
			}
			loss := t.Step(c, at.Epoch, at.Step)
			at.Step++
			if math.IsNaN(loss) || math.IsInf(loss, 0) {
				return at, &NotFiniteError{loss, at.Epoch + 1, at.Step}
			}
			at.Loss += loss
			for _, r := range t.loss.Ranks {
				if r == 0 {
					at.Right++
				}
			}
			if hooks.Step != nil {
				hooks.Step()
			}
			if hooks.Save != nil {
				if err := hooks.Save(at); err != nil {
					return at, err
				}
			}
		}
		score := t.Evaluate(c)
		at.Epochs = append(at.Epochs, Epoch{
			Epoch: at.Epoch + 1, LR: t.rate(at.Epoch, 0),
			TrainLoss: at.Loss / float64(steps), TrainTop1: float64(at.Right) / float64(steps*t.net.In.N),
			TestLoss: score.Loss, TestTop1: score.Top1, TestTop5: score.Top5,
		})
		if hooks.Done != nil {
			hooks.Done(at.Epochs[at.Epoch])
		}
	}
	return at, nil
}

// rate is the learning rate of a step.
func (t *Trainer) rate(epoch, step int) float64 {
	return t.config.Schedule.At(float64(epoch) + (float64(step)+1)/float64(t.Steps()))
}

// Step trains on one batch and returns its loss. The order of the epoch's pictures must stand in place, as Fit puts it.
func (t *Trainer) Step(c *nn.Context, epoch, step int) float64 {
	n := t.net.In.N
	c.Train = true
	t.load(c, t.train, t.order[step*n:(step+1)*n], t.config.Augment, epoch)
	t.net.ZeroGrad()
	loss, grad := t.loss.Loss(c, t.net.Forward(c, t.x), t.labels)
	t.net.Backward(c, grad)
	t.sgd.Step(c, float32(t.rate(epoch, step)))
	return loss
}

// Evaluate scores the network on the test pictures.
func (t *Trainer) Evaluate(c *nn.Context) Score {
	n := t.net.In.N
	c.Train = false
	var s Score
	var seen int
	for lo := 0; lo < t.testN; lo += n {
		if t.config.Tests > 0 && lo >= t.config.Tests*n {
			break
		}
		batch := t.every[lo:min(lo+n, t.testN)]
		t.load(c, t.test, batch, nil, 0)
		loss, _ := t.loss.Loss(c, t.net.Forward(c, t.x.First(len(batch))), t.labels)
		s.Loss += loss * float64(len(batch))
		for _, r := range t.loss.Ranks[:len(batch)] {
			if r == 0 {
				s.Top1++
			}
			if r < 5 {
				s.Top5++
			}
		}
		seen += len(batch)
	}
	return Score{s.Loss / float64(seen), s.Top1 / float64(seen), s.Top5 / float64(seen)}
}

func (t *Trainer) load(c *nn.Context, b *dataset.Batcher, indices []int, aug *dataset.Augment, epoch int) {
	t.fill = fill{t, b, indices, aug, epoch}
	c.Run(len(indices), &t.fill)
}

// fill writes the pictures of one batch.
type fill struct {
	*Trainer
	batcher *dataset.Batcher
	indices []int
	augment *dataset.Augment
	epoch   int
}

func (f *fill) Do(_, i int) {
	f.labels[i] = f.batcher.FillOne(f.x.Picture(i), f.indices[i], f.augment, f.config.Seed, f.epoch)
}
