package weights

import (
	"errors"

	"cenet/experiments/mistake"
	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/statedict"
	"cenet/nn/train"
)

// A Trained is a network whose weights are in a file.
type Trained struct {
	Network Network
	Weights string       // file under PyTorch's names: safetensors, or PyTorch's own
	About   *About       // what the file says of the network; nil: nothing
	Device  graph.Device // that it runs on; nil: the CPU
	// Say, where not nil, is given a line on what of a folder or of a file of weights is not read.
	Say func(line string)
}

// say passes lines on.
func (v *Trained) say(lines ...string) {
	for _, line := range lines {
		if v.Say != nil && line != "" {
			v.Say(line)
		}
	}
}

// Ends returns the number of channels of the images, which the first convolution in the file has, and that of the classes, which its last
// matrix has. The error is a mistake.Error.
func (v *Trained) Ends() (channels, classes int, err error) {
	b := nn.NewBuilder()
	if _, err := v.Network.Layers(b, 2, 3); err != nil { // the shapes do not matter, the names do
		return 0, 0, mistake.Of(err)
	}
	var first, last string
	for _, p := range b.Params() {
		if _, _, blocked := statedict.InBlock(p.Path); blocked {
			continue
		}
		name := v.Network.Names().Tensor(p.Path, p.Shape, nil).Name
		switch {
		case len(p.Shape) == 4 && first == "":
			first = name
		case len(p.Shape) == 2:
			last = name
		}
	}
	f, file, err := openStored(v.Weights)
	if err != nil {
		return 0, 0, mistake.Errorf("%s: %w", v.Weights, err)
	}
	defer file.Close()
	for _, end := range []struct {
		name, what string
		axes, axis int
		to         *int
	}{{first, "channels", 4, 1, &channels}, {last, "classes", 2, 0, &classes}} {
		shape, ok := f.Shape(end.name)
		if !ok || len(shape) != end.axes || shape[end.axis] < 1 || shape[end.axis] > 1<<20 {
			return 0, 0, mistake.Errorf("%s: no tensor %q of %d axes, which has the number of %s of %s; nearest: %q",
				v.Weights, end.name, end.axes, end.what, v.Network.Names().Backbone, mistake.Nearest(end.name, f.Names()))
		}
		*end.to = shape[end.axis]
	}
	if v.About != nil && v.About.Channels != channels {
		return 0, 0, mistake.Errorf("%s: metadata %q: %d channels, but %q has %d", v.Weights, aboutKey, v.About.Channels, first, channels)
	}
	return channels, classes, nil
}

// network builds the network for images of the given shape and reads its weights. The error is a mistake.Error.
func (v *Trained) network(in nn.Shape, classes int, o nn.Options) (*nn.Network, error) {
	o.Lazy, o.Precision = v.Device != nil, v.Network.Precision()
	b := nn.NewBuilder()
	root, err := v.Network.Layers(b, classes, in.C)
	if err != nil {
		return nil, err
	}
	net, err := b.Build(root, in, o)
	if err != nil {
		return nil, mistake.Errorf("%s does not take images of %d×%d pixels: %w", v.Weights, in.H, in.W, err)
	}
	v.say(notesOf(v.Weights)...)
	return net, Read(v.Network, net, v.Weights)
}

// inference returns what runs the network on images, on the device where there is one, and what ends it. An output that is not finite is an
// error.
func (v *Trained) inference(net *nn.Network, c *nn.Context) (infer func(x nn.Tensor) ([]float32, error), done func(), err error) {
	var e graph.Executor
	if v.Device != nil {
		if e, err = train.Open(v.Device, net, nil, nil); err != nil {
			return nil, nil, mistake.Of(err)
		}
	}
	out := nn.NewTensor(net.Out)
	infer = func(x nn.Tensor) (y []float32, err error) {
		y = out.First(x.N).Data
		if e == nil {
			copy(y, net.Forward(c, x).Data)
		} else if err := e.Infer(y, x.Data); err != nil {
			return nil, err
		}
		if kernel.Finite(y) {
			return y, nil
		}
		if e == nil {
			return nil, v.notFinite(net.FirstNotFinite(c, x))
		}
		layer, err := e.FirstNotFinite(x.Data)
		return nil, errors.Join(err, v.notFinite(layer))
	}
	return infer, func() {
		if e != nil {
			e.Close()
		}
	}, nil
}

// notFinite is the error of a network with outputs that are not finite, first those of the given layer.
func (v *Trained) notFinite(layer string) error {
	text := "the outputs of " + v.Weights + " are not finite"
	if layer != "" {
		text += "; the first layer with such an output: " + layer
	}
	return errors.New(text)
}
