//go:build opencl

package opencl

// ChannelConv prepares kernel.ChannelConv of rows of c floats.
func (d *Device) ChannelConv(y, x, w Buffer, rows, c int) *Call {
	return d.each("channel_conv", rows*c, 0, y, x, w, w.n, c, rows*c)
}

// ChannelConvInput prepares kernel.ChannelConvInput.
func (d *Device) ChannelConvInput(dx, dy, w Buffer, scale float32, rows, c int) *Call {
	return d.each("channel_conv_input", rows*c, 0, dx, dy, w, scale, w.n, c, rows*c)
}

// ChannelConvWeight prepares kernel.ChannelConvWeight.
func (d *Device) ChannelConvWeight(dw, dy, x Buffer, rows, c int) *Call {
	return d.Call("channel_conv_weight", []int{dw.n}, []int{group}, dw, dy, x, dw.n, c, rows*c)
}
