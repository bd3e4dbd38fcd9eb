package main

import "cenet/nn/kernel/gen/arm64"

// neonPairs makes a kernel: a row's columns by four, then two and one.
func neonPairs(f *arm64.File, p pairKernel) {
	f.Function(p.name+"128", "x *pairs", 8, p.name+"128 does for every column of every row", "", "\t"+p.meaning)
	x := f.Load("x+0(FP)")
	load := func(name string) arm64.R { return f.Load("pairs_%s(%v)", name, x) }
	y, a, b, rows := load("y"), load("a"), load("b"), load("rows")
	cols, yStep, aStep, bStep := load("cols"), load("yStep"), load("aStep"), load("bStep")
	eachRow(f, rows, cols, []arm64.R{y, a, b}, []arm64.R{yStep, aStep, bStep}, func(w span, at []arm64.R) {
		neonPair(f, p, w.width, at[0], at[1], at[2])
		f.Add(2*w.bytes(), at[0])
		f.Add(w.bytes(), at[1])
		f.Add(w.bytes(), at[2])
	})
}

// eachRow runs do over every row of the matrices at the places: over its columns by four, then by two and one. do moves on by what it
// did; the steps are those from a row to the next.
func eachRow(f *arm64.File, rows, cols arm64.R, places, steps []arm64.R, do func(w span, at []arm64.R)) {
	var at []arm64.R
	for range places {
		at = append(at, f.R())
	}
	left := f.R()
	f.Label("row")
	for i, place := range places {
		f.Move(place, at[i])
	}
	f.Move(cols, left)
	for _, w := range spans(1) {
		n := w.columns()
		f.Label(w.label())
		f.Countdown(n, left, "BLT", w.label()+"End")
		do(w, at)
		f.Goto("B", w.label())
		f.Label(w.label() + "End")
		f.Add(n, left)
	}
	for i, place := range places {
		f.Add(steps[i], place)
	}
	f.Countdown(1, rows, "BNE", "row")
	f.Return()
}

// neonPair reads and writes one width of columns: y holds twice as many elements as a and b.
func neonPair(f *arm64.File, p pairKernel, w arm64.Width, y, a, b arm64.R) {
	const first, second, s, t = 0, 1, 2, 3
	if p.merge {
		f.Read(w, a, 0, first)
		f.Read(w, b, 0, second)
		f.Zip("VZIP1", first, second, s)
		if w == arm64.Quad {
			f.Zip("VZIP2", first, second, t)
			f.StorePair(s, t, y, 0)
		} else {
			f.Store(2*w, s, y, 0)
		}
		return
	}
	if w == arm64.Quad {
		f.ReadPair(y, 0, first, second)
	} else {
		f.Read(2*w, y, 0, first)
		f.Zero(second)
	}
	f.Zip("VUZP1", first, second, s)
	f.Zip("VUZP2", first, second, t)
	f.Store(w, s, a, 0)
	f.Store(w, t, b, 0)
}
