package weights

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"cenet/experiments/mistake"
	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/npy"
	"cenet/nn/optim"
	"cenet/nn/statedict"
	"cenet/nn/train"
)

// most images of a forward pass at once.
const batchForward = 32

// Forward reads images of shape (N, C, H, W), as PyTorch has them, from a .npy file, and writes the network's outputs, (N, classes), to
// another, which must not be a file that is read. It returns the shape of the outputs. An output that is not finite is an error, and
// nothing is written.
func (v *Trained) Forward(input, output string) (shape []int, err error) {
	if err := CheckOutput(output, input, v.Weights); err != nil {
		return nil, err
	}
	shape, images, classes, err := v.readImages(input)
	if err != nil {
		return nil, err
	}
	in := nn.Shape{N: min(shape[0], batchForward), H: shape[2], W: shape[3], C: shape[1]}
	c := nn.NewContext(0)
	defer c.Close()
	net, err := v.network(in, classes, nn.Options{Workers: c.Pool.Workers(), Inference: true})
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
	shape = []int{shape[0], classes}
	return shape, writeOutput(output, func(w io.Writer) error { return npy.Write(w, shape, out) })
}

// mostGradients bounds the images of a pass whose activations are all kept.
const mostGradients = 256

// Gradients reads images of shape (N, C, H, W) and their classes, of shape (N), from .npy files, and writes the gradients of the mean
// cross-entropy with respect to all parameters to a safetensors file, which must not be a file that is read, under PyTorch's names and in
// its order: those of one pass in training mode, without dropout. It returns the loss. A loss or a gradient that is not finite is an error,
// and nothing is written.
func (v *Trained) Gradients(input, labels, output string) (loss float64, err error) {
	if err := CheckOutput(output, input, labels, v.Weights); err != nil {
		return 0, err
	}
	shape, images, classes, err := v.readImages(input)
	if err != nil {
		return 0, err
	}
	of, values, err := readArray(labels)
	if err == nil && (len(of) != 1 || of[0] != shape[0] || of[0] > mostGradients) {
		err = fmt.Errorf("the shape is %v, expected (%d), the number of images, at most %d", of, shape[0], mostGradients)
	}
	if err != nil {
		return 0, mistake.Errorf("%s: %w", labels, err)
	}
	truth := make([]int, len(values))
	for i, value := range values {
		if truth[i] = int(value); !(value >= 0 && int(value) < classes && float32(truth[i]) == value) {
			return 0, mistake.Errorf("%s: element %d is %v, expected a class from 0 to %d", labels, i, value, classes-1)
		}
	}
	c := nn.NewContext(0)
	defer c.Close()
	in := nn.Shape{N: shape[0], H: shape[2], W: shape[3], C: shape[1]}
	net, err := v.network(in, classes, nn.Options{Workers: c.Pool.Workers()})
	if err != nil {
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
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, fmt.Errorf("the loss of %s is not finite: %v", v.Weights, loss)
	}
	var list []statedict.Tensor
	for _, p := range net.Params {
		if !kernel.Finite(p.Grad) {
			return 0, fmt.Errorf("the gradients of %s are not finite: that of %s is not", v.Weights, p.Path)
		}
		list = append(list, v.Network.Names().Tensor(p.Path, p.Shape, p.Grad))
	}
	return loss, writeTensors(list, nil, output)
}

// gradients does a pass forward and back on the device, and returns the loss.
func (v *Trained) gradients(c *nn.Context, net *nn.Network, cross *nn.CrossEntropy, x nn.Tensor, truth []int) (loss float64, err error) {
	e, err := train.Open(v.Device, net, cross, optim.NewSGD(net, optim.SGDOptions{}))
	if err != nil {
		return 0, mistake.Of(err)
	}
	defer e.Close()
	passes, ok := e.(graph.Passes)
	if !ok {
		return 0, mistake.Errorf("%s has no passes by themselves: --device cpu", v.Device.Info().Name)
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

// readImages reads finite numbers of shape (N, C, H, W), with the channels of the network, and returns its classes, too. The error is an
// mistake.Error.
func (v *Trained) readImages(path string) (shape []int, data []float32, classes int, err error) {
	channels, classes, err := v.Ends()
	if err != nil {
		return nil, nil, 0, err
	}
	shape, data, err = readArray(path)
	if err == nil && (len(shape) != 4 || shape[0] < 1 || shape[1] != channels || shape[2] < 1 || shape[3] < 1) {
		err = fmt.Errorf("the shape is %v, expected (N, %d, H, W)", shape, channels)
	}
	if err == nil {
		if i := slices.IndexFunc(data, func(x float32) bool { return x-x != 0 }); i >= 0 {
			w, h := shape[3], shape[2]
			err = fmt.Errorf("element (%d, %d, %d, %d) is %v, expected finite numbers", i/(channels*h*w), i/(h*w)%channels, i/w%h, i%w, data[i])
		}
	}
	if err != nil {
		return nil, nil, 0, mistake.Errorf("%s: %w", path, err)
	}
	if a := v.About; a != nil && (shape[2] != a.Height+2*a.Pad || shape[3] != a.Width+2*a.Pad) {
		v.say(fmt.Sprintf("%s has images of %d×%d (height×width), %s was trained on %d×%d", path, shape[2], shape[3], v.Weights, a.Height+2*a.Pad,
			a.Width+2*a.Pad))
	}
	return shape, data, classes, nil
}

func readArray(path string) (shape []int, data []float32, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, mistake.Bare(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	return npy.Read(file, info.Size())
}
