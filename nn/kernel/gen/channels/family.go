package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// A kernel is one function in the making.
type kernel struct {
	*amd64.Kernel
	masked bool         // vectors may be cut short, by mask
	mask   reg.Register // in AVX2 the last vector register
}

// begin begins the function that does what the doc comment says.
func (g *generator) begin(f amd64.Family, name, structure string, doc ...string) *kernel {
	k := &kernel{Kernel: g.Kernel(f, name, "x", structure, doc...)}
	if k.mask = f.Registers[len(f.Registers)-1]; f.Lanes == 16 {
		k.mask = g.K()
	}
	return k
}

// prepareMask makes the mask of the first cols columns, all where there are more than a vector has lanes.
func (k *kernel) prepareMask(cols reg.GPVirtual) {
	n := k.GP64()
	if k.Lanes == 16 {
		k.Opmasks(cols, n, k.mask)
		return
	}
	table := k.GP64()
	k.LEAQ(k.FirstLanes(), table)
	k.MOVQ(cols, n)
	k.VectorMask(table, n, 4, k.mask)
}

// cut is the mask, if vectors may be cut short.
func (k *kernel) cut() reg.Register {
	if k.masked {
		return k.mask
	}
	return nil
}

func (k *kernel) load(from Mem, r reg.Register) { k.LoadVector(from, k.cut(), r) }
func (k *kernel) store(r reg.Register, to Mem)  { k.StoreVector(r, k.cut(), to) }

// eachRow runs move over every row of matrices with the fields that are named: over its whole vectors, each by the column that it
// begins at, and over the columns that are left, masked.
func (k *kernel) eachRow(names string, places []reg.GPVirtual, rows, whole, rest reg.GPVirtual, move func(column reg.Register)) {
	column := k.GP64()
	k.Label("row")
	k.XORQ(column, column)
	k.Label("vector")
	k.CMPQ(column, whole)
	k.JGE(LabelRef("rest"))
	move(column)
	k.ADDQ(Imm(uint64(k.Lanes)), column)
	k.JMP(LabelRef("vector"))
	k.Label("rest")
	k.CMPQ(rest, Imm(0))
	k.JEQ(LabelRef("next"))
	k.masked = true
	move(column)
	k.Label("next")
	for i, name := range names {
		k.ADDQ(k.Field(string(name)+"Step"), places[i])
	}
	k.Countdown(rows, "row")
	k.End()
}
