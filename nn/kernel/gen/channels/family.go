package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// A kernel is one function in the making.
type kernel struct {
	*generator
	amd64.Family
	args   reg.Register // points to the struct of arguments
	masked bool         // vectors may be cut short: by mask, or in AVX2 by the last register
	mask   reg.OpmaskVirtual
}

// prepareMask makes the mask of the first cols columns, all where there are more than a vector has lanes.
func (k *kernel) prepareMask(cols reg.GPVirtual) {
	if k.Lanes == 16 {
		ones := k.GP64()
		k.MOVQ(I64(-1), ones)
		k.BZHIQ(cols, ones, ones)
		k.KMOVW(ones.As32(), k.mask)
		return
	}
	n, table := k.GP64(), k.GP64()
	k.LEAQ(k.FirstLanes(), table)
	k.MOVQ(cols, n)
	k.NEGQ(n)
	k.VMOVUPS(Mem{Base: table, Index: n, Scale: 4, Disp: 32}, k.maskRegister())
}

func (k *kernel) maskRegister() reg.VecPhysical { return k.Registers[len(k.Registers)-1] }

// loadVector reads a vector; lanes beyond the mask are 0.
func (k *kernel) loadVector(from Mem, r reg.VecPhysical) {
	switch {
	case !k.masked:
		k.VMOVUPS(from, r)
	case k.Lanes == 16:
		k.VMOVUPS_Z(from, k.mask, r)
	default:
		k.VMASKMOVPS(from, k.maskRegister(), r)
	}
}

func (k *kernel) storeVector(r reg.VecPhysical, to Mem) {
	switch {
	case !k.masked:
		k.VMOVUPS(r, to)
	case k.Lanes == 16:
		k.VMOVUPS(r, k.mask, to)
	default:
		k.VMASKMOVPS(r, k.maskRegister(), to)
	}
}

func (k *kernel) zero(r reg.VecPhysical) {
	if k.Lanes == 16 {
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
