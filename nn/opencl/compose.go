//go:build opencl

package opencl

// An operand of broadcast: the element of image n, pixel p and channel j is at n·image + p·pixel + j·channel.
type operand struct {
	Buffer
	image, pixel, channel int
}

// broadcast emits y = a·c or y = a + c for images of the given number of pixels with the given channels: kernel.MultiplyRows and PlusRows.
func (b *builder) broadcast(y Buffer, a, c operand, multiply bool, pixels, channels int) *Call {
	return b.each("broadcast", y.n, y, a.Buffer, c.Buffer, a.image, a.pixel, a.channel, c.image, c.pixel, c.channel, flag(multiply), pixels,
		channels)
}

// copyColumns emits that the c columns of dst, in rows of `to` floats, from column at on, become those of src, in rows of `from` floats,
// from column first on.
func (b *builder) copyColumns(dst Buffer, to, at int, src Buffer, from, first, rows, c int) *Call {
	return b.each("copy_columns", rows*c, dst, src, to, at, from, first, c)
}
