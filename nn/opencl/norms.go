//go:build opencl

package opencl

import "cenet/nn/kernel"

// Affine prepares y = x·scale + shift by channel, with an epilogue: kernel.Affine and those with an addend or bounds.
func (d *Device) Affine(y, x, scale, shift Buffer, e Epilogue, r Rows) *Call {
	switch {
	case !e.Addend.Nil() && e.Clamp:
		return d.rows("affine_add_clamp", r, y, x, e.Addend, scale, shift, e.Ceiling)
	case !e.Addend.Nil():
		return d.rows("affine_add", r, y, x, e.Addend, scale, shift)
	case e.Clamp:
		return d.rows("affine_clamp", r, y, x, scale, shift, e.Ceiling)
	}
	return d.rows("affine", r, y, x, scale, shift)
}

// ScaleRows prepares kernel.ScaleRows with an epilogue that has an addend or none.
func (d *Device) ScaleRows(y, x, scale Buffer, e Epilogue, r Rows) *Call {
	switch {
	case !e.Addend.Nil() && e.Clamp:
		return d.rows("scale_rows_add_clamp", r, y, x, e.Addend, scale, e.Ceiling)
	case !e.Addend.Nil():
		return d.rows("scale_rows_add", r, y, x, e.Addend, scale)
	case e.Clamp:
		panic("opencl: ScaleRows bounds sums alone")
	}
	return d.rows("scale_rows", r, y, x, scale)
}

// AddRow prepares y = x + row; y may be x.
func (d *Device) AddRow(y, x, row Buffer, r Rows) *Call { return d.rows("add_row", r, y, x, row) }

// SpreadMean prepares kernel.SpreadMean of each image.
func (d *Device) SpreadMean(dx, dy Buffer, images, pixels, c int) *Call {
	return d.rows("spread_rows", Rows{images, pixels, c, true}, dx, dy, 1/float32(pixels))
}

// MeanRows prepares kernel.MeanRows of each image.
func (d *Device) MeanRows(mean, x Buffer, images, pixels, c int) *Call {
	return d.parts("sum_rows", kernel.Segments{N: images, Pixels: pixels, Size: pixels}, c, mean, x, 0, 1/float32(pixels))
}

// SumRows prepares kernel.SumRows of each part to sums (parts, C), from 0 or, with add, from what is there.
func (d *Device) SumRows(sums, x Buffer, add bool, s kernel.Segments, c int) *Call {
	return d.parts("sum_rows", s, c, sums, x, flag(add), float32(1))
}

// DotRows prepares kernel.DotRows of each part, with add as SumRows has it.
func (d *Device) DotRows(sums, a, b Buffer, add bool, s kernel.Segments, c int) *Call {
	return d.parts("dot_rows", s, c, sums, a, b, flag(add))
}

// Moments prepares kernel.Moments of each part: parts is (parts, 2, C).
func (d *Device) Moments(parts, x Buffer, s kernel.Segments, c int) *Call {
	return d.parts("moments", s, c, parts, x)
}

// Reduce prepares kernel.Reduce.
func (d *Device) Reduce(y, parts Buffer, count, n int) *Call {
	return d.channels("reduce", n, 0, y, parts, count, n)
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

// Set prepares the end of statistics in training, from the moments in Parts: the mean, the variance, the running averages, and Scale and
// Shift.
func (n *Norm) Set(d *Device) *Call {
	rows := float32(n.Segments.N * n.Segments.Pixels)
	factor := rows / max(1, rows-1)
	return d.channels("batch_norm_moments", n.C, 0, n.Mean, n.Variance, n.Inv, n.Scale, n.Shift, n.RunningMean, n.RunningVar, n.Gamma, n.Beta,
		n.Parts,
		n.Epsilon, 1-n.Momentum, n.Momentum*1, float32(n.Momentum*factor), n.Segments.Pixels, n.Segments.Size, n.Segments.Count(), n.C)
}

// PrepareInference prepares Scale and Shift in evaluation, from the running averages.
func (n *Norm) PrepareInference(d *Device) *Call {
	return d.channels("norm_scale", n.C, 0, n.Inv, n.Scale, n.Shift, n.Gamma, n.Beta, n.RunningMean, n.RunningVar, n.Epsilon, n.C)
}

// Sums prepares the sums of the backward pass by segment, in Parts. y is what a Clamp of a sum after the normalisation wrote, and dy
// becomes the gradient before the Clamp; without y, with clamped, a Clamp follows the normalisation directly, and dy stays as it is.
func (n *Norm) Sums(d *Device, dy, x, y Buffer, clamped bool, ceiling float32) *Call {
	switch {
	case !y.Nil():
		return d.parts("norm_sums_clamp", n.Segments, n.C, n.Parts, dy, x, y, n.Mean, ceiling)
	case clamped:
		return d.parts("norm_sums_affine", n.Segments, n.C, n.Parts, dy, x, n.Mean, n.Scale, n.Shift, ceiling)
	}
	return d.parts("norm_sums", n.Segments, n.C, n.Parts, dy, x, n.Mean)
}

// Slopes prepares the gradients of γ and β and what Backward needs, from the sums in Parts.
func (n *Norm) Slopes(d *Device) *Call {
	return d.channels("norm_slopes", n.C, 0, n.Gain, n.Slope, n.Offset, n.DGamma, n.DBeta, n.Parts, n.Gamma, n.Mean, n.Inv,
		n.Segments.N*n.Segments.Pixels, n.Segments.Count(), n.C)
}

// Backward prepares kernel.NormBackward, or with clamped kernel.NormBackwardAffine; dx may be dy.
func (n *Norm) Backward(d *Device, dx, dy, x Buffer, clamped bool, ceiling float32) *Call {
	r := Rows{n.Segments.N, n.Segments.Pixels, n.C, false}
	if clamped {
		return d.rows("norm_backward_affine", r, dx, dy, x, n.Gain, n.Slope, n.Offset, n.Scale, n.Shift, ceiling)
	}
	return d.rows("norm_backward", r, dx, dy, x, n.Gain, n.Slope, n.Offset)
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

// Forward prepares kernel.GroupNorm of each image.
func (n *GroupNorm) Forward(d *Device, y, x Buffer) []*Call {
	size, count := n.C/n.Groups, n.N*n.Groups
	mean, inv := n.Along.Slice(0, 2*count), n.Along.Slice(2*count, 4*count)
	return []*Call{
		d.channels("group_sums", n.C, n.N, n.Sums, x, mean, 0, n.Pixels, n.C, size),
		d.each("group_means", count, 0, mean, n.Mean, n.Sums, n.Pixels, size, count),
		d.channels("group_sums", n.C, n.N, n.Sums, x, mean, 1, n.Pixels, n.C, size),
		d.each("group_scales", count, 0, inv, n.Inv, n.Sums, n.Epsilon, n.Pixels, size, count),
		d.each("group_norm", n.Pixels*n.C, n.N, y, x, n.Gamma, n.Beta, mean, inv, n.Pixels*n.C, n.C, size),
	}
}

// Backward prepares kernel.GroupNormBackward of each image, and the addition of the parameters' gradients; dx may be dy, and a zero Buffer
// where it is not wanted.
func (n *GroupNorm) Backward(d *Device, dx, dy, x Buffer) []*Call {
	size, count := n.C/n.Groups, n.N*n.Groups
	calls := []*Call{
		d.channels("group_gradients", n.C, n.N, n.Sums, n.Parts, dy, x, n.Mean, n.Inv, n.Pixels, n.C, size),
		d.Fill(n.Totals, 0, 2*n.C),
		d.Reduce(n.Totals, n.Parts, n.N, 2*n.C),
		d.Add(n.DGamma, n.DGamma, n.Totals.Slice(0, n.C), n.C),
		d.Add(n.DBeta, n.DBeta, n.Totals.Slice(n.C, 2*n.C), n.C),
	}
	if dx.Nil() {
		return calls
	}
	return append(calls,
		d.each("group_along", count, 0, n.Along, n.Sums, n.Gamma, n.Pixels, n.C, size, count),
		d.each("group_backward", n.Pixels*n.C, n.N, dx, dy, x, n.Gamma, n.Mean, n.Inv, n.Along, n.Pixels*n.C, n.C, size, count))
}

// LayerNorm prepares kernel.LayerNorm of rows of c floats, with clamped bounded below by 0 after it.
func (d *Device) LayerNorm(y, xhat, inv, x, gamma, beta Buffer, eps float64, clamped bool, rows, c int) *Call {
	return d.Call("layer_norm", []int{rows}, []int{columns}, y, xhat, inv, x, gamma, beta, eps, flag(clamped), c)
}

// LayerNormBackward prepares kernel.LayerNormBackward.
func (d *Device) LayerNormBackward(dx, dy, xhat, inv, gamma Buffer, rows, c int) *Call {
	return d.Call("layer_norm_backward", []int{rows}, []int{columns}, dx, dy, xhat, inv, gamma, c)
}
