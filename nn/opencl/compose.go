//go:build opencl

package opencl

// An operand of Broadcast: the element of image n, pixel p and channel j is at n·image + p·pixel + j·channel.
type operand struct {
	Buffer
	image, pixel, channel int
}

// Broadcast prepares y = a·b or y = a + b for images of the given number of pixels with c channels: kernel.MultiplyRows and
// PlusRows.
func (d *Device) Broadcast(y Buffer, a, b operand, multiply bool, pixels, c int) *Call {
	return d.each("broadcast", y.n, 0, y, a.Buffer, b.Buffer, a.image, a.pixel, a.channel, b.image, b.pixel, b.channel,
		flag(multiply), pixels, c, y.n)
}

// ScaleBy prepares kernel.Times of n numbers.
func (d *Device) ScaleBy(y, x Buffer, factor float32, n int) *Call {
	return d.each("times", n, 0, y, x, factor, n)
}

// CentredRows prepares kernel.CentredRows.
func (d *Device) CentredRows(y, x, mean, scale Buffer, r Rows) *Call {
	return d.rows("centred_rows", r, y, x, mean, scale)
}

// SumColumns prepares kernel.SumColumns.
func (d *Device) SumColumns(y, x Buffer, factor float32, rows, c int) *Call {
	return d.each("sum_columns", rows, 0, y, x, factor, c, rows)
}

// DotColumns prepares kernel.DotColumns.
func (d *Device) DotColumns(y, a, b Buffer, rows, c int) *Call {
	return d.each("dot_columns", rows, 0, y, a, b, c, rows)
}

// SpreadColumns prepares kernel.SpreadColumns.
func (d *Device) SpreadColumns(dx, dy Buffer, factor float32, rows, c int) *Call {
	return d.each("spread_columns", rows*c, 0, dx, dy, factor, c, rows*c)
}

// MaxColumns prepares kernel.MaxColumns.
func (d *Device) MaxColumns(y, x Buffer, rows, c int) *Call {
	return d.each("maximum", rows, 0, y, x, 1, c, c, 1, rows)
}

// MaxColumnsBackward prepares kernel.MaxColumnsBackward.
func (d *Device) MaxColumnsBackward(dx, dy, x Buffer, rows, c int) *Call {
	return d.each("maximum_backward", rows, 0, dx, dy, x, 1, c, c, 1, rows)
}

// MaxRows prepares kernel.MaxRows of each image.
func (d *Device) MaxRows(y, x Buffer, images, pixels, c int) *Call {
	return d.each("maximum", images*c, 0, y, x, c, pixels*c, pixels, c, images*c)
}

// MaxRowsBackward prepares kernel.MaxRowsBackward of each image.
func (d *Device) MaxRowsBackward(dx, dy, x Buffer, images, pixels, c int) *Call {
	return d.each("maximum_backward", images*c, 0, dx, dy, x, c, pixels*c, pixels, c, images*c)
}

// Root prepares kernel.Root of n numbers.
func (d *Device) Root(y, x Buffer, epsilon float64, inverse bool, n int) *Call {
	return d.each("root", n, 0, y, x, epsilon, flag(inverse), n)
}

// RootBackward prepares kernel.RootBackward.
func (d *Device) RootBackward(dx, dy, y Buffer, inverse bool, n int) *Call {
	return d.each("root_backward", n, 0, dx, dy, y, flag(inverse), n)
}

// Tanh prepares kernel.Tanh of n numbers.
func (d *Device) Tanh(y, x Buffer, n int) *Call { return d.each("hyperbolic_tangent", n, 0, y, x, n) }

// TanhBackward prepares kernel.TanhBackward.
func (d *Device) TanhBackward(dx, dy, y Buffer, n int) *Call {
	return d.each("hyperbolic_tangent_backward", n, 0, dx, dy, y, n)
}

// SoftmaxRows prepares kernel.SoftmaxRows of each image.
func (d *Device) SoftmaxRows(y, x Buffer, images, pixels, c int) *Call {
	return d.each("softmax_rows", images*c, 0, y, x, pixels, c, images*c)
}

// SoftmaxRowsBackward prepares kernel.SoftmaxRowsBackward of each image.
func (d *Device) SoftmaxRowsBackward(dx, dy, y Buffer, images, pixels, c int) *Call {
	return d.each("softmax_rows_backward", images*c, 0, dx, dy, y, pixels, c, images*c)
}
