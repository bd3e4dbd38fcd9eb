package bench

import (
	"fmt"
	"time"

	"cenet/nn/kernel"
	"cenet/nn/median"
)

// A kernelRun makes a function to time, and returns its number of floating-point operations.
type kernelRun func() (run func(), operations float64)

type namedKernel struct {
	name string
	run  kernelRun
}

// kernels lists matrix products, and passes of convolutions over 32 images.
func kernels() (list []namedKernel) {
	for _, s := range [][3]int{{512, 512, 512}, {1024, 1024, 1024}, {64, 1024, 576}, {128, 64, 1152}, {256, 784, 64}} {
		list = append(list, namedKernel{fmt.Sprintf("sgemm %d×%d×%d", s[0], s[1], s[2]), gemm(s[0], s[1], s[2])})
	}
	for _, c := range []struct{ channels, side, taps, groups int }{
		{16, 32, 3, 1}, {32, 16, 3, 1}, {64, 8, 3, 1}, {128, 8, 3, 1}, {64, 32, 1, 1}, {128, 28, 3, 32},
	} {
		for pass, name := range []string{"forward", "input gradient", "weight gradient"} {
			groups := ""
			if c.groups > 1 {
				groups = fmt.Sprintf(", %d groups", c.groups)
			}
			list = append(list, namedKernel{
				fmt.Sprintf("%d×%d convolution, C = %d%s, %d×%d, %s", c.taps, c.taps, c.channels, groups, c.side, c.side, name),
				convolution(c.channels, c.side, c.taps, c.groups, pass),
			})
		}
	}
	return list
}

func gemm(m, n, k int) kernelRun {
	return func() (func(), float64) {
		a, b, c := ones(m*k), ones(k*n), ones(m*n)
		return func() { kernel.Gemm(false, false, m, n, k, 1, a, k, b, n, 0, c, n) }, 2 * float64(m) * float64(n) * float64(k)
	}
}

// convolution is the forward pass (0), the gradient of the input (1) or of the weights (2). As usual, taps in the padding count as
// multiplied.
func convolution(channels, side, taps, groups, pass int) kernelRun {
	const images = 32
	return func() (func(), float64) {
		w := kernel.NewWindow(side, side, channels, taps, taps, 1, taps/2)
		c := kernel.NewConv(w, channels, groups)
		x, y := ones(images*side*side*channels), ones(images*side*side*channels)
		weight := ones(taps * taps * channels / groups * channels)
		packed := ones(max(c.PackedLen(), c.PackedInputLen()))
		scratch := ones(c.ScratchLen(images))
		run := func() {
			switch pass {
			case 0:
				for i := range c.PackParts() {
					c.Pack(packed, weight, i)
				}
				for i := range c.ForwardParts(images) {
					c.Forward(y, x, packed, scratch, images, i)
				}
			case 1:
				for i := range c.PackInputParts() {
					c.PackInput(packed, weight, i)
				}
				for i := range c.InputParts(images) {
					c.Input(x, y, packed, scratch, images, i)
				}
			case 2:
				c.Weight(weight, y, x, scratch, images)
			}
			clear(weight) // no sum grows from call to call
		}
		return run, 2 * float64(images*side*side*channels) * float64(taps*taps*channels/groups)
	}
}

func ones(n int) []float32 {
	x := kernel.Aligned(n)
	kernel.Fill(x, 1)
	return x
}

// measure times a kernel and the processor's peak in turn.
func (k kernelRun) measure(name string, o Options) Figure {
	run, operations := k()
	run()
	var seconds, shares []float64
	for range o.Rounds {
		t := timed(o.Time/2, run)
		seconds = append(seconds, t)
		if peak := kernel.Peak(max(o.Time/10, time.Millisecond)); peak > 0 {
			shares = append(shares, operations/t/peak)
		}
	}
	f := Figure{Mode: "kernel", Kernel: name, Workers: 1, Seconds: median.Of(seconds)}
	f.GFLOPS = operations / f.Seconds / 1e9
	if shares != nil {
		f.Share = median.Of(shares)
	}
	return f
}
