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
	k := g.begin(f, p.name+f.Name, "pairs", p.name+f.Name+" does for every column of every row", "", "\t"+p.meaning)
	y, a, b := k.Value("y"), k.Value("a"), k.Value("b")
	whole, rest, rows := k.Value("cols"), g.GP64(), k.Value("rows")
	g.MOVQ(whole, rest)
	g.ANDQ(I32(int32(f.Lanes-1)), rest)
	g.SUBQ(rest, whole)

	v := pairVectors{kernel: k, first: f.Registers[0], second: f.Registers[1], spare: f.Registers[2:]}
	v.prepare(p, rest)
	k.eachRow("yab", []reg.GPVirtual{y, a, b}, rows, whole, rest, func(column reg.Register) {
		ya := Mem{Base: y, Index: column, Scale: 8}
		yb := ya
		yb.Disp = 4 * f.Lanes
		v.move(p, ya, yb, Mem{Base: a, Index: column, Scale: 4}, Mem{Base: b, Index: column, Scale: 4})
	})
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
		v.masks = [3]reg.Register{v.K(), v.K(), v.K()}
		v.Opmasks(rest, v.GP64(), v.masks[0])
		v.Opmasks(pairs, v.GP64(), v.masks[1:]...)
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
		v.masks[i] = v.Registers[len(v.Registers)-1-i]
		v.VectorMask(table, n, 4, v.masks[i])
	}
}

// move reads and writes one vector of columns: y holds twice as many elements as a and b.
func (v *pairVectors) move(p pairKernel, ya, yb, a, b Mem) {
	var masks [3]reg.Register
	if v.masked {
		masks = v.masks
	}
	read := func(from Mem, r reg.Register, mask int) { v.LoadVector(from, masks[mask], r) }
	write := func(r reg.Register, to Mem, mask int) { v.StoreVector(r, masks[mask], to) }
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
