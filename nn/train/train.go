// Package train fits a network to labelled images and evaluates it.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/optim"
)

// Input is the shape of a batch of images of a set, with the given number of pixels added on every side.
func Input(s *dataset.Set, batch, pad int) nn.Shape {
	h, w := s.Padded(pad)
	return nn.Shape{N: batch, H: h, W: w, C: s.Channels}
}

// Config says how a network is fitted.
type Config struct {
	Epochs   int
	Schedule optim.Schedule
	Seed     uint64 // of the order of the images and of their augmentation
	Augment  *dataset.Augment
	Steps    int  // most steps an epoch; 0: as many as there are full batches
	Tests    int  // most batches of test images; 0: all
	Score    bool // after each epoch, evaluate the training images too, without augmentation
	// Probe, where not nil, looks at the network after each epoch.
	Probe func() *Probe
	// Tested, where not nil, is called with how many of the test images are done.
	Tested func(done, all int)
	// Finite has Evaluate end with a *NotFiniteError at the first output that is not finite.
	Finite bool
}

// A Score is the mean loss and the share of correct answers over a set.
type Score struct{ Loss, Top1, Top5 float64 }

// A NotFiniteError is a loss that is NaN or infinite: the training has diverged.
type NotFiniteError struct {
	Loss        float64
	Epoch, Step int    // from 1; Step 0 is the evaluation after the epoch
	Layer       string // path of the first layer whose output is not finite; "": all are
}

func (e *NotFiniteError) Error() string {
	text := fmt.Sprintf("the loss is %v at epoch %d, step %d", e.Loss, e.Epoch, e.Step)
	if e.Step == 0 {
		text = fmt.Sprintf("the test loss is %v after epoch %d", e.Loss, e.Epoch)
	}
	if e.Layer == "" {
		return text + "; the output of every layer is finite"
	}
	return text + "; the first layer whose output is not finite: " + e.Layer
}

// diverged returns a NotFiniteError where the loss of the last Forward, of the images x, is not finite. It runs the network
// again to find the layer.
func (t *Trainer) diverged(x nn.Tensor, loss float64, epoch, step int) error {
	if finite(loss) {
		return nil
	}
	layer, err := t.executor.FirstNotFinite(x.Data)
	if err != nil {
		return err
	}
	return &NotFiniteError{loss, epoch + 1, step, layer}
}

func finite(loss float64) bool { return !math.IsNaN(loss) && !math.IsInf(loss, 0) }

// A Trainer fits one network. It owns the buffers of a batch, so that a step allocates nothing.
type Trainer struct {
	net         *nn.Network
	loss        *nn.CrossEntropy
	cpu         *cpu
	executor    graph.Executor // cpu, or a device
	background  *background    // of a device, else nil
	train, test dataset.Loader
	trainN      int
	testN       int
	config      Config

	batches [2]batch // the second for a device alone: it is loaded while passes run on the first
	turn    int      // the one at hand
	order   []int
	every   []int // 0, 1, 2, …: images in order
	logits  nn.Tensor
	fill    fill
}

type loader = dataset.Loader

// A batch is some images of a loader's pass.
type batch struct {
	x      nn.Tensor
	labels []int
	failed []error // of each image

	loader loader // nil: there is nothing in it
	from   int    // of the pass, the first image
	err    error  // why an image is not there
}

func newBatch(s nn.Shape) batch {
	return batch{x: nn.NewTensor(s), labels: make([]int, s.N), failed: make([]error, s.N)}
}

// Close ends what the trainer does in the background, and closes the executor of a device.
func (t *Trainer) Close() {
	if t.background != nil {
		close(t.background.jobs)
		t.executor.Close()
	}
	t.train.Close()
	t.test.Close()
}

// New returns a trainer whose batches have as many images as the network was built for. The images of both sets are
// normalised as data says, and padded on every side by pad pixels. The optimizer is nil if nothing is trained. Close the trainer after its
// use. New panics if the images of a set, their classes or the loss do not fit the network.
func New(net *nn.Network, loss *nn.CrossEntropy, sgd *optim.SGD, data *dataset.Data, pad int, c Config) *Trainer {
	switch in := net.In; {
	case Input(data.Train, in.N, pad) != in || Input(data.Test, in.N, pad) != in:
		panic("train: images of another size or other channels than the network was built for")
	case net.Out.H != 1 || net.Out.W != 1 || loss.Classes() != net.Out.C:
		panic("train: loss of another number of classes than the network's outputs")
	case len(loss.Losses) < in.N:
		panic("train: loss of fewer images than a batch of the network")
	case len(data.Train.Classes) > net.Out.C || len(data.Test.Classes) > net.Out.C:
		panic("train: more classes of images than the network has outputs")
	}
	norm := data.Normalisation()
	t := &Trainer{
		net: net, loss: loss, cpu: &cpu{net: net, loss: loss, sgd: sgd}, config: c,
		train:  dataset.NewLoader(data.Train, norm, pad),
		test:   dataset.NewLoader(data.Test, norm, pad),
		trainN: data.Train.Len(), testN: data.Test.Len(),
		batches: [2]batch{newBatch(net.In)},
		logits:  nn.NewTensor(net.Out),
		order:   make([]int, data.Train.Len()),
		every:   make([]int, max(data.Train.Len(), data.Test.Len())),
	}
	t.executor = t.cpu
	for i := range t.every {
		t.every[i] = i
	}
	return t
}

// Steps is the number of steps of an epoch: full batches, so that every step normalises over as many images.
func (t *Trainer) Steps() int {
	n := t.trainN / t.net.In.N
	if t.config.Steps > 0 {
		n = min(n, t.config.Steps)
	}
	return n
}

// Hooks are notified of the progress of a training. Each may be nil.
type Hooks struct {
	Step func() // a step is done
	// Save is called after every step with the position to go on from.
	// An error ends the training.
	Save func(Position) error
	Done func(Epoch) // an epoch is done and tested
}

// Fit trains from a position to the end and returns the last position. It ends early with ctx's error, with that of a hook,
// of an image that cannot be read, or with a *NotFiniteError: where a loss of training is not finite, or that of the last
// evaluation. Network and optimizer are then where the training is, whatever it ran on. It does not begin without an optimizer, with a
// schedule that is not possible, or with fewer images than a batch.
func (t *Trainer) Fit(ctx context.Context, c *nn.Context, at Position, hooks Hooks) (Position, error) {
	if err := t.check(); err != nil {
		return at, err
	}
	at, err := t.fit(ctx, c, at, hooks)
	if pull := t.Pull(); pull != nil {
		err = errors.Join(err, pull)
	}
	return at, err
}

// check says in a line why a training cannot begin.
func (t *Trainer) check() error {
	switch {
	case t.cpu.sgd == nil:
		return errors.New("train: no optimizer")
	case t.Steps() < 1:
		return fmt.Errorf("train: a batch of %d images is more than the %d of the training set", t.net.In.N, t.trainN)
	case t.testN < 1:
		return errors.New("train: no test images")
	}
	return t.config.Schedule.Check()
}

func (t *Trainer) fit(ctx context.Context, c *nn.Context, at Position, hooks Hooks) (Position, error) {
	for ; at.Epoch < t.config.Epochs; at = (Position{Epoch: at.Epoch + 1, Epochs: at.Epochs, Seconds: at.Seconds}) {
		steps := t.Steps()
		t.Begin(at.Epoch, at.Step)
		for at.Step < steps {
			if err := ctx.Err(); err != nil {
				return at, err
			}
			loss, err := t.Step(c, at.Epoch, at.Step)
			if err != nil {
				return at, err
			}
			at.Step++
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
		score, err := t.evaluate(ctx, c, at.Epoch)
		if err != nil {
			return at, err
		}
		at.Epochs = append(at.Epochs, Epoch{
			Epoch: at.Epoch + 1, LR: t.rate(at.Epoch, 0),
			TrainLoss: at.Loss / float64(steps), TrainTop1: float64(at.Right) / float64(steps*t.net.In.N),
			TestLoss: score.Loss, TestTop1: score.Top1, TestTop5: score.Top5,
		})
		if t.config.Score {
			fit, err := t.score(ctx, c, t.train, t.trainN, -1)
			if err != nil {
				return at, err
			}
			at.Epochs[at.Epoch].FitTop1 = &fit.Top1
		}
		if t.config.Probe != nil {
			if err := t.Pull(); err != nil {
				return at, err
			}
			at.Epochs[at.Epoch].Probe = t.config.Probe()
		}
		if hooks.Done != nil {
			hooks.Done(at.Epochs[at.Epoch])
		}
	}
	return at, nil
}

// rate is the learning rate of a step, whether or not the epoch is cut short.
func (t *Trainer) rate(epoch, step int) float64 {
	return t.config.Schedule.At(epoch, step, t.trainN/t.net.In.N)
}

// Begin puts the images of an epoch into their order, of which the steps from step on are used.
func (t *Trainer) Begin(epoch, step int) {
	n := t.net.In.N
	t.forget()
	dataset.Order(t.order, t.config.Seed, epoch)
	t.train.Begin(dataset.Pass{
		Order: t.order[:t.Steps()*n], From: step * n,
		Augment: t.config.Augment, Seed: t.config.Seed, Epoch: epoch,
	})
}

// forget empties the batches, before a loader begins another pass.
func (t *Trainer) forget() {
	for i := range t.batches {
		t.batches[i].loader = nil
	}
}

// Step trains on one batch of the epoch that Begin has begun, and returns its loss. Where that is not finite, the error is a
// *NotFiniteError, and the parameters stay as they are.
func (t *Trainer) Step(c *nn.Context, epoch, step int) (float64, error) {
	n := t.net.In.N
	b, err := t.batch(c, t.train, step*n, n)
	if err != nil {
		return 0, err
	}
	next := n
	if step+1 >= t.Steps() {
		next = 0
	}
	err = t.pass(c, job{
		step: graph.Step{
			Images: b.x.Data, Labels: b.labels, LR: float32(t.rate(epoch, step)),
			Seed: t.config.Seed, Number: uint64(epoch*t.Steps() + step),
		},
		result: graph.Result{Losses: t.loss.Losses, Ranks: t.loss.Ranks},
	}, (step+1)*n, next)
	if err != nil {
		return 0, err
	}
	b.loader = nil // a step that is done again loads it again
	loss := t.loss.Mean(n)
	return loss, t.diverged(b.x, loss, epoch, step+1)
}

// Evaluate scores the network on the test images. It ends early with ctx's error.
func (t *Trainer) Evaluate(ctx context.Context, c *nn.Context) (Score, error) {
	return t.evaluate(ctx, c, -1)
}

// evaluate is Evaluate after an epoch. A loss that is not finite is an error after the last epoch alone: before, the running
// statistics of a deep network may trail its weights so far that the activations overflow, and catch up later.
func (t *Trainer) evaluate(ctx context.Context, c *nn.Context, epoch int) (Score, error) {
	return t.score(ctx, c, t.test, t.testN, epoch)
}

// score is evaluate on the first images of a loader.
func (t *Trainer) score(ctx context.Context, c *nn.Context, images dataset.Loader, wanted, epoch int) (Score, error) {
	n := t.net.In.N
	if wanted < 1 {
		return Score{}, errors.New("train: no images to evaluate on")
	}
	if t.config.Tests > 0 {
		wanted = min(wanted, t.config.Tests*n)
	}
	t.forget()
	images.Begin(dataset.Pass{Order: t.every[:wanted]})
	var s Score
	for lo := 0; lo < wanted; lo += n {
		if err := ctx.Err(); err != nil {
			return Score{}, err
		}
		batch := min(n, wanted-lo)
		b, err := t.batch(c, images, lo, batch)
		if err != nil {
			return Score{}, err
		}
		logits := t.logits.First(batch)
		if err := t.pass(c, job{step: graph.Step{Images: b.x.Data}, out: logits.Data}, lo+n, min(n, max(0, wanted-lo-n))); err != nil {
			return Score{}, err
		}
		c.Train = false
		loss, _ := t.loss.Loss(c, logits, b.labels)
		if t.config.Finite && epoch < 0 && !kernel.Finite(logits.Data) {
			layer, err := t.executor.FirstNotFinite(b.x.Data)
			return Score{}, errors.Join(err, &NotFiniteError{Loss: loss, Layer: layer})
		}
		if epoch+1 == t.config.Epochs {
			if err := t.diverged(b.x, loss, epoch, 0); err != nil {
				return Score{}, err
			}
		}
		s.Loss += float64(loss * float64(batch))
		for _, r := range t.loss.Ranks[:batch] {
			if r == 0 {
				s.Top1++
			}
			if r < 5 {
				s.Top5++
			}
		}
		if t.config.Tested != nil {
			t.config.Tested(lo+batch, wanted)
		}
	}
	seen := float64(wanted)
	return Score{s.Loss / seen, s.Top1 / seen, s.Top5 / seen}, nil
}

// load writes n images of a loader's pass, from the one at from on, to a batch.
func (t *Trainer) load(c *nn.Context, b *batch, l loader, from, n int) error {
	b.x.N = n
	b.x.Data = b.x.Data[:b.x.Len()]
	b.loader, b.from = l, from
	t.fill = fill{b}
	c.Run(n, &t.fill)
	for _, err := range b.failed[:n] {
		if err != nil {
			return err
		}
	}
	return nil
}

// fill writes the images of one batch.
type fill struct{ *batch }

func (f *fill) Do(_, i int) {
	f.labels[i], f.failed[i] = f.loader.FillOne(f.x.Image(i), f.from+i)
}
