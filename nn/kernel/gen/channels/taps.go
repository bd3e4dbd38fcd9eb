package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// A tapKernel runs over pixels with a window, see the type taps of package kernel.
type tapKernel struct {
	name     string
	meaning  string
	weights  bool                        // they are held in registers, a vector for each tap
	sums     bool                        // these weights are sums, written at the end
	backward bool                        // the input has a gradient
	pixel    func(w *window)             // the arithmetic of one output pixel
	quad     func(w *window, out [4]Mem) // or nil: that of four, the window moving by one tap
}

func (t tapKernel) constant() string { return "tap" + strings.ToUpper(t.name[:1]) + t.name[1:] }

// A window is at one pixel. Taps are counted row by row.
type window struct {
	*kernel
	kh, kw   int
	out      reg.Register
	rows     []reg.Register // the first tap of each row
	later    []reg.Register // three taps after these
	tapPixel reg.Register
	ahead    Mem // the distance from the input to its gradient
	weights  []reg.VecPhysical
	free     []reg.VecPhysical
}

var tapKernels = []tapKernel{
	{name: "convolve", meaning: "out = Σ x * w", weights: true, pixel: func(w *window) {
		sum := w.take()
		w.Zero(sum)
		w.each(func(t int, x Mem) { w.multiplyAdd(x, w.weights[t], sum) })
		w.store(sum, Mem{Base: w.out})
	}, quad: func(w *window, out [4]Mem) {
		var sums [4]reg.VecPhysical
		for i := range sums {
			sums[i] = w.take()
			w.Zero(sums[i])
		}
		w.eachOfQuad(func(x reg.VecPhysical, t, pixel int) { w.VFMADD231PS(x, w.weights[t], sums[pixel]) })
		for i, sum := range sums {
			w.store(sum, out[i])
		}
	}},
	{name: "gradient", meaning: "w += out * x", weights: true, sums: true, pixel: func(w *window) {
		d := w.take()
		w.load(Mem{Base: w.out}, d)
		w.each(func(t int, x Mem) { w.multiplyAdd(x, d, w.weights[t]) })
	}, quad: func(w *window, out [4]Mem) {
		var d [4]reg.VecPhysical
		for i := range d {
			d[i] = w.take()
			w.load(out[i], d[i])
		}
		w.eachOfQuad(func(x reg.VecPhysical, t, pixel int) { w.VFMADD231PS(x, d[pixel], w.weights[t]) })
	}},
	{name: "maximum", meaning: "out = max x // NaN if there is one", pixel: func(w *window) {
		best := w.take()
		w.largest(best)
		w.store(best, Mem{Base: w.out})
	}},
	{name: "maximumBackward", backward: true, meaning: "dx += out // at the first tap with the largest x, at the last NaN if there is one",
		pixel: func(w *window) {
			d, which, number, one := w.take(), w.take(), w.take(), w.take()
			w.VBROADCASTSS(w.Singles("one", 1), one)
			w.largest(w.take(), number, which, one)
			w.load(Mem{Base: w.out}, d)
			w.Zero(number)
			w.each(func(t int, x Mem) {
				if t > 0 {
					w.VADDPS(one, number, number)
				}
				share, sum := w.free[0], w.free[1]
				if w.Lanes == 16 {
					m := w.K()
					w.VCMPPS(Imm(equal), which, number, m)
					w.VMOVAPS_Z(d, m, share)
				} else {
					w.VCMPPS(Imm(equal), which, number, share)
					w.VANDPS(d, share, share)
				}
				x.Index, x.Scale = w.gradientDistance(x), 1
				w.load(x, sum)
				w.VADDPS(share, sum, sum)
				w.store(sum, x)
			})
		}},
}

// Predicates of comparison that NaN does not fulfil, and the one that it fulfils.
const (
	equal     = 0x00
	greater   = 0x1e
	unordered = 0x03
)

// taps makes a kernel for windows of kh×kw taps.
func (g *generator) taps(f amd64.Family, t tapKernel, kh, kw int) {
	name := fmt.Sprintf("%s%s_%dx%d", t.name, f.Name, kh, kw)
	k := g.begin(f, name, "taps", fmt.Sprintf("%s runs with a window of %d×%d taps, and for every channel", name, kh, kw), "", "\t"+t.meaning)
	cols, column, out, in, rows := g.AllocLocal(8), g.AllocLocal(8), g.AllocLocal(8), g.AllocLocal(8), g.AllocLocal(8)
	var ahead Mem
	if t.backward {
		ahead = g.AllocLocal(8)
		r := k.Value("dx")
		g.SUBQ(k.Field("x"), r)
		g.MOVQ(r, ahead)
	}
	r := k.Value("cols")
	g.MOVQ(r, cols)
	g.MOVQ(U32(0), column)

	for _, masked := range []bool{false, true} {
		label := "whole"
		if masked {
			label = "rest"
		} else if f.Lanes == 16 {
			continue
		}
		k.masked = masked
		g.Label(label)
		left := g.GP64()
		g.MOVQ(cols, left)
		if masked {
			g.CMPQ(left, Imm(0))
			g.JLE(LabelRef("end"))
			if f.Lanes == 16 { // BZHI looks at the low byte alone
				most := g.GP64()
				g.MOVQ(U32(uint32(f.Lanes)), most)
				g.CMPQ(left, most)
				g.CMOVQGT(most, left)
			}
			k.prepareMask(left)
		} else {
			g.CMPQ(left, Imm(uint64(f.Lanes)))
			g.JLT(LabelRef("rest"))
		}
		k.walk(t, label, kh, kw, column, out, in, rows, ahead)
		g.ADDQ(I32(int32(4*f.Lanes)), column)
		g.SUBQ(I32(int32(f.Lanes)), cols)
		g.JMP(LabelRef(label))
	}
	g.Label("end")
	g.End()
}

// walk runs over all pixels in one vector of channels. The arguments are places on the stack.
func (k *kernel) walk(t tapKernel, label string, kh, kw int, column, out, in, rows, ahead Mem) {
	w := &window{kernel: k, kh: kh, kw: kw, free: k.Registers, out: k.GP64(), tapPixel: k.Value("tapPixel"), ahead: ahead}
	if k.masked && k.Lanes == 8 {
		w.free = w.free[:len(w.free)-1]
	}
	if t.weights {
		for range kh * kw {
			w.weights = append(w.weights, w.take())
		}
		w.eachWeight(column, k.load)
	}
	for _, p := range []struct {
		field string
		place Mem
	}{{"out", out}, {"x", in}} {
		r := k.Value(p.field)
		k.ADDQ(column, r)
		k.MOVQ(r, p.place)
	}
	r := k.Value("rows")
	k.MOVQ(r, rows)

	k.Label(label + "Row")
	k.MOVQ(out, w.out)
	for i := range kh {
		r := k.GP64()
		if i == 0 {
			k.MOVQ(in, r)
		} else {
			k.MOVQ(w.rows[i-1], r)
			k.ADDQ(k.Field("tapRow"), r)
		}
		w.rows = append(w.rows, r)
	}
	pixels, outPixel, movePixel := k.Value("pixels"), k.Value("outPixel"), k.Value("movePixel")

	if t.quad != nil {
		w.quads(t, label, pixels, outPixel, movePixel)
	}
	k.Label(label + "Pixel")
	t.pixel(w)
	k.ADDQ(outPixel, w.out)
	for _, r := range w.rows {
		k.ADDQ(movePixel, r)
	}
	k.Countdown(pixels, label+"Pixel")
	k.Label(label + "RowEnd")

	for _, p := range []struct {
		field string
		place Mem
	}{{"outRow", out}, {"moveRow", in}} {
		r := k.Value(p.field)
		k.ADDQ(r, p.place)
	}
	k.Countdown(rows, label+"Row")
	if t.sums {
		w.eachWeight(column, func(place Mem, r reg.Register) { k.store(r, place) })
	}
}

// quads runs over the pixels by four where the window moves by one tap. These share what they read.
func (w *window) quads(t tapKernel, label string, pixels, outPixel, movePixel reg.Register) {
	w.CMPQ(movePixel, w.tapPixel)
	w.JNE(LabelRef(label + "Pixel"))
	w.CMPQ(pixels, Imm(4))
	w.JLT(LabelRef(label + "Pixel"))
	w.later = nil
	for _, r := range w.rows {
		later := w.GP64()
		w.LEAQ(Mem{Base: r, Index: w.tapPixel, Scale: 2}, later)
		w.ADDQ(w.tapPixel, later)
		w.later = append(w.later, later)
	}
	w.Label(label + "Quad")
	out := w.GP64()
	w.LEAQ(Mem{Base: w.out, Index: outPixel, Scale: 2}, out)
	free := w.free
	t.quad(w, [4]Mem{{Base: w.out}, {Base: w.out, Index: outPixel, Scale: 1}, {Base: out}, {Base: out, Index: outPixel, Scale: 1}})
	w.free = free
	w.LEAQ(Mem{Base: out, Index: outPixel, Scale: 2}, w.out)
	for i := range w.rows {
		w.LEAQ(Mem{Base: w.rows[i], Index: movePixel, Scale: 4}, w.rows[i])
		w.LEAQ(Mem{Base: w.later[i], Index: movePixel, Scale: 4}, w.later[i])
	}
	w.SUBQ(Imm(4), pixels)
	w.CMPQ(pixels, Imm(4))
	w.JGE(LabelRef(label + "Quad"))
	w.CMPQ(pixels, Imm(0))
	w.JEQ(LabelRef(label + "RowEnd"))
}

// eachOfQuad calls f for every tap of four pixels with the vector read for it; those of a pixel in order.
func (w *window) eachOfQuad(f func(x reg.VecPhysical, t, pixel int)) {
	next := 0
	for ky := range w.kh {
		for column := range w.kw + 3 {
			x := w.free[next%min(2, len(w.free))]
			next++
			base := w.rows[ky]
			if column >= 3 {
				base = w.later[ky]
			}
			w.load(tap(base, w.tapPixel, column%3), x)
			for pixel := range 4 {
				if kx := column - pixel; kx >= 0 && kx < w.kw {
					f(x, ky*w.kw+kx, pixel)
				}
			}
		}
	}
}

// eachWeight calls f for every tap's place among the weights and its register.
func (w *window) eachWeight(column Mem, f func(place Mem, r reg.Register)) {
	row, pixel := w.Value("w"), w.Value("wPixel")
	w.ADDQ(column, row)
	for t, r := range w.weights {
		if t > 0 && t%w.kw == 0 {
			w.ADDQ(w.Field("wRow"), row)
		}
		f(tap(row, pixel, t%w.kw), r)
	}
}

// tap is the place of tap i < 3 of a row.
func tap(row, pixel reg.Register, i int) Mem {
	if i == 0 {
		return Mem{Base: row}
	}
	return Mem{Base: row, Index: pixel, Scale: uint8(i)}
}

func (w *window) take() (r reg.VecPhysical) {
	r, w.free = w.free[0], w.free[1:]
	return r
}

// each calls f for every tap with its place in the input.
func (w *window) each(f func(t int, x Mem)) {
	for t := range w.kh * w.kw {
		f(t, tap(w.rows[t/w.kw], w.tapPixel, t%w.kw))
	}
}

// gradientDistance is the distance from the base of x to the same place in the input's gradient.
func (w *window) gradientDistance(x Mem) reg.Register {
	r := w.GP64()
	w.MOVQ(w.ahead, r)
	if x.Index != nil {
		w.LEAQ(Mem{Base: r, Index: x.Index, Scale: x.Scale}, r)
	}
	return r
}

// multiplyAdd adds x·y to sum.
func (w *window) multiplyAdd(x Mem, y, sum reg.VecPhysical) {
	switch {
	case !w.masked:
		w.VFMADD231PS(x, y, sum)
	case w.Lanes == 16:
		w.VFMADD231PS(x, y, w.mask, sum)
	default:
		w.load(x, w.free[0])
		w.VFMADD231PS(w.free[0], y, sum)
	}
}

// largest sets best to the largest tap, and, where these registers are given, which to the number of the tap as a float:
// number counts by one.
func (w *window) largest(best reg.VecPhysical, count ...reg.VecPhysical) {
	for _, r := range count[:min(len(count), 2)] {
		w.Zero(r)
	}
	v := w.free[0]
	w.each(func(t int, x Mem) {
		if t == 0 {
			w.load(x, best)
			return
		}
		w.load(x, v)
		if len(count) > 0 {
			w.VADDPS(count[2], count[0], count[0])
		}
		if w.Lanes == 16 {
			larger, nan := w.K(), w.K()
			w.VCMPPS(Imm(greater), best, v, larger)
			w.VCMPPS(Imm(unordered), v, v, nan)
			w.KORW(larger, nan, nan)
			w.VMOVAPS(v, nan, best)
			if len(count) > 0 {
				w.VMOVAPS(count[0], nan, count[1])
			}
			return
		}
		larger, nan := w.free[1], w.free[2]
		w.VCMPPS(Imm(greater), best, v, larger)
		w.VCMPPS(Imm(unordered), v, v, nan)
		w.VORPS(larger, nan, nan)
		w.VBLENDVPS(nan, v, best, best)
		if len(count) > 0 {
			w.VBLENDVPS(nan, count[0], count[1], count[1])
		}
	})
}
