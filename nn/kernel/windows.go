package kernel

// tapKernel is the name of a kernel that runs over pixels with a window.
type tapKernel int

const (
	tapConvolve tapKernel = iota
	tapGradient
	tapMaximum
	tapMaximumBackward
)

// A slide says how a window slides along the rows, or along the columns, of one image: output i takes what is at step·i − pad + k in
// an input of size, for taps k below taps. Outputs stand at first + stride·i in their image, and the weight of tap k is at
// weight + weightStep·k.
type slide struct {
	size, taps, step, pad int
	outs, first, stride   int
	weight, weightStep    int
}

// slides are those of the window along the rows and the columns.
func (n Window) slides() (y, x slide) {
	return slide{n.H, n.KH, n.Stride, n.Pad, n.OutH, 0, 1, 0, 1}, slide{n.W, n.KW, n.Stride, n.Pad, n.OutW, 0, 1, 0, 1}
}

// reverse is the way back, from the gradient of the outputs to that of the inputs r, r + step, r + 2·step and so on:
// these meet only every step-th tap, and the outputs that they went to in reverse order.
func (a slide) reverse(r int) slide {
	least := (r + a.pad) % a.step // tap that meets them
	taps := max(0, (a.taps-least+a.step-1)/a.step)
	return slide{
		size: a.outs, taps: taps, step: 1, pad: taps - 1 - (r+a.pad-least)/a.step,
		outs: max(0, (a.size-r+a.step-1)/a.step), first: r, stride: a.step,
		weight: least + a.step*(taps-1), weightStep: -a.step,
	}
}

// span returns the taps from to until−1 that are within the input at output i, and an output after it up to which they are
// the same.
func (a slide) span(i int) (next, from, until int) {
	at := i*a.step - a.pad
	from, until = max(0, -at), min(a.taps, a.size-at)
	next = i + 1
	if from == 0 && until == a.taps {
		next = min(a.outs, (a.size+a.pad-a.taps)/a.step+1)
	}
	return next, from, max(from, until)
}

// small reports whether there are kernels for the window.
func (n Window) small() bool { return n.KH <= 3 && n.KW <= 3 }

// A field is an image, or weights, with rows of width pixels.
type field struct {
	data  []float32
	width int
}

// run runs the kernel over the rectangles of outputs that have the same taps. out are what y and x call outputs, in their input
// and w the weights, dx the input's gradient; those that the kernel does not use have no data. Outputs without taps are 0.
func (k tapKernel) run(out, in, w field, dx []float32, c int, y, x slide) {
	for y0 := 0; y0 < y.outs; {
		y1, ky, kyEnd := y.span(y0)
		for x0 := 0; x0 < x.outs; {
			x1, kx, kxEnd := x.span(x0)
			place := func(oy, ox int) int { return ((y.first+y.stride*oy)*out.width + x.first + x.stride*ox) * c }
			if kyEnd == ky || kxEnd == kx {
				if k == tapConvolve {
					for oy := y0; oy < y1; oy++ {
						for ox := x0; ox < x1; ox++ {
							clear(out.data[place(oy, ox):][:c])
						}
					}
				}
				x0 = x1
				continue
			}
			read := func(oy, ox, ky, kx int) int { return ((oy*y.step-y.pad+ky)*in.width + ox*x.step - x.pad + kx) * c }
			weigh := func(ky, kx int) int { return ((y.weight+y.weightStep*ky)*w.width + x.weight + x.weightStep*kx) * c }
			_ = out.data[place(y1-1, x1-1):][:c]
			_ = in.data[read(y1-1, x1-1, kyEnd-1, kxEnd-1):][:c]
			t := taps{
				out: &out.data[place(y0, x0)], x: &in.data[read(y0, x0, ky, kx)],
				rows: y1 - y0, pixels: x1 - x0,
				outRow: 4 * c * out.width * y.stride, outPixel: 4 * c * x.stride,
				moveRow: 4 * c * in.width * y.step, movePixel: 4 * c * x.step,
				tapRow: 4 * c * in.width, tapPixel: 4 * c,
				wRow: 4 * c * w.width * y.weightStep, wPixel: 4 * c * x.weightStep,
				cols: c,
			}
			if w.data != nil {
				_ = w.data[weigh(kyEnd-1, kxEnd-1):][:c]
				t.w = &w.data[weigh(ky, kx)]
			}
			if dx != nil {
				_ = dx[read(y1-1, x1-1, kyEnd-1, kxEnd-1):][:c]
				t.dx = &dx[read(y0, x0, ky, kx)]
			}
			t.call(k, kyEnd-ky, kxEnd-kx)
			x0 = x1
		}
		y0 = y1
	}
}
