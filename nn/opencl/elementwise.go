//go:build opencl

package opencl

// Add prepares y = a + b; y may be a or b.
func (d *Device) Add(y, a, b Buffer, n int) *Call { return d.flat("sum", n, y, a, b) }

// AddClamp prepares kernel.SumClamp.
func (d *Device) AddClamp(y, a, b Buffer, ceiling float32, n int) *Call {
	return d.flat("sum_clamp", n, y, a, b, ceiling)
}

// Clamp prepares kernel.Clamp.
func (d *Device) Clamp(y, x Buffer, ceiling float32, n int) *Call {
	return d.flat("clamp_values", n, y, x, ceiling)
}

// ClampBackward prepares kernel.ClampBackward.
func (d *Device) ClampBackward(dx, dy, y Buffer, ceiling float32, n int) *Call {
	return d.flat("clamp_backward", n, dx, dy, y, ceiling)
}

// Leaky prepares kernel.Leaky.
func (d *Device) Leaky(y, x Buffer, slope float32, n int) *Call {
	return d.flat("leaky", n, y, x, slope)
}

// LeakyBackward prepares kernel.LeakyBackward.
func (d *Device) LeakyBackward(dx, dy, y Buffer, slope float32, n int) *Call {
	return d.flat("leaky_backward", n, dx, dy, y, slope)
}

// ELUBackward prepares kernel.ELUBackward.
func (d *Device) ELUBackward(dx, dy, y Buffer, alpha float32, n int) *Call {
	return d.flat("elu_backward", n, dx, dy, y, alpha)
}

// SigmoidBackward prepares kernel.SigmoidBackward.
func (d *Device) SigmoidBackward(dx, dy, y Buffer, n int) *Call {
	return d.flat("sigmoid_backward", n, dx, dy, y)
}

// Multiply prepares y = a·b, element by element; y may be a or b.
func (d *Device) Multiply(y, a, b Buffer, n int) *Call { return d.flat("product_values", n, y, a, b) }

// Fill prepares kernel.Fill.
func (d *Device) Fill(y Buffer, v float32, n int) *Call { return d.flat("fill", n, y, v) }

// SGD prepares kernel.SGD of n parameters, with the learning rate as argument SGDRate. Nothing moves where stop, one integer, is not 0.
func (d *Device) SGD(w, g, velocity, stop Buffer, momentum, decay float32, nesterov bool, n int) *Call {
	return d.flat("sgd", n, w, g, velocity, stop, float32(0), momentum, decay, flag(nesterov))
}

// SGDRate is the argument of SGD's call to set to the learning rate, by SetFloat.
const SGDRate = 4

// FirstNotFinite prepares that found, one integer, becomes the least id of the calls of which x had an element that is not finite.
func (d *Device) FirstNotFinite(x, found Buffer, id, n int) *Call {
	return d.flat("first_not_finite", n, x, found, id)
}

// DropoutMask prepares the factors of a Dropout for images of size numbers: 0 with probability p, else kept. The stream of image i begins
// with the words 2i and 2i+1 of states, of 8 bytes each, as stream.State returns them.
func (d *Device) DropoutMask(mask, states Buffer, p float64, kept float32, images, size int) *Call {
	const run = 16 // numbers of a work-item
	return d.each("dropout_mask", groups(size, run), images, mask, states, p, kept, size)
}

// CopyColumns prepares that the c columns of dst, in rows of `to` floats, from column at on, become those of src, in rows of `from` floats,
// from column first on; with add, these are added.
func (d *Device) CopyColumns(dst Buffer, to, at int, src Buffer, from, first, rows, c int, add bool) *Call {
	return d.each("copy_columns", rows*c, 0, dst, src, to, at, from, first, c, flag(add), rows*c)
}

// Interleave prepares kernel.Interleave.
func (d *Device) Interleave(y, a Buffer, rowA int, b Buffer, rowB, rows, c int) *Call {
	return d.each("interleave", 2*rows*c, 0, y, a, b, rowA, rowB, c, 2*rows*c)
}

// Deinterleave prepares half of kernel.Deinterleave: which is 0 for the first numbers of the pairs, 1 for the second.
func (d *Device) Deinterleave(a Buffer, rowA int, y Buffer, which, rows, c int) *Call {
	return d.each("deinterleave", rows*c, 0, a, y, rowA, which, c, rows*c)
}

// Sigmoid prepares kernel.Sigmoid; y may be x.
func (d *Device) Sigmoid(y, x Buffer, n int) *Call { return d.each("sigmoid", n, 0, y, x, n) }

// ELU prepares kernel.ELU; y may be x.
func (d *Device) ELU(y, x Buffer, alpha float32, n int) *Call {
	return d.each("elu", n, 0, y, x, alpha, n)
}

// CrossEntropy prepares kernel.SoftmaxCrossEntropy and RankOf of n rows of logits: losses has 2·n entries, for n numbers of 8 bytes. Where
// grad is not the zero Buffer, it becomes the gradient times 1/n, and stop, an integer, becomes 1 where a loss is not finite.
func (d *Device) CrossEntropy(losses, ranks, grad, stop, logits, labels Buffer, smoothing float32, n, classes int) *Call {
	const items = 128
	return d.Call("softmax_cross_entropy", []int{n}, []int{items}, losses, ranks, or(grad, logits), or(stop, labels), logits, labels,
		flag(!grad.Nil()), smoothing, 1/float32(n), classes)
}
