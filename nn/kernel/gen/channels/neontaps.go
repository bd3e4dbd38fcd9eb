package main

import (
	"fmt"

	"cenet/nn/kernel/gen/arm64"
)

// A neonWindow is at one pixel, or at four that follow one another, with a span of the channels. Taps are counted row by row.
type neonWindow struct {
	*arm64.File
	span
	kh, kw  int
	out     arm64.R
	rows    []arm64.R // the first tap of each row
	taps    []arm64.R // the distance from it to those after it in the row
	outs    []arm64.R // and from an output to those after it
	ahead   arm64.R   // the distance from the input to its gradient
	weights [][]arm64.V
	free    []arm64.V
}

// neonTaps makes a kernel for windows of kh×kw taps.
func neonTaps(f *arm64.File, t tapKernel, kh, kw int) {
	name := fmt.Sprintf("%s128_%dx%d", t.name, kh, kw)
	f.Function(name, "x *taps", 8, fmt.Sprintf("%s runs with a window of %d×%d taps, and for every channel", name, kh, kw), "", "\t"+t.meaning)
	x := f.Load("x+0(FP)")
	set := func(name string, r arm64.R) { f.I("MOVD", fmt.Sprintf("taps_%s(%v)", name, x), r) }
	load := func(name string) (r arm64.R) {
		r = f.R()
		set(name, r)
		return r
	}
	w := &neonWindow{File: f, kh: kh, kw: kw, out: f.R(), taps: []arm64.R{-1}, outs: []arm64.R{-1}}
	multiples := func(list *[]arm64.R, field string, most int) {
		for i := 1; i <= most; i++ {
			if i == 1 {
				*list = append(*list, load(field))
				continue
			}
			r := f.R()
			f.Sum((*list)[1], (*list)[i-1], r)
			*list = append(*list, r)
		}
	}
	vectors := 1
	if quads := neonQuad[t.name] != nil; quads {
		vectors = 2
		multiples(&w.taps, "tapPixel", kw+2)
		multiples(&w.outs, "outPixel", 3)
	} else {
		multiples(&w.taps, "tapPixel", max(1, kw-1))
		multiples(&w.outs, "outPixel", 1)
	}
	cols, column, movePixel := load("cols"), f.R(), load("movePixel")
	if t.backward {
		w.ahead = load("dx")
		in := load("x")
		f.I("SUB", in, w.ahead, w.ahead)
		f.Give(in)
	}
	outRow, inRow, rows, pixels, spare := f.R(), f.R(), f.R(), f.R(), f.R()
	for range kh {
		w.rows = append(w.rows, f.R())
	}
	eachSpan(f, cols, column, spans(vectors), func(s span) {
		w.span, w.weights, w.free = s, nil, nil
		for i := range arm64.V(32) {
			w.free = append(w.free, i)
		}
		// eachWeight calls do for every tap's place among the weights.
		eachWeight := func(do func(tap int, place arm64.R)) {
			row, place := outRow, inRow
			set("w", row)
			f.Add(column, row)
			for ky := range kh {
				f.Move(row, place)
				set("wPixel", spare)
				for kx := range kw {
					do(ky*kw+kx, place)
					if kx < kw-1 {
						f.Add(spare, place)
					}
				}
				if ky < kh-1 {
					set("wRow", spare)
					f.Add(spare, row)
				}
			}
		}
		if t.weights {
			eachWeight(func(_ int, place arm64.R) {
				w.weights = append(w.weights, w.take())
				w.load(place, -1, w.weights[len(w.weights)-1])
			})
		}
		set("out", outRow)
		f.Add(column, outRow)
		set("x", inRow)
		f.Add(column, inRow)
		set("rows", rows)
		label := s.label()
		f.Label(label + "Row")
		f.Move(outRow, w.out)
		for i, r := range w.rows {
			if i == 0 {
				f.Move(inRow, r)
				continue
			}
			set("tapRow", spare)
			f.Sum(spare, w.rows[i-1], r)
		}
		set("pixels", pixels)
		move := func(times string) {
			f.Add(w.outs[1].String()+times, w.out)
			for _, r := range w.rows {
				f.Add(movePixel.String()+times, r)
			}
		}
		free := w.free
		if quad := neonQuad[t.name]; quad != nil {
			// Four pixels share what they read, where the window moves by one tap.
			f.I("CMP", w.taps[1], movePixel)
			f.Goto("BNE", label+"Pixel")
			f.Countdown(4, pixels, "BLT", label+"Few")
			f.Label(label + "Quad")
			quad(w)
			w.free = free
			move("<<2")
			f.Countdown(4, pixels, "BGE", label+"Quad")
			f.Label(label + "Few")
			f.I("ADDS", 4, pixels, pixels)
			f.Goto("BEQ", label+"RowEnd")
		}
		f.Label(label + "Pixel")
		neonPixel[t.name](w)
		w.free = free
		move("")
		f.Countdown(1, pixels, "BNE", label+"Pixel")
		f.Label(label + "RowEnd")
		set("outRow", spare)
		f.Add(spare, outRow)
		set("moveRow", spare)
		f.Add(spare, inRow)
		f.Countdown(1, rows, "BNE", label+"Row")
		if t.sums {
			eachWeight(func(tap int, place arm64.R) { w.store(w.weights[tap], place, -1) })
		}
	})
}

// take takes a register for each vector.
func (w *neonWindow) take() (r []arm64.V) {
	r, w.free = w.free[:w.vectors], w.free[w.vectors:]
	return r
}

// at calls do with the place index bytes after the base, which is the base alone where there is no index.
func (w *neonWindow) at(base, index arm64.R, do func(place arm64.R)) {
	if index < 0 {
		do(base)
		return
	}
	r := w.R()
	w.Sum(index, base, r)
	do(r)
	w.Give(r)
}

// load reads the channels at base, or index bytes after it where the index is not negative.
func (w *neonWindow) load(base, index arm64.R, r []arm64.V) {
	if w.vectors == 2 {
		w.at(base, index, func(place arm64.R) { w.ReadPair(place, 0, r[0], r[1]) })
	} else if index < 0 {
		w.Read(w.width, base, 0, r[0])
	} else {
		w.ReadIndexed(w.width, base, index, r[0])
	}
}

func (w *neonWindow) store(r []arm64.V, base, index arm64.R) {
	if w.vectors == 2 {
		w.at(base, index, func(place arm64.R) { w.StorePair(r[0], r[1], place, 0) })
	} else if index < 0 {
		w.Store(w.width, r[0], base, 0)
	} else {
		w.StoreIndexed(w.width, r[0], base, index)
	}
}

func (w *neonWindow) zero(r []arm64.V) {
	for _, v := range r {
		w.Zero(v)
	}
}

func (w *neonWindow) fma(x, y, sum []arm64.V) {
	for i := range sum {
		w.FMla(arm64.S4, x[i], y[i], sum[i])
	}
}

// each calls f for every tap with its place in the input.
func (w *neonWindow) each(f func(t int, base, index arm64.R)) {
	for t := range w.kh * w.kw {
		f(t, w.rows[t/w.kw], w.taps[t%w.kw])
	}
}

// eachOfQuad calls f for every tap of four pixels with the vectors read for it; those of a pixel in order.
func (w *neonWindow) eachOfQuad(f func(x []arm64.V, t, pixel int)) {
	x, y := w.take(), w.take()
	for ky, row := range w.rows {
		for column := range w.kw + 3 {
			w.load(row, w.taps[column], x)
			for pixel := range 4 {
				if kx := column - pixel; kx >= 0 && kx < w.kw {
					f(x, ky*w.kw+kx, pixel)
				}
			}
			x, y = y, x
		}
	}
}

// neonPixel writes the arithmetic of one output pixel.
var neonPixel = map[string]func(w *neonWindow){
	"convolve": func(w *neonWindow) {
		sum, x, y := w.take(), w.take(), w.take()
		w.zero(sum)
		w.each(func(t int, base, index arm64.R) {
			w.load(base, index, x)
			w.fma(x, w.weights[t], sum)
			x, y = y, x
		})
		w.store(sum, w.out, -1)
	},
	"gradient": func(w *neonWindow) {
		d, x, y := w.take(), w.take(), w.take()
		w.load(w.out, -1, d)
		w.each(func(t int, base, index arm64.R) {
			w.load(base, index, x)
			w.fma(x, d, w.weights[t])
			x, y = y, x
		})
	},
	"maximum": func(w *neonWindow) {
		best := w.take()
		w.largest(best[0])
		w.store(best, w.out, -1)
	},
	"maximumBackward": func(w *neonWindow) {
		d, which, number, one := w.take(), w.take()[0], w.take()[0], w.take()[0]
		w.Ones(one)
		w.largest(w.take()[0], number, which, one)
		w.load(w.out, -1, d)
		w.Zero(number)
		share, sum := w.take()[0], w.take()
		w.each(func(t int, base, index arm64.R) {
			if t > 0 {
				w.FAdd(arm64.S4, number, one, number)
			}
			w.Equal(arm64.S4, which, number, share)
			w.And(share, d[0], share)
			place := w.ahead
			if index >= 0 {
				place = w.R()
				w.Sum(index, w.ahead, place)
				defer w.Give(place)
			}
			w.load(base, place, sum)
			w.FAdd(arm64.S4, sum[0], share, sum[0])
			w.store(sum, base, place)
		})
	},
}

// neonQuad writes that of four, the window moving by one tap.
var neonQuad = map[string]func(w *neonWindow){
	"convolve": func(w *neonWindow) {
		var sums [4][]arm64.V
		for i := range sums {
			sums[i] = w.take()
			w.zero(sums[i])
		}
		w.eachOfQuad(func(x []arm64.V, t, pixel int) { w.fma(x, w.weights[t], sums[pixel]) })
		for i, sum := range sums {
			w.store(sum, w.out, w.outs[i])
		}
	},
	"gradient": func(w *neonWindow) {
		var d [4][]arm64.V
		for i := range d {
			d[i] = w.take()
			w.load(w.out, w.outs[i], d[i])
		}
		w.eachOfQuad(func(x []arm64.V, t, pixel int) { w.fma(x, d[pixel], w.weights[t]) })
	},
}

// largest sets best to the largest tap, and, where these registers are given, which to the number of the tap as a float:
// number counts by one.
func (w *neonWindow) largest(best arm64.V, count ...arm64.V) {
	for _, r := range count[:min(len(count), 2)] {
		w.Zero(r)
	}
	v, larger, number := w.free[:1], w.free[1], w.free[2]
	w.each(func(t int, base, index arm64.R) {
		if t == 0 {
			w.load(base, index, []arm64.V{best})
			return
		}
		w.load(base, index, v)
		if len(count) > 0 {
			w.FAdd(arm64.S4, count[0], count[2], count[0])
		}
		w.Greater(arm64.S4, v[0], best, larger)
		w.Equal(arm64.S4, v[0], v[0], number) // false of NaN
		w.OrNot(larger, number, larger)
		w.Take(v[0], larger, best)
		if len(count) > 0 {
			w.Take(count[0], larger, count[1])
		}
	})
}
