package weights

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/graph"
	"cenet/nn/npy"
	"cenet/nn/optim"
	"cenet/nn/train"
)

// A Trained is a network whose weights are in a file.
type Trained struct {
	spec.Setup
	Weights string       // file under PyTorch's names: safetensors, or PyTorch's own
	About   *About       // what the file says of the network; nil: nothing
	Device  graph.Device // that it runs on; nil: the CPU
	// Say, where not nil, is given a line on what of a folder or of a file of weights is not read.
	Say func(line string)
}

// say tells lines.
func (v *Trained) say(lines ...string) {
	for _, line := range lines {
		if v.Say != nil && line != "" {
			v.Say(line)
		}
	}
}

// Channels are those of the images.
func (v *Trained) Channels() int {
	if v.About != nil {
		return v.About.Channels
	}
	return 3
}

// Classes is the number of classes that the file's last layer tells.
func (v *Trained) Classes() (int, error) {
	_, params, err := network.Describe(v.Setup, v.Side(), v.Channels(), 2)
	if err != nil {
		return 0, err
	}
	var last string
	for _, p := range params {
		if len(p.Shape) == 2 && !strings.Contains(p.Path, "/block/") {
			last = weightOf(&v.Setup, p.Path, p.Shape, nil).name
		}
	}
	f, file, err := openStored(v.Weights)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", v.Weights, err)
	}
	defer file.Close()
	shape, ok := f.shape(last)
	if !ok || len(shape) != 2 || shape[0] < 1 || shape[0] > 1<<20 {
		return 0, fmt.Errorf("%s: no matrix %q, by which %s tells its classes; nearest: %q", v.Weights, last, v.Model.Backbone, spec.Nearest(last, f.names()))
	}
	return shape[0], nil
}

// Side is that of images which the network takes.
func (v *Trained) Side() int {
	if v.About != nil {
		return v.About.Size + 2*v.About.Pad
	}
	return network.PaperSide
}

// network builds the network for inference and reads its weights. The error is an InputError.
func (v *Trained) network(in nn.Shape, workers int) (*nn.Network, error) {
	classes, err := v.Classes()
	if err != nil {
		return nil, &spec.InputError{Err: err}
	}
	net, err := network.New(&v.Setup, in, classes, nn.Options{Workers: workers, Inference: true, Lazy: v.Device != nil})
	if err != nil {
		return nil, &spec.InputError{Err: err}
	}
	v.say(noteOf(v.Weights))
	return net, Read(&v.Setup, net, v.Weights)
}

// inference returns what runs the network on images, on the device where there is one, and what ends it.
func (v *Trained) inference(net *nn.Network, c *nn.Context) (infer func(x nn.Tensor) ([]float32, error), done func(), err error) {
	if v.Device == nil {
		return func(x nn.Tensor) ([]float32, error) { return net.Forward(c, x).Data, nil }, func() {}, nil
	}
	e, err := train.Open(v.Device, net, nil, nil)
	if err != nil {
		return nil, nil, &spec.InputError{Err: err}
	}
	out := nn.NewTensor(net.Out)
	return func(x nn.Tensor) ([]float32, error) {
		y := out.First(x.N).Data
		return y, e.Infer(y, x.Data)
	}, func() { e.Close() }, nil
}

// most images of a forward pass at once.
const batchForward = 32

// Forward reads images of shape (N, C, H, W), as PyTorch has them, from a .npy file, and writes the network's outputs, (N, classes), to
// another. It returns the shape of the outputs.
func (v *Trained) Forward(input, output string) (shape []int, err error) {
	shape, images, err := readImages(input, v.Channels())
	if err != nil {
		return nil, err
	}
	in := nn.Shape{N: min(shape[0], batchForward), H: shape[2], W: shape[3], C: shape[1]}
	c := nn.NewContext(0)
	defer c.Close()
	net, err := v.network(in, c.Pool.Workers())
	if err != nil {
		return nil, err
	}
	x := nn.NewTensor(in)
	infer, done, err := v.inference(net, c)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []float32
	for first := 0; first < shape[0]; first += in.N {
		n := min(in.N, shape[0]-first)
		channelsLast(x.First(n), images[first*x.Len()/x.N:])
		y, err := infer(x.First(n))
		if err != nil {
			return nil, err
		}
		out = append(out, y...)
	}
	shape = []int{shape[0], len(out) / shape[0]}
	file, err := os.Create(output)
	if err != nil {
		return nil, &spec.InputError{Err: err}
	}
	return shape, errors.Join(npy.Write(file, shape, out), file.Close())
}

// mostGradients bounds the images of a pass whose activations are all kept.
const mostGradients = 256

// Gradients reads images of shape (N, C, H, W) and their classes, of shape (N), from .npy files, and writes the gradients of the mean
// cross-entropy with respect to all parameters to a safetensors file, under PyTorch's names and in its order: those of one pass in
// training mode, without dropout. It returns the loss.
func (v *Trained) Gradients(input, labels, output string) (loss float64, err error) {
	shape, images, err := readImages(input, v.Channels())
	if err != nil {
		return 0, err
	}
	of, values, err := readArray(labels)
	if err == nil && (len(of) != 1 || of[0] != shape[0] || of[0] > mostGradients) {
		err = fmt.Errorf("the shape is %v, expected (%d), the number of images, at most %d", of, shape[0], mostGradients)
	}
	if err != nil {
		return 0, &spec.InputError{Err: fmt.Errorf("%s: %w", labels, err)}
	}
	classes, err := v.Classes()
	if err != nil {
		return 0, &spec.InputError{Err: err}
	}
	truth := make([]int, len(values))
	for i, value := range values {
		if truth[i] = int(value); !(value >= 0 && int(value) < classes && float32(truth[i]) == value) {
			return 0, &spec.InputError{Err: fmt.Errorf("%s: element %d is %v, expected a class from 0 to %d", labels, i, value, classes-1)}
		}
	}
	c := nn.NewContext(0)
	defer c.Close()
	in := nn.Shape{N: shape[0], H: shape[2], W: shape[3], C: shape[1]}
	net, err := network.New(&v.Setup, in, classes, nn.Options{Workers: c.Pool.Workers(), Lazy: v.Device != nil})
	if err != nil {
		return 0, &spec.InputError{Err: err}
	}
	v.say(noteOf(v.Weights))
	if err := Read(&v.Setup, net, v.Weights); err != nil {
		return 0, err
	}
	x := nn.NewTensor(in)
	channelsLast(x, images)
	c.Train, c.Random.Off = true, true
	cross := nn.NewCrossEntropy(in.N, classes, 0)
	if v.Device != nil {
		loss, err = v.gradients(c, net, cross, x, truth)
	} else {
		var grad nn.Tensor
		loss, grad = cross.Loss(c, net.Forward(c, x), truth)
		net.Backward(c, grad)
	}
	if err != nil {
		return 0, err
	}
	var list []weight
	for _, p := range net.Params {
		list = append(list, weightOf(&v.Setup, p.Path, p.Shape, p.Grad))
	}
	return loss, writeWeights(list, nil, output)
}

// gradients does a pass forward and back on the device, and returns the loss.
func (v *Trained) gradients(c *nn.Context, net *nn.Network, cross *nn.CrossEntropy, x nn.Tensor, truth []int) (loss float64, err error) {
	e, err := train.Open(v.Device, net, cross, optim.NewSGD(net, 0, 0, false, false))
	if err != nil {
		return 0, &spec.InputError{Err: err}
	}
	defer e.Close()
	passes, ok := e.(graph.Passes)
	if !ok {
		return 0, &spec.InputError{Err: fmt.Errorf("%s has no passes by themselves: --device cpu", v.Device.Info().Name)}
	}
	if err := passes.ZeroGrad(); err != nil {
		return 0, err
	}
	logits, err := passes.Forward(x.Data, graph.Random{Train: true, Off: true})
	if err != nil {
		return 0, err
	}
	loss, grad := cross.Loss(c, nn.Tensor{Shape: net.Out, Data: logits}, truth)
	if _, err := passes.Backward(grad.Data); err != nil {
		return 0, err
	}
	return loss, e.Pull(graph.Host{Grads: net.Host().Grads})
}

// channelsLast copies images of shape (N, C, H, W), as many as x has.
func channelsLast(x nn.Tensor, images []float32) {
	pixels := x.H * x.W
	for i, v := range images[:x.Len()] {
		x.Data[(i/(x.C*pixels)*pixels+i%pixels)*x.C+i/pixels%x.C] = v
	}
}

// readImages reads an array of shape (N, channels, H, W). The error is an InputError.
func readImages(path string, channels int) (shape []int, data []float32, err error) {
	shape, data, err = readArray(path)
	if err == nil && (len(shape) != 4 || shape[0] < 1 || shape[1] != channels || shape[2] < 1 || shape[3] < 1) {
		err = fmt.Errorf("the shape is %v, expected (N, %d, H, W)", shape, channels)
	}
	if err != nil {
		return nil, nil, &spec.InputError{Err: fmt.Errorf("%s: %w", path, err)}
	}
	return shape, data, nil
}

func readArray(path string) (shape []int, data []float32, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, Bare(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	return npy.Read(file, info.Size())
}

// A View says how images are brought into the form that a network takes.
type View struct {
	Size, Resize    int       // side of what is cut out of the centre, and that to which the shorter side is resized before; 0: Size
	Pad             int       // zeros on every side
	Mean, Deviation []float64 // of each channel
	Batch           int
}

// View is that of the images the network was trained on, as far as its file says, else the usual one of ImageNet.
func (v *Trained) View() View {
	if a := v.About; a != nil {
		return View{a.Size, a.Resize, a.Pad, a.Mean, a.Deviation, 32}
	}
	return View{Size: 224, Resize: 256, Mean: dataset.ImageNet.Mean, Deviation: dataset.ImageNet.Std, Batch: 32}
}

// String tells it in a line.
func (w View) String() string {
	text := fmt.Sprintf("images resized to %d, %d×%d of them", cmp.Or(w.Resize, w.Size), w.Size, w.Size)
	if w.Pad > 0 {
		text += fmt.Sprintf(", padded by %d", w.Pad)
	}
	return text + fmt.Sprintf(", mean %.4g, deviation %.4g", w.Mean, w.Deviation)
}

func (w View) options() dataset.Options {
	return dataset.Options{Size: w.Size, Resize: w.Resize, Normalise: dataset.ByImageNet}
}

// fit makes what was read of images what the network takes: their channels, and the normalisation.
func (v *Trained) fit(data *dataset.Data, w View) error {
	if n := v.Channels(); len(w.Mean) != n || len(w.Deviation) != n {
		return &spec.InputError{Err: fmt.Errorf("%d means and %d deviations, expected %d of each, one a channel", len(w.Mean), len(w.Deviation), n)}
	} else if n == 1 {
		if err := data.Grey(); err != nil {
			return &spec.InputError{Err: err}
		}
	}
	data.Norm = dataset.Normalisation{Mean: w.Mean, Std: w.Deviation}
	return nil
}

// on builds the network for the test images of data, and what runs it on them.
func (v *Trained) on(data *dataset.Data, w View, tested func(done, all int)) (t *train.Trainer, c *nn.Context, net *nn.Network, err error) {
	set := data.Test
	in := train.Input(set, min(w.Batch, set.Len()), w.Pad)
	c = nn.NewContext(0)
	if net, err = v.network(in, c.Pool.Workers()); err != nil {
		c.Close()
		return nil, nil, nil, err
	}
	loss := nn.NewCrossEntropy(in.N, net.Out.C, 0)
	t = train.New(net, loss, nil, data, w.Pad, train.Config{Tested: tested})
	if v.Device != nil {
		e, err := train.Open(v.Device, net, loss, nil)
		if err != nil {
			t.Close()
			c.Close()
			return nil, nil, nil, &spec.InputError{Err: err}
		}
		t.On(e)
	}
	return t, c, net, nil
}

// Evaluate returns the loss and the accuracies on the images of a folder, dir/test/CLASS, dir/val/CLASS or dir/CLASS, and their number.
// The classes are numbered in the order of their names.
func (v *Trained) Evaluate(dir string, w View, tested func(done, all int)) (s train.Score, n int, err error) {
	data, err := dataset.OpenTest(dir, w.options())
	if err != nil {
		return s, 0, &spec.InputError{Err: err}
	}
	classes, err := v.Classes()
	if err != nil {
		return s, 0, &spec.InputError{Err: err}
	}
	v.say(data.Notes...)
	if err := v.fit(data, w); err != nil {
		return s, 0, err
	}
	if n := len(data.Test.Classes); n != classes {
		return s, 0, &spec.InputError{Err: fmt.Errorf("%s has %d classes, %s %d", dir, n, v.Weights, classes)}
	}
	if v.About != nil && !slices.Equal(v.About.Classes, data.Test.Classes) {
		v.say(fmt.Sprintf("%s has the classes %s, %s was trained on %s: they are taken in this order", dir, short(data.Test.Classes), v.Weights, short(v.About.Classes)))
	}
	t, c, _, err := v.on(data, w, tested)
	if err != nil {
		return s, 0, err
	}
	defer c.Close()
	defer t.Close()
	s, err = t.Evaluate(context.Background(), c)
	return s, data.Test.Len(), err
}

// short names the first of some classes.
func short(classes []string) string {
	const most = 5
	if len(classes) > most {
		return strings.Join(classes[:most], ", ") + " …"
	}
	return strings.Join(classes, ", ")
}

// A Guess is a class with the probability that a network gives it.
type Guess struct {
	Class int
	P     float64
}

// Predict returns for each image the classes with the largest probabilities, most of them.
func (v *Trained) Predict(paths []string, w View, most int) (guesses [][]Guess, err error) {
	data, err := dataset.OpenImages(paths, w.options())
	if err != nil {
		return nil, &spec.InputError{Err: err}
	}
	if err := v.fit(data, w); err != nil {
		return nil, err
	}
	set := data.Test
	in := train.Input(set, 1, w.Pad)
	c := nn.NewContext(0)
	defer c.Close()
	net, err := v.network(in, c.Pool.Workers())
	if err != nil {
		return nil, err
	}
	infer, done, err := v.inference(net, c)
	if err != nil {
		return nil, err
	}
	defer done()
	loader := dataset.NewLoader(set, data.Normalisation(), w.Pad)
	defer loader.Close()
	order := make([]int, set.Len())
	for i := range order {
		order[i] = i
	}
	loader.Begin(dataset.Pass{Order: order})
	x := nn.NewTensor(in)
	for i := range order {
		if _, err := loader.FillOne(x.Data, i); err != nil {
			return nil, &spec.InputError{Err: err}
		}
		y, err := infer(x)
		if err != nil {
			return nil, err
		}
		largest, sum := slices.Max(y), 0.0
		var list []Guess
		for class, v := range y {
			p := math.Exp(float64(v - largest))
			sum += p
			list = append(list, Guess{class, p})
		}
		slices.SortStableFunc(list, func(a, b Guess) int { return cmp.Compare(b.P, a.P) })
		list = list[:min(most, len(list))]
		for i := range list {
			list[i].P /= sum
		}
		guesses = append(guesses, list)
	}
	return guesses, nil
}
