package main

import (
	"fmt"
	"strings"

	"cenet/nn/kernel/gen/arm64"
)

// neonRows is the number of rows of the largest tile, by the number of vectors of columns: with its sums, four terms of each row
// of A and two vectors of B stay in registers.
var neonRows = [...]int{1: 12, 2: 10, 3: 7, 4: 6}

const neonLanes = 4

// neon makes the functions for arm64.
func neon() *arm64.File {
	f := arm64.NewFile("gemm")
	for vectors := len(neonRows) - 1; vectors >= 1; vectors-- {
		for rows := 1; rows <= neonRows[vectors]; rows++ {
			neonTiles(f, vectors, rows)
		}
	}
	for vectors := 1; vectors <= neonDoubles; vectors++ {
		for rows := 1; rows <= neonDoubles; rows++ {
			neonDouble(f, vectors, rows)
		}
	}
	for vectors := 1; vectors <= 4; vectors++ {
		neonPack(f, vectors)
	}
	neonTranspose(f)
	neonPeak(f)
	return f
}

// A neonKernel is one micro-kernel for arm64 in the making. There are no masks: of several vectors of columns the last ends with
// the last column, so that it may have columns of the one before it, which come out the same; and a single vector of less than four
// columns is read and written by elements.
type neonKernel struct {
	*arm64.File
	rows, vectors int
	p             arm64.R   // the product
	last          arm64.R   // with several vectors: the place of the last, in bytes
	narrow        arm64.R   // with one: the number of columns where it is less than four and B has no more, else 0
	index         []arm64.R // the distances of the rows of A from the first
	sums, free    []arm64.V
}

func (k *neonKernel) field(name string) string { return fmt.Sprintf("product_%s(%v)", name, k.p) }

// neonTiles makes the micro-kernel of the given number of rows and of vectors of columns.
func neonTiles(f *arm64.File, vectors, rows int) {
	columns := vectors * neonLanes
	f.Function(fmt.Sprintf("gemm128x%dx%d", rows, columns), "p *product", 8,
		fmt.Sprintf("gemm128x%dx%d computes the product p in tiles of %d rows and up to %d columns:", rows, columns, rows, columns),
		"",
		fmt.Sprintf("	portableTiles(p, %d)", rows))
	k := &neonKernel{File: f, rows: rows, vectors: vectors, p: f.Load("p+0(FP)")}
	for i := range arm64.V(32) {
		if int(i) < rows*vectors {
			k.sums = append(k.sums, i)
		} else {
			k.free = append(k.free, i)
		}
	}
	k.prepare()
	stepA, stepB := k.load("stepA"), k.load("stepB")
	k.flush("flushing")
	tile, tileC, tiles := k.load("a"), k.load("c"), k.load("count")

	f.Label("tile")
	k.each(tileC, func(c arm64.R, row int) { f.Goto("PRFM", fmt.Sprintf("%s, PSTL1KEEP", arm64.At(c, 0))) })
	k.begin()
	a, b, planes, runs, n := f.R(), k.load("b"), k.load("planes"), f.R(), f.R()
	f.Move(tile, a)
	f.Label("plane")
	f.I("MOVD", k.field("runs"), runs)
	f.Label("run")
	f.I("MOVD", k.field("k"), n)
	k.terms(a, b, n, stepA, stepB)
	k.advance(a, b, "jump", n)
	f.Countdown(1, runs, "BNE", "run")
	k.advance(a, b, "plane", n)
	f.Countdown(1, planes, "BNE", "plane")
	f.Give(a, b, planes, runs, n)

	d := k.load("d")
	f.Goto("CBZ", fmt.Sprintf("%v, added", d))
	c := k.load("c")
	f.I("SUB", c, d, d)
	f.Add(tileC, d)
	f.Give(c)
	k.columns(d, "Add", func(at []place, sum arm64.V) {
		v := k.free[int(sum)%len(k.free)]
		for _, p := range at {
			p.read(f, v)
		}
		f.FAdd(arm64.S4, sum, v, sum)
	})
	f.Label("added")
	f.Give(d)
	k.clamp()
	f.Label("store")
	k.columns(tileC, "Store", func(at []place, sum arm64.V) {
		for _, p := range at {
			p.store(f, sum)
		}
	})

	next := k.load("nextA")
	f.Add(next, tile)
	f.I("MOVD", k.field("nextC"), next)
	f.Add(next, tileC)
	f.Countdown(1, tiles, "BNE", "tile")
	f.Give(next)
	k.flush("flushed")
	f.Return()
}

// flush switches between denormals as they are and denormals that count, and come out, as 0, if the product says so.
func (k *neonKernel) flush(label string) {
	r := k.load("flush")
	k.Goto("CBZ", fmt.Sprintf("%v, %s", r, label))
	k.FlipFlush(r)
	k.Label(label)
	k.Give(r)
}

func (k *neonKernel) load(field string) arm64.R { return k.Load("%s", k.field(field)) }

// prepare sets what is the same for all tiles.
func (k *neonKernel) prepare() {
	half := (k.rows + 1) / 2
	rowA := k.load("rowA")
	k.index = []arm64.R{-1}
	for i := 1; i < half; i++ {
		r := rowA
		if i > 1 {
			r = k.R()
			k.Sum(rowA, k.index[i-1], r)
		}
		k.index = append(k.index, r)
	}
	for i := half; i < k.rows; i++ {
		if i == half {
			k.index = append(k.index, k.load("pairA"))
			continue
		}
		r := k.R()
		k.Sum(k.index[i-half], k.index[half], r)
		k.index = append(k.index, r)
	}
	if half == 1 {
		k.Give(rowA)
	}
	cols := k.load("cols")
	if k.vectors > 1 {
		k.last = cols
		k.I("LSL", 2, cols, cols)
		k.I("SUB", 16, cols, cols)
		return
	}
	k.narrow = cols
	whole := k.load("whole")
	k.Compare(cols, neonLanes)
	k.I("CSEL", "LT", cols, "ZR", cols)
	k.Compare(whole, 0)
	k.I("CSEL", "EQ", cols, "ZR", cols)
	k.Give(whole)
}

// terms adds the products of one run.
func (k *neonKernel) terms(a, b, n, stepA, stepB arm64.R) {
	if k.vectors == 1 {
		k.Goto("CBNZ", fmt.Sprintf("%v, narrow", k.narrow))
	}
	k.Compare(stepA, 4)
	k.Goto("BNE", "one")
	k.Countdown(4, n, "BLT", "rest")
	k.Label("four")
	terms := k.free[:k.rows]
	for i, v := range terms {
		k.readA(arm64.Quad, a, i, v)
	}
	k.Add(16, a)
	spare := k.free[k.rows:]
	for element := range 4 {
		k.eachB(b, spare, func(v int, r arm64.V) {
			for i, t := range terms {
				k.FMlaElement(arm64.S4, r, t, element, k.sums[i*k.vectors+v])
			}
		})
		k.Add(stepB, b)
	}
	k.Countdown(4, n, "BGE", "four")
	k.Label("rest")
	k.I("ADDS", 4, n, n)
	k.Goto("BEQ", "summed")

	rows := func(vectors []arm64.V) {
		spread := k.free[len(vectors):]
		for i := range k.rows {
			t := spread[i%len(spread)]
			k.readA(arm64.Single, a, i, t)
			for v, r := range vectors {
				k.FMlaElement(arm64.S4, r, t, 0, k.sums[i*k.vectors+v])
			}
		}
		k.Add(stepA, a)
		k.Add(stepB, b)
	}
	k.Label("one")
	k.eachB(b, k.free[:k.vectors], func(int, arm64.V) {})
	rows(k.free[:k.vectors])
	k.Countdown(1, n, "BNE", "one")
	if k.vectors == 1 {
		k.Goto("B", "summed")
		k.Label("narrow")
		k.Compare(k.narrow, 2)
		k.Goto("BEQ", "termsOf2")
		k.Goto("BGT", "termsOf3")
		for columns := 1; columns <= 3; columns++ {
			label := fmt.Sprintf("termsOf%d", columns)
			k.Label(label)
			for _, p := range places(b, 0, columns) {
				p.read(k.File, k.free[0])
			}
			rows(k.free[:1])
			k.Countdown(1, n, "BNE", label)
			if columns < 3 {
				k.Goto("B", "summed")
			}
		}
	}
	k.Label("summed")
}

// readA reads the row i of A.
func (k *neonKernel) readA(w arm64.Width, a arm64.R, i int, v arm64.V) {
	if i == 0 {
		k.Read(w, a, 0, v)
	} else {
		k.ReadIndexed(w, a, k.index[i], v)
	}
}

// eachB reads a row of B, whose vectors take turns in the registers, and calls f for each when it is read.
func (k *neonKernel) eachB(b arm64.R, registers []arm64.V, f func(v int, r arm64.V)) {
	of := func(v int) arm64.V { return registers[v%len(registers)] }
	for v := 0; v < k.vectors; v++ {
		switch {
		case v == k.vectors-1 && v > 0:
			k.ReadIndexed(arm64.Quad, b, k.last, of(v))
		case v+1 < k.vectors-1:
			k.ReadPair(b, 16*v, of(v), of(v+1))
			f(v, of(v))
			v++
		default:
			k.Read(arm64.Quad, b, 16*v, of(v))
		}
		f(v, of(v))
	}
}

// A place is what one instruction reads or writes of a vector: a number of bytes after the base, fixed or held by the index; the
// first elements, or one element that is not the first.
type place struct {
	width   arm64.Width
	base    arm64.R
	offset  int
	index   *arm64.R
	element int
}

func (at place) read(f *arm64.File, v arm64.V) {
	switch {
	case at.index != nil:
		f.ReadIndexed(at.width, at.base, *at.index, v)
	case at.element == 0:
		f.Read(at.width, at.base, at.offset, v)
	default:
		r := f.R()
		f.Sum(at.offset, at.base, r)
		f.ReadElement(r, v, at.element)
		f.Give(r)
	}
}

func (at place) store(f *arm64.File, v arm64.V) {
	switch {
	case at.index != nil:
		f.StoreIndexed(at.width, v, at.base, *at.index)
	case at.element == 0:
		f.Store(at.width, v, at.base, at.offset)
	default:
		r := f.R()
		f.Sum(at.offset, at.base, r)
		f.StoreElement(v, at.element, r)
		f.Give(r)
	}
}

// places are those of the first columns of a vector of float32.
func places(base arm64.R, offset, columns int) []place {
	switch columns {
	case 1:
		return []place{{width: arm64.Single, base: base, offset: offset}}
	case 2:
		return []place{{width: arm64.Double, base: base, offset: offset}}
	case 3:
		return []place{{width: arm64.Double, base: base, offset: offset}, {base: base, offset: offset + 8, element: 2}}
	}
	return []place{{width: arm64.Quad, base: base, offset: offset}}
}

// advance moves after a run or a plane.
func (k *neonKernel) advance(a, b arm64.R, distance string, spare arm64.R) {
	k.I("MOVD", k.field(distance+"A"), spare)
	k.Add(spare, a)
	k.I("MOVD", k.field(distance+"B"), spare)
	k.Add(spare, b)
}

// each calls f with the place of every row of a tile of C, or of D, that begins at c.
func (k *neonKernel) each(c arm64.R, f func(c arm64.R, row int)) {
	at, rowC := k.R(), k.load("rowC")
	k.Move(c, at)
	for i := range k.rows {
		switch {
		case i > 0 && i == (k.rows+1)/2:
			pair := k.load("pairC")
			k.Sum(pair, c, at)
			k.Give(pair)
		case i > 0:
			k.Add(rowC, at)
		}
		f(at, i)
	}
	k.Give(at, rowC)
}

// columns calls f for every vector of the rows of a tile that begins at c, with the places that a single vector takes where it is
// not whole.
func (k *neonKernel) columns(c arm64.R, name string, f func(at []place, sum arm64.V)) {
	if k.vectors > 1 {
		k.each(c, func(c arm64.R, row int) {
			for v := range k.vectors {
				at := place{width: arm64.Quad, base: c, offset: 16 * v}
				if v == k.vectors-1 {
					at.index = &k.last
				}
				f([]place{at}, k.sums[row*k.vectors+v])
			}
		})
		return
	}
	k.byColumns("columns"+name, func(columns int) {
		k.each(c, func(c arm64.R, row int) { f(places(c, 0, columns), k.sums[row]) })
	})
}

// byColumns writes what is to be done for each number of columns of a single vector.
func (k *neonKernel) byColumns(label string, do func(columns int)) {
	cols := k.load("cols")
	k.Compare(cols, 2)
	k.Goto("BLT", label+"1")
	k.Goto("BEQ", label+"2")
	k.Compare(cols, 3)
	k.Goto("BEQ", label+"3")
	k.Give(cols)
	for columns := 4; columns >= 1; columns-- {
		k.Label(fmt.Sprintf("%s%d", label, columns))
		do(columns)
		if columns > 1 {
			k.Goto("B", label+"End")
		}
	}
	k.Label(label + "End")
}

// begin sets the sums of a tile to the bias, or to 0.
func (k *neonKernel) begin() {
	bias := k.load("bias")
	k.Goto("CBZ", fmt.Sprintf("%v, zero", bias))
	if k.vectors > 1 {
		k.eachB(bias, k.sums[:k.vectors], func(int, arm64.V) {})
	} else {
		k.byColumns("bias", func(columns int) {
			for _, p := range places(bias, 0, columns) {
				p.read(k.File, k.sums[0])
			}
		})
	}
	k.Give(bias)
	for i := k.vectors; i < len(k.sums); i++ {
		k.Copy(k.sums[i%k.vectors], k.sums[i])
	}
	k.Goto("B", "begun")
	k.Label("zero")
	for _, v := range k.sums {
		k.Zero(v)
	}
	k.Label("begun")
}

// clamp bounds the sums, if the product says so. What is less than 0 becomes 0; −0 and NaN stay.
func (k *neonKernel) clamp() {
	r := k.load("clamp")
	k.Goto("CBZ", fmt.Sprintf("%v, store", r))
	k.Give(r)
	ceiling, masks := k.free[0], k.free[1:]
	k.I("FMOVS", k.field("ceiling"), fmt.Sprintf("F%d", ceiling))
	k.Spread(arm64.S4, ceiling, ceiling)
	for i, v := range k.sums {
		mask := masks[i%len(masks)]
		k.Negative(v, mask)
		k.AndNot(v, mask, v)
		k.FMin(arm64.S4, v, ceiling, v)
	}
}

// neonCalls makes the Go functions that call a micro-kernel by its size.
func neonCalls() string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	put("\n// run does the product with the active family's micro-kernel for the given number of rows and of vectors of columns.\n")
	put("func (p *product) run(rows, vectors int) {\nif active == portable {\np.portable(rows)\nreturn\n}\nswitch vectors {\n")
	for vectors := 1; vectors < len(neonRows); vectors++ {
		put("case %d:\nswitch rows {\n", vectors)
		for rows := 1; rows <= neonRows[vectors]; rows++ {
			put("case %d:\ngemm128x%[1]dx%d(p)\n", rows, vectors*neonLanes)
		}
		put("}\n")
	}
	put("}\n}\n\n// double does a tile in float64 with the micro-kernel for the given number of rows and of columns.\n")
	put("func double(rows int, c, a, b *float64, k, rowA, stepA, row, cols int, alpha float64, add bool) {\nswitch 4*((cols+1)/2) + rows {\n")
	for vectors := 1; vectors <= neonDoubles; vectors++ {
		for rows := 1; rows <= neonDoubles; rows++ {
			put("case %d:\ndouble128x%dx%d(c, a, b, k, rowA, stepA, row, cols, alpha, add)\n", 4*vectors+rows, rows, 2*vectors)
		}
	}
	put("}\n}\n")
	return b.String()
}

// neonDoubles is the most rows, and the most vectors of columns, of a tile in float64.
const neonDoubles = 4
