package main

import (
	"strings"
	"unicode"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
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

// An element is a vector of elements in the making. Names are those of the meaning.
type element struct {
	*kernel
	at      func(matrix byte) Mem
	fixed   map[byte]reg.VecPhysical // parameters, sums and numbers
	scratch []reg.VecPhysical        // not yet used
	zeros   reg.VecPhysical
}

// temporaries is the number of vector registers for what lives within an element.
const temporaries = 4

// sweep makes a kernel: panels of several vectors of columns, whose parameters and sums stay in registers, then single
// vectors, the last of them masked.
func (g *generator) sweep(f family, s sweep) {
	doc := []string{s.name + f.name + " does for every element", ""}
	for line := range strings.Lines(s.meaning) {
		doc = append(doc, "\t"+strings.TrimSpace(line))
	}
	g.function(s.name+f.name, "func(x *sweep)", doc...)
	k := &kernel{generator: g, family: f, args: g.GP64(), mask: g.K()}
	g.Load(g.Param("x"), k.args)

	vectors := 4
	if held := len(s.params) + len(s.sums); held > 0 {
		vectors = min(vectors, (len(f.registers)-temporaries-len(s.numbers)-1)/held)
	}
	matrices := map[byte]reg.Register{}
	for _, m := range []byte(s.matrices) {
		matrices[m] = k.load(string(m))
	}
	cols, column, step := k.load("cols"), g.GP64(), k.load("step")
	g.XORQ(column, column)

	for _, p := range []struct {
		label   string
		vectors int
		masked  bool
	}{{"panel", vectors, false}, {"single", 1, false}, {"rest", 1, true}} {
		if f.lanes == 16 && p.label == "single" || vectors == 1 && p.label == "panel" {
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
			g.CMPQ(cols, I32(int32(p.vectors*f.lanes)))
			g.JLT(LabelRef(end))
		}
		k.panel(s, p.label, p.vectors, matrices, column, step)
		g.ADDQ(I32(int32(4*p.vectors*f.lanes)), column)
		g.SUBQ(I32(int32(p.vectors*f.lanes)), cols)
		g.JMP(LabelRef(p.label))
		g.Label(end)
	}
	g.VZEROUPPER()
	g.RET()
}

// panel runs over the rows of so many vectors of columns.
func (k *kernel) panel(s sweep, label string, vectors int, matrices map[byte]reg.Register, column, step reg.Register) {
	free := k.registers
	if k.masked && k.lanes == 8 {
		free = free[:len(free)-1]
	}
	take := func() (r reg.VecPhysical) {
		r, free = free[0], free[1:]
		return r
	}
	zeros := take()
	k.zero(zeros)
	numbers := map[byte]reg.VecPhysical{}
	for _, n := range []byte(s.numbers) {
		numbers[n] = take()
		k.VBROADCASTSS(k.field(string(n)), numbers[n])
	}
	fixed := make([]map[byte]reg.VecPhysical, vectors)
	for v := range fixed {
		fixed[v] = map[byte]reg.VecPhysical{}
		for n, r := range numbers {
			fixed[v][n] = r
		}
	}
	// whole calls f for every vector of a parameter or sum.
	whole := func(name byte, f func(place Mem, v int)) {
		base := k.load(string(name))
		for v := range vectors {
			f(Mem{Base: base, Index: column, Scale: 1, Disp: 4 * k.lanes * v}, v)
		}
	}
	for _, name := range []byte(s.params + s.sums) {
		whole(name, func(place Mem, v int) {
			fixed[v][name] = take()
			k.loadVector(place, fixed[v][name])
		})
	}

	offset, rows := k.GP64(), k.load("rows")
	k.MOVQ(column, offset)
	k.Label(label + "Row")
	for v := range vectors {
		s.body(&element{kernel: k, fixed: fixed[v], scratch: free, zeros: zeros, at: func(m byte) Mem {
			return Mem{Base: matrices[m], Index: offset, Scale: 1, Disp: 4 * k.lanes * v}
		}})
	}
	k.ADDQ(step, offset)
	k.DECQ(rows)
	k.JNZ(LabelRef(label + "Row"))
	for _, name := range []byte(s.sums) {
		whole(name, func(place Mem, v int) { k.storeVector(fixed[v][name], place) })
	}
}

func (e *element) temporary() (r reg.VecPhysical) {
	if len(e.scratch) == 0 {
		panic("no register is left")
	}
	r, e.scratch = e.scratch[0], e.scratch[1:]
	return r
}

// of is the register of a parameter, a sum or a number.
func (e *element) of(name byte) reg.VecPhysical {
	r, ok := e.fixed[name]
	if !ok {
		panic("nothing is called " + string(name))
	}
	return r
}

// read loads the vector of a matrix.
func (e *element) read(matrix byte) reg.VecPhysical {
	r := e.temporary()
	e.loadVector(e.at(matrix), r)
	return r
}

func (e *element) write(matrix byte, r reg.VecPhysical) { e.storeVector(r, e.at(matrix)) }

// affine returns x·scale + shift, in one rounding.
func (e *element) affine(x reg.VecPhysical, scale, shift byte) reg.VecPhysical {
	r := e.temporary()
	e.VMOVAPS(x, r)
	e.VFMADD213PS(e.of(shift), e.of(scale), r)
	return r
}

// clamp bounds x by 0 and the ceiling; NaN stays NaN, for a minimum or maximum with a NaN is its second operand.
func (e *element) clamp(x reg.VecPhysical, ceiling byte) {
	e.VMAXPS(x, e.zeros, x)
	e.VMINPS(x, e.of(ceiling), x)
}

// Predicates of comparison that NaN fulfils.
const (
	notLessEqual    = 0x16
	notGreaterEqual = 0x19
)

// keep sets d to 0 unless 0 < y < ceiling or y is NaN. It spoils y.
func (e *element) keep(d, y reg.VecPhysical, ceiling byte) {
	if e.lanes == 16 {
		positive, inside := e.K(), e.K()
		e.VCMPPS(Imm(notLessEqual), e.zeros, y, positive)
		e.VCMPPS(Imm(notGreaterEqual), e.of(ceiling), y, positive, inside)
		e.VMOVAPS_Z(d, inside, d)
		return
	}
	positive := e.temporary()
	e.VCMPPS(Imm(notLessEqual), e.zeros, y, positive)
	e.VANDPS(positive, d, d)
	e.VCMPPS(Imm(notGreaterEqual), e.of(ceiling), y, positive)
	e.VANDPS(positive, d, d)
}

// normSums adds the gradient d, and its product with x less the mean p, to the sums. It spoils x.
func (e *element) normSums(d, x reg.VecPhysical) {
	e.VADDPS(d, e.of('S'), e.of('S'))
	e.VSUBPS(e.of('p'), x, x)
	e.VFMADD231PS(d, x, e.of('T'))
}

// momentum adds decay to the gradient d and moves the velocity v.
func (e *element) momentum(w, d, v reg.VecPhysical) {
	e.VFMADD231PS(e.of('w'), w, d)
	e.VFMADD213PS(d, e.of('v'), v)
	e.write('c', v)
}
