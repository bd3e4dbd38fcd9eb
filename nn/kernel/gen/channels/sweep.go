package main

import (
	"maps"
	"strings"
	"unicode"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// A sweep is a kernel over matrices, see the type of this name in package kernel.
type sweep struct {
	name     string
	meaning  string // for an element, in Go
	matrices string // the names of those used, a letter each, and so on
	params   string
	sums     string
	numbers  string
	body     func(e *element) // the arithmetic of one vector
}

func (s sweep) constant() string {
	return "sweep" + string(unicode.ToUpper(rune(s.name[0]))) + s.name[1:]
}

// doc is the comment of the function of this name.
func (s sweep) doc(name string) []string {
	doc := []string{name + " does for every element", ""}
	for line := range strings.Lines(s.meaning) {
		doc = append(doc, "\t"+strings.TrimSpace(line))
	}
	return doc
}

// A value is a vector register.
type value int

// An element is a vector of elements in the making. Names are those of the meaning.
type element struct {
	machine
	fixed   map[byte]value // parameters, sums and numbers
	scratch []value        // not yet used
}

// A machine writes the instructions of a processor on vectors.
type machine interface {
	load(matrix byte, to value)
	write(matrix byte, x value)
	add(x, y, to value)
	sub(x, y, to value)
	mul(x, y, to value)
	fma(x, y, sum value)                   // adds x·y to sum in one rounding
	fms(x, y, sum value)                   // takes it from sum
	multiplyAdd(x, scale, shift, to value) // to = x·scale + shift in one rounding; to is none of the others
	clamp(x, ceiling value)                // bounds x by 0 and the ceiling; −0 and NaN stay
	keep(d, y, ceiling, spare value)       // sets d to 0 unless 0 < y < ceiling or y is NaN
}

// temporaries is the number of vector registers for what lives within an element.
const temporaries = 4

// sweep makes a kernel: panels of several vectors of columns, whose parameters and sums stay in registers, then single
// vectors, the last of them masked.
func (g *generator) sweep(f amd64.Family, s sweep) {
	k := g.begin(f, s.name+f.Name, "sweep", s.doc(s.name+f.Name)...)

	vectors := 4
	if held := len(s.params) + len(s.sums); held > 0 {
		vectors = min(vectors, (len(f.Registers)-temporaries-len(s.numbers)-1)/held)
	}
	matrices := map[byte]reg.Register{}
	for _, m := range []byte(s.matrices) {
		matrices[m] = k.Value(string(m))
	}
	cols, column, step := k.Value("cols"), g.GP64(), k.Value("step")
	g.XORQ(column, column)

	for _, p := range []struct {
		label   string
		vectors int
		masked  bool
	}{{"panel", vectors, false}, {"single", 1, false}, {"rest", 1, true}} {
		if f.Lanes == 16 && p.label == "single" || vectors == 1 && p.label == "panel" {
			continue
		}
		k.masked = p.masked
		end := p.label + "End"
		g.Label(p.label)
		if p.masked {
			g.CMPQ(cols, Imm(0))
			g.JLE(LabelRef(end))
			k.prepareMask(cols)
		} else {
			g.CMPQ(cols, I32(int32(p.vectors*f.Lanes)))
			g.JLT(LabelRef(end))
		}
		k.panel(s, p.label, p.vectors, matrices, column, step)
		g.ADDQ(I32(int32(4*p.vectors*f.Lanes)), column)
		g.SUBQ(I32(int32(p.vectors*f.Lanes)), cols)
		g.JMP(LabelRef(p.label))
		g.Label(end)
	}
	g.End()
}

// panel runs over the rows of the given number of vectors of columns.
func (k *kernel) panel(s sweep, label string, vectors int, matrices map[byte]reg.Register, column, step reg.Register) {
	var free []value
	for i := range k.Registers {
		free = append(free, value(i))
	}
	if k.masked && k.Lanes == 8 {
		free = free[:len(free)-1]
	}
	take := func() (r value) {
		r, free = free[0], free[1:]
		return r
	}
	zeros := k.Registers[take()]
	k.Zero(zeros)
	numbers := map[byte]value{}
	for _, n := range []byte(s.numbers) {
		numbers[n] = take()
		k.VBROADCASTSS(k.Field(string(n)), k.Registers[numbers[n]])
	}
	fixed := make([]map[byte]value, vectors)
	for v := range fixed {
		fixed[v] = maps.Clone(numbers)
	}
	// whole calls f for every vector of a parameter or sum.
	whole := func(name byte, f func(place Mem, v int)) {
		base := k.Value(string(name))
		for v := range vectors {
			f(Mem{Base: base, Index: column, Scale: 1, Disp: 4 * k.Lanes * v}, v)
		}
	}
	for _, name := range []byte(s.params + s.sums) {
		whole(name, func(place Mem, v int) {
			fixed[v][name] = take()
			k.load(place, k.Registers[fixed[v][name]])
		})
	}

	offset, rows := k.GP64(), k.Value("rows")
	k.MOVQ(column, offset)
	k.Label(label + "Row")
	for v := range vectors {
		at := func(m byte) Mem { return Mem{Base: matrices[m], Index: offset, Scale: 1, Disp: 4 * k.Lanes * v} }
		s.body(&element{machine: avx{k, at, zeros}, fixed: fixed[v], scratch: free})
	}
	k.ADDQ(step, offset)
	k.Countdown(rows, label+"Row")
	for _, name := range []byte(s.sums) {
		whole(name, func(place Mem, v int) { k.store(k.Registers[fixed[v][name]], place) })
	}
}

func (e *element) temporary() (r value) {
	if len(e.scratch) == 0 {
		panic("no register is left")
	}
	r, e.scratch = e.scratch[0], e.scratch[1:]
	return r
}

// of is the register of a parameter, a sum or a number.
func (e *element) of(name byte) value {
	r, ok := e.fixed[name]
	if !ok {
		panic("nothing is called " + string(name))
	}
	return r
}

// read loads the vector of a matrix.
func (e *element) read(matrix byte) value {
	r := e.temporary()
	e.load(matrix, r)
	return r
}

// affine returns x·scale + shift, in one rounding.
func (e *element) affine(x value, scale, shift byte) value {
	r := e.temporary()
	e.multiplyAdd(x, e.of(scale), e.of(shift), r)
	return r
}

func (e *element) clamp(x value, ceiling byte) { e.machine.clamp(x, e.of(ceiling)) }

func (e *element) keep(d, y value, ceiling byte) {
	e.machine.keep(d, y, e.of(ceiling), e.temporary())
}

// normSums adds the gradient d, and its product with x less the mean p, to the sums. It spoils x.
func (e *element) normSums(d, x value) {
	e.add(e.of('S'), d, e.of('S'))
	e.sub(x, e.of('p'), x)
	e.fma(x, d, e.of('T'))
}

// momentum adds decay to the gradient d and sets v to the velocity that it moves to.
func (e *element) momentum(w, d, v value) {
	e.fma(w, e.of('w'), d)
	e.multiplyAdd(e.read('c'), e.of('v'), d, v)
	e.write('c', v)
}

// avx is the machine of amd64, at one vector.
type avx struct {
	*kernel
	at    func(matrix byte) Mem
	zeros reg.VecPhysical
}

func (e avx) load(matrix byte, to value) { e.kernel.load(e.at(matrix), e.Registers[to]) }
func (e avx) write(matrix byte, x value) { e.store(e.Registers[x], e.at(matrix)) }
func (e avx) add(x, y, to value)         { e.VADDPS(e.Registers[y], e.Registers[x], e.Registers[to]) }
func (e avx) sub(x, y, to value)         { e.VSUBPS(e.Registers[y], e.Registers[x], e.Registers[to]) }
func (e avx) mul(x, y, to value)         { e.VMULPS(e.Registers[y], e.Registers[x], e.Registers[to]) }
func (e avx) fma(x, y, sum value)        { e.VFMADD231PS(e.Registers[y], e.Registers[x], e.Registers[sum]) }
func (e avx) fms(x, y, sum value)        { e.VFNMADD231PS(e.Registers[y], e.Registers[x], e.Registers[sum]) }

func (e avx) multiplyAdd(x, scale, shift, to value) {
	e.VMOVAPS(e.Registers[x], e.Registers[to])
	e.VFMADD213PS(e.Registers[shift], e.Registers[scale], e.Registers[to])
}

// clamp leaves NaN as it is, for a minimum or maximum with a NaN is its second operand.
func (e avx) clamp(v, ceiling value) {
	x := e.Registers[v]
	e.VMAXPS(x, e.zeros, x)
	e.VMINPS(x, e.Registers[ceiling], x)
}

// Predicates of comparison that NaN fulfils.
const (
	notLessEqual    = 0x16
	notGreaterEqual = 0x19
)

func (e avx) keep(dv, yv, cv, spare value) {
	d, y, ceiling := e.Registers[dv], e.Registers[yv], e.Registers[cv]
	if e.Lanes == 16 {
		positive, inside := e.K(), e.K()
		e.VCMPPS(Imm(notLessEqual), e.zeros, y, positive)
		e.VCMPPS(Imm(notGreaterEqual), ceiling, y, positive, inside)
		e.VMOVAPS_Z(d, inside, d)
		return
	}
	mask := e.Registers[spare]
	e.VCMPPS(Imm(notLessEqual), e.zeros, y, mask)
	e.VANDPS(mask, d, d)
	e.VCMPPS(Imm(notGreaterEqual), ceiling, y, mask)
	e.VANDPS(mask, d, d)
}
