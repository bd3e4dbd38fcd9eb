package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// A pairKernel runs row by row between a matrix of pairs and the two matrices of their first and second elements.
type pairKernel struct {
	name, meaning string
	merge         bool // writes the pairs, else reads them
}

var pairKernels = []pairKernel{
	{"interleave", "y[2i], y[2i+1] = a[i], b[i]", true},
	{"deinterleave", "a[i], b[i] = y[2i], y[2i+1]", false},
}

// pairs makes a kernel. Where they go beyond whole vectors, the last columns of a row are masked.
func (g *generator) pairs(f amd64.Family, p pairKernel) {
	g.Begin(p.name+f.Name, "func(x *pairs)", p.name+f.Name+" does for every column of every row", "", "\t"+p.meaning)
	k := &kernel{generator: g, Family: f, args: g.GP64()}
	g.Load(g.Param("x"), k.args)
	y, a, b := k.load("y"), k.load("a"), k.load("b")
	whole, rest, rows := k.load("cols"), g.GP64(), k.load("rows")
	g.MOVQ(whole, rest)
	g.ANDQ(I32(int32(f.Lanes-1)), rest)
	g.SUBQ(rest, whole)

	v := pairVectors{kernel: k, first: f.Registers[0], second: f.Registers[1], spare: f.Registers[2:]}
	v.prepare(p, rest)
	column := g.GP64()
	places := func() (ya, yb, pa, pb Mem) {
		ya = Mem{Base: y, Index: column, Scale: 8}
		yb = ya
		yb.Disp = 4 * f.Lanes
		return ya, yb, Mem{Base: a, Index: column, Scale: 4}, Mem{Base: b, Index: column, Scale: 4}
	}
	g.Label("row")
	g.XORQ(column, column)
	g.Label("vector")
	g.CMPQ(column, whole)
	g.JGE(LabelRef("rest"))
	ya, yb, pa, pb := places()
	v.move(p, false, ya, yb, pa, pb)
	g.ADDQ(Imm(uint64(f.Lanes)), column)
	g.JMP(LabelRef("vector"))
	g.Label("rest")
	g.CMPQ(rest, Imm(0))
	g.JEQ(LabelRef("next"))
	v.move(p, true, ya, yb, pa, pb)
	g.Label("next")
	g.ADDQ(k.field("yStep"), y)
	g.ADDQ(k.field("aStep"), a)
	g.ADDQ(k.field("bStep"), b)
	g.DECQ(rows)
	g.JNZ(LabelRef("row"))
	g.VZEROUPPER()
	g.RET()
}

// pairVectors moves a vector of columns at a time.
type pairVectors struct {
	*kernel
	first, second reg.VecPhysical
	spare         []reg.VecPhysical
	order         [2]reg.VecPhysical // AVX-512: where the first and the second vector written take their elements from
	masks         [3]reg.Register    // of the rest: a column each, the first vector of pairs, the second
}

// prepare makes the masks of columns, fewer than a vector has, and the orders.
func (v *pairVectors) prepare(p pairKernel, rest reg.GPVirtual) {
	pairs := v.GP64()
	v.LEAQ(Mem{Base: rest, Index: rest, Scale: 1}, pairs)
	if v.Lanes == 16 {
		for i, count := range []reg.GPVirtual{rest, pairs} {
			ones, mask := v.GP64(), v.K()
			v.MOVQ(I64(-1), ones)
			v.BZHIQ(count, ones, ones)
			v.KMOVW(ones.As32(), mask)
			v.masks[i] = mask
			if i == 1 {
				v.SHRQ(Imm(16), ones)
				beyond := v.K()
				v.KMOVW(ones.As32(), beyond)
				v.masks[2] = beyond
			}
		}
		for i, name := range []string{p.name + "First", p.name + "Second"} {
			order := v.StaticGlobal(name)
			v.DataAttributes(attr.RODATA | attr.NOPTR)
			for lane := range 16 {
				from := 2*lane + i
				if p.merge {
					from = 8*i + lane/2 + 16*(lane%2)
				}
				v.AddDatum(4*lane, U32(uint32(from)))
			}
			v.order[i], v.spare = v.spare[0], v.spare[1:]
			v.VMOVDQU32(order, v.order[i])
		}
		return
	}
	table, none, eight := v.GP64(), v.GP64(), v.GP64()
	v.LEAQ(v.FirstLanes(), table)
	v.XORQ(none, none)
	v.MOVQ(U32(8), eight)
	for i := range v.masks {
		n := v.GP64()
		switch i {
		case 0:
			v.MOVQ(rest, n)
		case 1:
			v.MOVQ(pairs, n)
			v.CMPQ(n, eight)
			v.CMOVQGT(eight, n)
		case 2:
			v.MOVQ(pairs, n)
			v.SUBQ(eight, n)
			v.CMPQ(n, none)
			v.CMOVQLT(none, n)
		}
		v.NEGQ(n)
		r := v.Registers[len(v.Registers)-1-i]
		v.VMOVUPS(Mem{Base: table, Index: n, Scale: 4, Disp: 32}, r)
		v.masks[i] = r
	}
}

// move reads and writes one vector of columns: y holds twice as many elements as a and b.
func (v *pairVectors) move(p pairKernel, masked bool, ya, yb, a, b Mem) {
	read := func(from Mem, r reg.VecPhysical, mask int) {
		switch {
		case !masked:
			v.VMOVUPS(from, r)
		case v.Lanes == 16:
			v.VMOVUPS_Z(from, v.masks[mask], r)
		default:
			v.VMASKMOVPS(from, v.masks[mask], r)
		}
	}
	write := func(r reg.VecPhysical, to Mem, mask int) {
		switch {
		case !masked:
			v.VMOVUPS(r, to)
		case v.Lanes == 16:
			v.VMOVUPS(r, v.masks[mask], to)
		default:
			v.VMASKMOVPS(r, v.masks[mask], to)
		}
	}
	if p.merge {
		read(a, v.first, 0)
		read(b, v.second, 0)
	} else {
		read(ya, v.first, 1)
		read(yb, v.second, 2)
	}
	s, t := v.spare[0], v.spare[1]
	switch {
	case v.Lanes == 16:
		v.VMOVAPS(v.first, s)
		v.VPERMT2PS(v.second, v.order[0], v.first)
		v.VPERMT2PS(v.second, v.order[1], s)
		v.VMOVAPS(s, v.second)
	case p.merge:
		v.VUNPCKLPS(v.second, v.first, s)
		v.VUNPCKHPS(v.second, v.first, t)
		v.VPERM2F128(Imm(0x20), t, s, v.first)
		v.VPERM2F128(Imm(0x31), t, s, v.second)
	default:
		v.VPERM2F128(Imm(0x20), v.second, v.first, s)
		v.VPERM2F128(Imm(0x31), v.second, v.first, t)
		v.VSHUFPS(Imm(0x88), t, s, v.first)
		v.VSHUFPS(Imm(0xdd), t, s, v.second)
	}
	if p.merge {
		write(v.first, ya, 1)
		write(v.second, yb, 2)
	} else {
		write(v.first, a, 0)
		write(v.second, b, 0)
	}
}
