package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// bfloatNarrow makes the function that rounds neighbouring columns to pairs, 16 at a time.
func (g *generator) bfloatNarrow() {
	k := g.Kernel(amd64.AVX512, amd64.BFloatPrefix+"Narrow512", "x", "pairs",
		"bfloatNarrow512 rounds neighbouring columns of the matrix a to bfloat16 and writes them to y as pairs, of row r",
		"",
		"	y[r*yStep/4+i] = bfloatPair(a[r*aStep/4+2*i], a[r*aStep/4+2*i+1])",
		"",
		"Where a has an odd number of columns, cols, the second element of the last pair is 0.")
	load := k.Value
	y, a, rows, columns, yStep, aStep := load("y"), load("a"), load("rows"), load("cols"), load("yStep"), load("aStep")
	low, high, out := reg.Z0, reg.Z1, reg.Z2
	left, atA, atY := g.GP64(), g.GP64(), g.GP64()
	g.Label("row")
	g.MOVQ(columns, left)
	g.MOVQ(a, atA)
	g.MOVQ(y, atY)
	g.Label("vector")
	g.CMPQ(left, Imm(32))
	g.JLT(LabelRef("rest"))
	g.VMOVUPS(Mem{Base: atA}, low)
	g.VMOVUPS(Mem{Base: atA, Disp: 64}, high)
	g.VSCALEFPS(low, high, out)
	g.VMOVUPS(out, Mem{Base: atY})
	g.ADDQ(Imm(128), atA)
	g.ADDQ(Imm(64), atY)
	g.SUBQ(Imm(32), left)
	g.JMP(LabelRef("vector"))
	g.Label("rest")
	g.CMPQ(left, Imm(0))
	g.JEQ(LabelRef("next"))
	// The masks of the columns of two vectors, and of the pairs.
	bits, pairs := g.GP64(), g.GP64()
	first, second, third := g.K(), g.K(), g.K()
	g.Opmasks(left, bits, first, second)
	g.INCQ(left)
	g.SHRQ(Imm(1), left)
	g.Opmasks(left, pairs, third)
	g.VMOVUPS_Z(Mem{Base: atA}, first, low)
	g.VMOVUPS_Z(Mem{Base: atA, Disp: 64}, second, high)
	g.VSCALEFPS(low, high, out)
	g.VMOVUPS(out, third, Mem{Base: atY})
	g.Label("next")
	g.ADDQ(yStep, y)
	g.ADDQ(aStep, a)
	g.Countdown(rows, "row")
	g.End()
}

// bfloatCombine makes the function that rounds the columns of two matrices to pairs.
func (g *generator) bfloatCombine() {
	k := g.Kernel(amd64.AVX512, amd64.BFloatPrefix+"Combine512", "x", "pairs",
		"bfloatCombine512 rounds the columns of the matrices a and b to bfloat16 and writes them to y as pairs, of row r",
		"",
		"	y[r*yStep/4+i] = bfloatPair(a[r*aStep/4+i], b[r*bStep/4+i])")
	load := k.Value
	y, a, b, rows, cols, yStep, aStep, bStep := load("y"), load("a"), load("b"), load("rows"), load("cols"), load("yStep"), load("aStep"),
		load("bStep")
	low, high, out, order := reg.Z0, reg.Z1, reg.Z2, reg.Z3
	words := g.StaticGlobal("alternateWords")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 16 {
		g.AddDatum(4*i, U32(uint32(i|(16+i)<<16)))
	}
	g.VMOVDQU32(words, order)
	left, column := g.GP64(), g.GP64()
	mask, ones := g.K(), g.GP64()
	g.Label("row")
	g.MOVQ(cols, left)
	g.XORQ(column, column)
	g.Label("vector")
	g.CMPQ(left, Imm(16))
	g.JLT(LabelRef("rest"))
	g.VMOVUPS(Mem{Base: a, Index: column, Scale: 1}, low)
	g.VMOVUPS(Mem{Base: b, Index: column, Scale: 1}, high)
	g.VSCALEFPS(low, high, out)
	g.VPERMW(out, order, out)
	g.VMOVUPS(out, Mem{Base: y, Index: column, Scale: 1})
	g.ADDQ(Imm(64), column)
	g.SUBQ(Imm(16), left)
	g.JMP(LabelRef("vector"))
	g.Label("rest")
	g.CMPQ(left, Imm(0))
	g.JEQ(LabelRef("next"))
	g.Opmasks(left, ones, mask)
	g.VMOVUPS_Z(Mem{Base: a, Index: column, Scale: 1}, mask, low)
	g.VMOVUPS_Z(Mem{Base: b, Index: column, Scale: 1}, mask, high)
	g.VSCALEFPS(low, high, out)
	g.VPERMW(out, order, out)
	g.VMOVUPS(out, mask, Mem{Base: y, Index: column, Scale: 1})
	g.Label("next")
	g.ADDQ(yStep, y)
	g.ADDQ(aStep, a)
	g.ADDQ(bStep, b)
	g.Countdown(rows, "row")
	g.End()
}
