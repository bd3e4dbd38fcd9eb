package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"

	"cenet/nn/kernel"
)

// A Network is a planned layer tree with its memory.
type Network struct {
	Root    Layer
	In, Out Shape
	Params  []*Param // those with weight decay first
	Buffers []*Buffer
	Layers  []LayerInfo
	Memory  int // bytes of all slabs

	Precision Precision

	data, grad, state []float32 // one slab each of parameters, gradients, buffers
	decayed           int       // number of Params with weight decay
	reserve           func()    // the memory for passes; nil: it is
	workers           int       // at most, of a Context
	prepare           []func()
	prepared          bool
}

// place cuts the slabs of parameters, gradients and buffers.
func (n *Network) place(o Options) {
	size := 0
	for _, p := range n.Params {
		size += kernel.AlignUp(Size(p.Shape))
	}
	n.data = kernel.Aligned(size)
	if !o.Inference {
		n.grad = kernel.Aligned(size)
	}
	at := 0
	for _, p := range n.Params {
		k := Size(p.Shape)
		p.Data = n.data[at:][:k:k]
		if !o.Inference {
			p.Grad = n.grad[at:][:k:k]
		}
		at += kernel.AlignUp(k)
	}
	size = 0
	for _, b := range n.Buffers {
		size += kernel.AlignUp(Size(b.Shape))
	}
	n.state = kernel.Aligned(size)
	at = 0
	for _, b := range n.Buffers {
		k := Size(b.Shape)
		b.Data = n.state[at:][:k:k]
		at += kernel.AlignUp(k)
	}
}

// Groups returns the parameters and gradients as two slabs each, those with weight decay and those without, with the
// zeroed gaps of alignment in them: what an optimizer loops over.
func (n *Network) Groups() (decayed, plain struct{ Data, Grad []float32 }) {
	at := 0
	for _, p := range n.Params[:n.decayed] {
		at += kernel.AlignUp(len(p.Data))
	}
	decayed.Data, plain.Data = n.data[:at], n.data[at:]
	if n.grad != nil { // not built for inference
		decayed.Grad, plain.Grad = n.grad[:at], n.grad[at:]
	}
	return
}

// Forward computes the output of the images x, of shape In or with fewer images. It is valid until the next call. It panics if x does not
// have that shape, the Context has more workers than Options.Workers, or it is for training and the network for inference.
func (n *Network) Forward(c *Context, x Tensor) Tensor {
	switch {
	case x.H != n.In.H || x.W != n.In.W || x.C != n.In.C || x.N > n.In.N || x.N < 1:
		panic("nn: images of another shape than the network was built for")
	case len(x.Data) < x.Len():
		panic("nn: images with less data than their shape has")
	case c.Pool.Workers() > n.workers:
		panic("nn: a Context of more workers than the network was built for: see Options.Workers")
	case c.Train && n.grad == nil && len(n.Params) > 0:
		panic("nn: training of a network that was built for inference")
	}
	if !n.prepared {
		n.Prepare()
	}
	return n.Root.Forward(c, x)
}

// Prepare computes what a network for inference makes of its parameters and buffers beforehand: folded, packed weights. The first
// Forward calls it; call it again when parameters or buffers have changed since.
func (n *Network) Prepare() {
	n.Reserve()
	for _, f := range n.prepare {
		f()
	}
	n.prepared = true
}

// Backward adds the gradients of all parameters from that with respect to the output of the last Forward, which was in training. It panics
// if the network was built for inference, or dy has another shape than its output.
func (n *Network) Backward(c *Context, dy Tensor) Tensor {
	if n.grad == nil && len(n.Params) > 0 {
		panic("nn: a network that was built for inference has no backward pass")
	}
	if dy.H != n.Out.H || dy.W != n.Out.W || dy.C != n.Out.C || dy.N > n.Out.N || dy.N < 1 || len(dy.Data) < dy.Len() {
		panic("nn: a gradient of another shape than the network's output")
	}
	return n.Root.Backward(c, dy)
}

// ZeroGrad sets all gradients to 0.
func (n *Network) ZeroGrad() { kernel.Zero(n.grad) }

// Reserve reserves the memory for passes, where Options.Lazy has left that to the first of them.
func (n *Network) Reserve() {
	if n.reserve != nil {
		n.reserve()
		n.reserve = nil
	}
}

// NumParams is the number of learned values.
func (n *Network) NumParams() int {
	k := 0
	for _, p := range n.Params {
		k += len(p.Data)
	}
	return k
}

// Hash is the SHA-256 in hex of all parameters and buffers, to compare two networks bit for bit.
func (n *Network) Hash() string {
	h := sha256.New()
	var word [4]byte
	write := func(x []float32) {
		for _, v := range x {
			binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
			h.Write(word[:])
		}
	}
	for _, p := range n.Params {
		write(p.Data)
	}
	for _, b := range n.Buffers {
		write(b.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}
