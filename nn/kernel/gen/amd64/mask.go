package amd64

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A mask selects the first lanes of a vector: an opmask in AVX-512, a vector register in AVX2, nil for all lanes.

// LoadVector reads a vector of float32; lanes beyond the mask are 0.
func (f *File) LoadVector(from operand.Mem, mask, r reg.Register) {
	switch mask.(type) {
	case nil:
		f.VMOVUPS(from, r)
	case reg.OpmaskVirtual:
		f.VMOVUPS_Z(from, mask, r)
	default:
		f.VMASKMOVPS(from, mask, r)
	}
}

// StoreVector writes the lanes of a vector of float32 that are in the mask.
func (f *File) StoreVector(r, mask reg.Register, to operand.Mem) {
	switch mask.(type) {
	case nil:
		f.VMOVUPS(r, to)
	case reg.OpmaskVirtual:
		f.VMOVUPS(r, mask, to)
	default:
		f.VMASKMOVPS(r, mask, to)
	}
}

// Opmasks sets masks of 16 lanes each, one after the other, to the first n lanes of all; bits is scratch, and may be n.
func (f *File) Opmasks(n, bits reg.GPVirtual, masks ...reg.Register) {
	f.MOVQ(operand.I64(-1), bits)
	f.BZHIQ(n, bits, bits)
	for i, m := range masks {
		if i > 0 {
			f.SHRQ(operand.Imm(16), bits)
		}
		f.KMOVW(bits.As32(), m)
	}
}

// VectorMask sets a mask of AVX2 to the first n lanes, each of the given number of bytes, by the table FirstLanes. It spoils n.
func (f *File) VectorMask(table, n reg.Register, bytes uint8, mask reg.Register) {
	f.NEGQ(n)
	f.VMOVUPS(operand.Mem{Base: table, Index: n, Scale: bytes, Disp: 32}, mask)
}
