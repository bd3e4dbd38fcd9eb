package nn

import "cenet/nn/kernel"

// GroupNorm normalises groups of neighbouring channels over the pixels of each image, then scales each channel by γ and shifts it
// by β. It does the same in training and in evaluation. A group for each channel makes it InstanceNorm, one group of all
// LayerNorm with a scale for each channel.
//
// References:
//
//	Wu, He: Group Normalization (2018), section 3.
//	Ulyanov, Vedaldi, Lempitsky: Instance Normalization (2016).
//	Ba, Kiros, Hinton: Layer Normalization (2016).
type GroupNorm struct {
	Gamma, Beta *Param
	Epsilon     float32

	path, kind       string
	groups           int
	y, dx            Tensor
	mean, inv        []float32 // (N, groups)
	parts            []float32 // (N, 2, C), gradients of γ and β by image
	sums             []float32 // (2, C)
	x, out, dy, grad Tensor    // of the pass under way
}

// NewGroupNorm returns the normalisation of the given number of groups of the channels, with γ = gamma at the start and ε = 1e-5. It panics
// where the groups do not divide the channels.
func NewGroupNorm(b *Builder, path string, channels, groups int, gamma float32) *GroupNorm {
	if groups < 1 || channels%groups != 0 {
		panic("nn: groups that do not divide the channels")
	}
	return &GroupNorm{
		path: path, kind: "GroupNorm", groups: groups,
		Gamma: b.Param(path+"/gamma", false, Constant(gamma), channels),
		Beta:  b.Param(path+"/beta", false, Constant(0), channels), Epsilon: 1e-5,
	}
}

// NewInstanceNorm is NewGroupNorm with a group for each channel. Images of one pixel it refuses: nothing would be left of them.
func NewInstanceNorm(b *Builder, path string, channels int, gamma float32) *GroupNorm {
	n := NewGroupNorm(b, path, channels, channels, gamma)
	n.kind = "InstanceNorm"
	return n
}

// NewLayerNorm is NewGroupNorm with one group.
func NewLayerNorm(b *Builder, path string, channels int, gamma float32) *GroupNorm {
	n := NewGroupNorm(b, path, channels, 1, gamma)
	n.kind = "LayerNorm"
	return n
}

// Plan keeps the shape.
func (n *GroupNorm) Plan(p *Plan, x Value) Value {
	p.Step(n.path)
	if x.C != Size(n.Gamma.Shape) {
		p.Failf("normalises %d channels, not %d", Size(n.Gamma.Shape), x.C)
	}
	if x.Pixels()*x.C/n.groups < 2 {
		p.Failf("a group of one channel and one pixel is normalised to nothing: larger groups or images")
	}
	y := p.Transient(&n.y, x.Shape, x)
	y.intact = true
	p.Grad(&n.dx, x)
	p.Keep(&n.mean, x.N*n.groups)
	p.Keep(&n.inv, x.N*n.groups)
	p.Scratch(&n.parts, 2*x.N*x.C)
	p.Scratch(&n.sums, 2*x.C)
	p.Report(n.kind, y, Cost{Other: 2 * y.Len()})
	return y
}

// Forward normalises each image by itself.
func (n *GroupNorm) Forward(c *Context, x Tensor) Tensor {
	n.x, n.out = x, n.y.First(x.N)
	c.Run(x.N, (*groupNormForward)(n))
	return n.out
}

// Backward adds the gradients of the images in their order.
func (n *GroupNorm) Backward(c *Context, dy Tensor) Tensor {
	n.dy, n.grad = dy, n.dx
	if n.dx.Data != nil {
		n.grad = n.dx.First(dy.N)
	}
	c.Run(dy.N, (*groupNormBackward)(n))
	kernel.Zero(n.sums)
	kernel.Reduce(n.sums, n.parts, dy.N)
	kernel.Add(n.Gamma.Grad, n.sums[:dy.C])
	kernel.Add(n.Beta.Grad, n.sums[dy.C:])
	return n.grad
}

type (
	groupNormForward  GroupNorm
	groupNormBackward GroupNorm
)

func (n *groupNormForward) Do(_, i int) {
	g := n.groups
	kernel.GroupNorm(n.out.Image(i), n.x.Image(i), n.Gamma.Data, n.Beta.Data, n.mean[i*g:(i+1)*g], n.inv[i*g:(i+1)*g], float64(n.Epsilon))
}

func (n *groupNormBackward) Do(_, i int) {
	g, c := n.groups, n.x.C
	var dx []float32
	if n.grad.Data != nil {
		dx = n.grad.Image(i)
	}
	part := n.parts[2*c*i:][:2*c]
	kernel.GroupNormBackward(dx, n.dy.Image(i), n.x.Image(i), n.Gamma.Data, n.mean[i*g:(i+1)*g], n.inv[i*g:(i+1)*g], part[:c], part[c:])
}
