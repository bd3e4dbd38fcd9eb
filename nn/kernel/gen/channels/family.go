package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A family is an instruction set with its vector registers.
type family struct {
	name      string
	lanes     int
	registers []reg.VecPhysical
}

var (
	avx512 = family{"512", 16, []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31}}
	avx2 = family{"256", 8, []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15}}
)

// A kernel is one function in the making.
type kernel struct {
	*generator
	family
	args   reg.Register // points to the struct of arguments
	masked bool         // vectors may be cut short: by mask, or in AVX2 by the last register
	mask   reg.OpmaskVirtual
}

// prepareMask makes the mask of the first cols columns, all where there are more than a vector has lanes.
func (k *kernel) prepareMask(cols reg.GPVirtual) {
	if k.lanes == 16 {
		ones := k.GP64()
		k.MOVQ(I64(-1), ones)
		k.BZHIQ(cols, ones, ones)
		k.KMOVW(ones.As32(), k.mask)
		return
	}
	n, table := k.GP64(), k.GP64()
	k.LEAQ(k.maskTable(), table)
	k.MOVQ(cols, n)
	k.NEGQ(n)
	k.VMOVUPS(Mem{Base: table, Index: n, Scale: 4, Disp: 32}, k.maskRegister())
}

func (k *kernel) maskRegister() reg.VecPhysical { return k.registers[len(k.registers)-1] }

// maskTable is eight lanes of ones, then eight of zeros.
func (g *generator) maskTable() Mem {
	if g.table == nil {
		t := g.StaticGlobal("leadingLanes")
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 16 {
			lane := U32(0)
			if i < 8 {
				lane = ^lane
			}
			g.AddDatum(4*i, lane)
		}
		g.table = &t
	}
	return *g.table
}

// loadVector reads a vector; lanes beyond the mask are 0.
func (k *kernel) loadVector(from Mem, r reg.VecPhysical) {
	switch {
	case !k.masked:
		k.VMOVUPS(from, r)
	case k.lanes == 16:
		k.VMOVUPS_Z(from, k.mask, r)
	default:
		k.VMASKMOVPS(from, k.maskRegister(), r)
	}
}

func (k *kernel) storeVector(r reg.VecPhysical, to Mem) {
	switch {
	case !k.masked:
		k.VMOVUPS(r, to)
	case k.lanes == 16:
		k.VMOVUPS(r, k.mask, to)
	default:
		k.VMASKMOVPS(r, k.maskRegister(), to)
	}
}

func (k *kernel) zero(r reg.VecPhysical) {
	if k.lanes == 16 {
		k.VPXORD(r, r, r)
	} else {
		k.VXORPS(r, r, r)
	}
}

// field is the place of a field of the arguments.
func (k *kernel) field(name string) Mem {
	b, err := k.Param("x").Dereference(k.args).Field(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

func (k *kernel) load(field string) reg.GPVirtual {
	r := k.GP64()
	k.MOVQ(k.field(field), r)
	return r
}
