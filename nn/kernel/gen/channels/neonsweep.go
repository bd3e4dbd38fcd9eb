package main

import (
	"fmt"
	"maps"

	"cenet/nn/kernel/gen/arm64"
)

// neon makes the functions for arm64.
func neon() *arm64.File {
	f := arm64.NewFile("channels")
	for _, s := range sweeps {
		neonSweep(f, s)
	}
	for _, t := range tapKernels {
		for i := range maxTaps * maxTaps {
			neonTaps(f, t, i/maxTaps+1, i%maxTaps+1)
		}
	}
	for _, p := range pairKernels {
		neonPairs(f, p)
	}
	for _, r := range roundKernels {
		neonRound(f, r)
	}
	return f
}

// A span is what a kernel for arm64 takes of the columns at once: some vectors, or the first elements of one. There are no
// masks: what remains beyond whole vectors is taken as two columns and one.
type span struct {
	vectors int
	width   arm64.Width
}

func (s span) columns() int  { return s.bytes() / 4 }
func (s span) bytes() int    { return s.vectors * int(s.width) }
func (s span) label() string { return fmt.Sprintf("columns%d", s.columns()) }

// spans are those of up to the given number of vectors.
func spans(vectors int) (list []span) {
	for ; vectors >= 1; vectors /= 2 {
		list = append(list, span{vectors, arm64.Quad})
	}
	return append(list, span{1, arm64.Double}, span{1, arm64.Single})
}

// eachSpan takes the columns from left to right, in spans of which none is wider than the one before: do is to leave what is not its
// own as it was.
func eachSpan(f *arm64.File, cols, column arm64.R, list []span, do func(s span)) {
	f.Set(0, column)
	for _, s := range list {
		f.Label(s.label())
		f.Compare(cols, s.columns())
		f.Goto("BLT", s.label()+"End")
		do(s)
		f.Add(s.bytes(), column)
		f.I("SUB", s.columns(), cols, cols)
		f.Goto("B", s.label())
		f.Label(s.label() + "End")
	}
	f.Return()
}

// neonSweep makes a kernel: panels of several vectors of columns, whose parameters and sums stay in registers.
func neonSweep(f *arm64.File, s sweep) {
	f.Function(s.name+"128", "x *sweep", 8, s.doc(s.name+"128")...)
	const registers, most = 31, 8 // the last register is that of masks
	x := f.Load("x+0(FP)")
	field := func(name byte) string { return fmt.Sprintf("sweep_%c(%v)", name, x) }
	held := len(s.params) + len(s.sums)
	vectors := most
	for held*vectors+temporaries+len(s.numbers) > registers {
		vectors /= 2
	}
	numbers, next := map[byte]value{}, value(0)
	for _, n := range []byte(s.numbers) {
		numbers[n] = next
		f.I("FMOVS", field(n), fmt.Sprintf("F%d", next))
		f.Spread(arm64.S4, arm64.V(next), arm64.V(next))
		next++
	}
	cols, column, step, rows := f.Load("sweep_cols(%v)", x), f.R(), f.Load("sweep_step(%v)", x), f.R()
	base, places := f.R(), map[byte]arm64.R{}
	for _, m := range []byte(s.matrices) {
		places[m] = f.R()
	}
	eachSpan(f, cols, column, spans(vectors), func(w span) {
		free := next
		fixed := make([]map[byte]value, w.vectors)
		for v := range fixed {
			fixed[v] = maps.Clone(numbers)
		}
		// whole calls do for every vector of a parameter or sum.
		whole := func(name byte, do func(v int)) {
			f.I("MOVD", field(name), base)
			f.Add(column, base)
			for v := range w.vectors {
				do(v)
			}
		}
		for _, name := range []byte(s.params + s.sums) {
			whole(name, func(v int) {
				fixed[v][name] = free
				free++
				f.Read(w.width, base, 16*v, arm64.V(fixed[v][name]))
			})
		}
		var scratch []value
		for ; free < registers; free++ {
			scratch = append(scratch, free)
		}
		for _, m := range []byte(s.matrices) {
			f.I("MOVD", field(m), places[m])
			f.Add(column, places[m])
		}
		f.I("MOVD", fmt.Sprintf("sweep_rows(%v)", x), rows)
		f.Label(w.label() + "Row")
		for v := range w.vectors {
			s.body(&element{machine: neonVector{f, places, w.width, 16 * v}, fixed: fixed[v], scratch: scratch})
			scratch = append(scratch[temporaries:], scratch[:temporaries]...) // so that no vector waits for another
		}
		for _, m := range []byte(s.matrices) {
			f.Add(step, places[m])
		}
		f.Countdown(1, rows, "BNE", w.label()+"Row")
		for _, name := range []byte(s.sums) {
			whole(name, func(v int) { f.Store(w.width, arm64.V(fixed[v][name]), base, 16*v) })
		}
	})
}

// neonVector is the machine of arm64, at one vector.
type neonVector struct {
	*arm64.File
	places map[byte]arm64.R
	width  arm64.Width
	offset int
}

func (e neonVector) load(matrix byte, to value) {
	e.Read(e.width, e.places[matrix], e.offset, arm64.V(to))
}

func (e neonVector) write(matrix byte, x value) {
	e.Store(e.width, arm64.V(x), e.places[matrix], e.offset)
}

func (e neonVector) add(x, y, to value) { e.FAdd(arm64.S4, arm64.V(x), arm64.V(y), arm64.V(to)) }
func (e neonVector) sub(x, y, to value) { e.FSub(arm64.S4, arm64.V(x), arm64.V(y), arm64.V(to)) }
func (e neonVector) mul(x, y, to value) { e.FMul(arm64.S4, arm64.V(x), arm64.V(y), arm64.V(to)) }
func (e neonVector) fma(x, y, sum value) {
	e.FMla(arm64.S4, arm64.V(x), arm64.V(y), arm64.V(sum))
}
func (e neonVector) fms(x, y, sum value) {
	e.FMls(arm64.S4, arm64.V(x), arm64.V(y), arm64.V(sum))
}

func (e neonVector) multiplyAdd(x, scale, shift, to value) {
	e.Copy(arm64.V(shift), arm64.V(to))
	e.fma(x, scale, to)
}

// clamp does not take a maximum, which would make 0 of −0.
func (e neonVector) clamp(x, ceiling value) {
	v, mask := arm64.V(x), arm64.V(31)
	e.Negative(v, mask)
	e.AndNot(v, mask, v)
	e.FMin(arm64.S4, v, arm64.V(ceiling), v)
}

func (e neonVector) keep(d, y, ceiling, spare value) {
	mask := arm64.V(spare)
	e.NotPositive(arm64.V(y), mask)
	e.AndNot(arm64.V(d), mask, arm64.V(d))
	e.GreaterEqual(arm64.S4, arm64.V(y), arm64.V(ceiling), mask)
	e.AndNot(arm64.V(d), mask, arm64.V(d))
}
