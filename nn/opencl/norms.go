//go:build opencl

package opencl

import "cenet/nn/kernel"

// affine emits y = x·scale + shift by channel, with an epilogue: kernel.Affine and those with an addend or bounds.
func (b *builder) affine(y, x, scale, shift Buffer, e Epilogue, r Rows) *Call {
	switch {
	case !e.Addend.Nil() && e.Clamp:
		return b.rows("affine_add_clamp", r, y, x, e.Addend, scale, shift, e.Ceiling)
	case !e.Addend.Nil():
		return b.rows("affine_add", r, y, x, e.Addend, scale, shift)
	case e.Clamp:
		return b.rows("affine_clamp", r, y, x, scale, shift, e.Ceiling)
	}
	return b.rows("affine", r, y, x, scale, shift)
}

// scaleRows emits kernel.ScaleRows with an epilogue that has an addend or none.
func (b *builder) scaleRows(y, x, scale Buffer, e Epilogue, r Rows) *Call {
	switch {
	case !e.Addend.Nil() && e.Clamp:
		return b.rows("scale_rows_add_clamp", r, y, x, e.Addend, scale, e.Ceiling)
	case !e.Addend.Nil():
		return b.rows("scale_rows_add", r, y, x, e.Addend, scale)
	case e.Clamp:
		panic("opencl: scaleRows bounds sums alone")
	}
	return b.rows("scale_rows", r, y, x, scale)
}

// meanRows emits kernel.MeanRows of each image.
func (b *builder) meanRows(mean, x Buffer, images, pixels, c int) *Call {
	return b.parts("sum_rows", kernel.Segments{N: images, Pixels: pixels, Size: pixels}, c, mean, x, 0, 1/float32(pixels))
}

// sumRows emits kernel.SumRows of each part to sums (parts, C), from 0 or, with add, from what is there.
func (b *builder) sumRows(sums, x Buffer, add bool, s kernel.Segments, c int) *Call {
	return b.parts("sum_rows", s, c, sums, x, flag(add), float32(1))
}

// dotRows emits kernel.DotRows of each part, with add as sumRows has it.
func (b *builder) dotRows(sums, x, y Buffer, add bool, s kernel.Segments, c int) *Call {
	return b.parts("dot_rows", s, c, sums, x, y, flag(add))
}

// reduce emits kernel.Reduce.
func (b *builder) reduce(y, parts Buffer, count int) *Call {
	return b.grid("reduce", columns, y.n, 1, y, parts, count, y.n)
}

// A Norm is the numbers by channel of a batch normalisation of C channels.
type Norm struct {
	C                       int
	Gamma, Beta             Buffer
	DGamma, DBeta           Buffer
	RunningMean, RunningVar Buffer
	Mean, Variance, Inv     Buffer
	Scale, Shift            Buffer
	Gain, Slope, Offset     Buffer
	Epsilon, Momentum       float32
	Segments                kernel.Segments
	Parts                   Buffer // (segments, 2, C)
}

// set emits the end of statistics in training, from the moments in Parts: the mean, the variance, the running averages, and Scale and
// Shift.
func (n *Norm) set(b *builder) {
	rows := float32(n.Segments.N * n.Segments.Pixels)
	factor := rows / max(1, rows-1)
	b.grid("batch_norm_moments", columns, n.C, 1, n.Mean, n.Variance, n.Inv, n.Scale, n.Shift, n.RunningMean, n.RunningVar, n.Gamma, n.Beta,
		n.Parts, n.Epsilon, 1-n.Momentum, n.Momentum*1, float32(n.Momentum*factor), n.Segments.Pixels, n.Segments.Size, n.Segments.Count(), n.C)
}

// prepareInference emits Scale and Shift in evaluation, from the running averages.
func (n *Norm) prepareInference(b *builder) {
	b.grid("norm_scale", columns, n.C, 1, n.Inv, n.Scale, n.Shift, n.Gamma, n.Beta, n.RunningMean, n.RunningVar, n.Epsilon, n.C)
}

// sums emits the sums of the backward pass by segment, in Parts. With clamped, a Clamp follows the normalisation; dy is that of its output.
func (n *Norm) sums(b *builder, dy, x Buffer, clamped bool, ceiling float32) *Call {
	if clamped {
		return b.parts("norm_sums_affine", n.Segments, n.C, n.Parts, dy, x, n.Mean, n.Scale, n.Shift, ceiling)
	}
	return b.parts("norm_sums", n.Segments, n.C, n.Parts, dy, x, n.Mean)
}

// slopes emits the gradients of γ and β and what backward needs, from the sums in Parts.
func (n *Norm) slopes(b *builder) {
	b.grid("norm_slopes", columns, n.C, 1, n.Gain, n.Slope, n.Offset, n.DGamma, n.DBeta, n.Parts, n.Gamma, n.Mean, n.Inv,
		n.Segments.N*n.Segments.Pixels, n.Segments.Count(), n.C)
}

// backward emits kernel.NormBackward, or with clamped kernel.NormBackwardAffine; dx may be dy.
func (n *Norm) backward(b *builder, dx, dy, x Buffer, clamped bool, ceiling float32) *Call {
	r := Rows{n.Segments.N, n.Segments.Pixels, n.C, false}
	if clamped {
		return b.rows("norm_backward_affine", r, dx, dy, x, n.Gain, n.Slope, n.Offset, n.Scale, n.Shift, ceiling)
	}
	return b.rows("norm_backward", r, dx, dy, x, n.Gain, n.Slope, n.Offset)
}

// A GroupNorm normalises groups of channels of each image. Sums is scratch of 4·N·C entries and Along of 4·N·Groups.
type GroupNorm struct {
	N, Pixels, C, Groups int
	Gamma, Beta          Buffer
	DGamma, DBeta        Buffer
	Mean, Inv            Buffer // (N, groups)
	Parts                Buffer // (N, 2, C)
	Totals               Buffer // (2, C)
	Sums, Along          Buffer
	Epsilon              float64
}

// forward emits kernel.GroupNorm of each image.
func (n *GroupNorm) forward(b *builder, y, x Buffer) {
	size, count := n.C/n.Groups, n.N*n.Groups
	mean, inv := n.Along.Slice(0, 2*count), n.Along.Slice(2*count, 4*count)
	b.grid("group_sums", columns, n.C, n.N, n.Sums, x, mean, 0, n.Pixels, n.C, size)
	b.each("group_means", count, mean, n.Mean, n.Sums, n.Pixels, size)
	b.grid("group_sums", columns, n.C, n.N, n.Sums, x, mean, 1, n.Pixels, n.C, size)
	b.each("group_scales", count, inv, n.Inv, n.Sums, n.Epsilon, n.Pixels, size)
	b.grid("group_norm", group, n.Pixels*n.C, n.N, y, x, n.Gamma, n.Beta, mean, inv, n.Pixels*n.C, n.C, size)
}

// backward emits kernel.GroupNormBackward of each image, and the addition of the parameters' gradients; dx may be dy, and the zero Buffer
// where it is not wanted.
func (n *GroupNorm) backward(b *builder, dx, dy, x Buffer) {
	size, count := n.C/n.Groups, n.N*n.Groups
	b.grid("group_gradients", columns, n.C, n.N, n.Sums, n.Parts, dy, x, n.Mean, n.Inv, n.Pixels, n.C, size)
	b.flat("fill", n.Totals, float32(0))
	b.reduce(n.Totals, n.Parts, n.N)
	b.flat("sum", n.DGamma, n.DGamma, n.Totals.Slice(0, n.C))
	b.flat("sum", n.DBeta, n.DBeta, n.Totals.Slice(n.C, 2*n.C))
	if !dx.Nil() {
		b.each("group_along", count, n.Along, n.Sums, n.Gamma, n.Pixels, n.C, size)
		b.grid("group_backward", group, n.Pixels*n.C, n.N, dx, dy, x, n.Gamma, n.Mean, n.Inv, n.Along, n.Pixels*n.C, n.C, size,
			count)
	}
}

// layerNorm emits kernel.LayerNorm of rows of c floats, one for each number of inv, with clamped bounded below by 0 after it.
func (b *builder) layerNorm(y, xhat, inv, x, gamma, beta Buffer, eps float64, clamped bool, c int) *Call {
	return b.grid("layer_norm", columns, inv.n*columns, 1, y, xhat, inv, x, gamma, beta, eps, flag(clamped), c)
}

// layerNormBackward emits kernel.LayerNormBackward.
func (b *builder) layerNormBackward(dx, dy, xhat, inv, gamma Buffer, c int) *Call {
	return b.grid("layer_norm_backward", columns, inv.n*columns, 1, dx, dy, xhat, inv, gamma, c)
}
