package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// packRows makes the function that copies a panel of the given number of vectors.
func (g *generator) packRows(f amd64.Family, vectors int) {
	columns := vectors * f.Lanes
	name := fmt.Sprintf("pack%sx%d", f.Name, columns)
	g.Begin(name, "func(dst, src *float32, rows, stride, cols int, scale float32)", packDoc(name, columns, "")...)
	dst, src, rows, stride := g.Argument("dst"), g.Argument("src"), g.Argument("rows"), g.Argument("stride")
	masks, scale := g.columnMasks(f, vectors, g.Argument("cols")), f.Registers[14]
	g.VBROADCASTSS(amd64.Address(g.Param("scale")), scale)
	g.Label("row")
	for v := range vectors {
		r := f.Registers[v]
		g.LoadVector(Mem{Base: src, Disp: 4 * f.Lanes * v}, masks[v], r)
		g.VMULPS(r, scale, r)
		g.VMOVUPS(r, Mem{Base: dst, Disp: 4 * f.Lanes * v})
	}
	g.ADDQ(stride, src)
	g.ADDQ(Imm(uint64(4*columns)), dst)
	g.Countdown(rows, "row")
	g.End()
}

// transpose makes the function that transposes a strip of eight rows.
func (g *generator) transpose() {
	g.Begin("transpose8", "func(dst, src *float32, blocks, dstStride, srcStride int, scale float32)", transposeDoc(8)...)
	dst, src, blocks := g.Argument("dst"), g.Argument("src"), g.Argument("blocks")
	d, s := []reg.Register{g.Argument("dstStride")}, []reg.Register{g.Argument("srcStride")}
	for _, list := range []*[]reg.Register{&d, &s} {
		for range 3 {
			m := g.GP64()
			g.LEAQ(Mem{Base: (*list)[len(*list)-1], Index: (*list)[0], Scale: 2}, m)
			*list = append(*list, m)
		}
	}
	scale := reg.Y15
	g.VBROADCASTSS(amd64.Address(g.Param("scale")), scale)
	g.Label("block")
	x := amd64.AVX2.Registers[:8]
	y := make([]reg.VecVirtual, 8)
	for i := range y {
		y[i] = g.YMM()
		g.VMULPS(row(src, s, i), scale, x[i])
	}
	// Pairs of rows are interleaved, then pairs of pairs, then the halves of registers are exchanged.
	for i := 0; i < 8; i += 2 {
		g.VUNPCKLPS(x[i+1], x[i], y[i])
		g.VUNPCKHPS(x[i+1], x[i], y[i+1])
	}
	for i := 0; i < 8; i += 4 {
		for h := range 2 {
			g.VSHUFPS(Imm(0x44), y[i+2+h], y[i+h], x[i+2*h])
			g.VSHUFPS(Imm(0xee), y[i+2+h], y[i+h], x[i+2*h+1])
		}
	}
	for i := range 4 {
		low, high := g.YMM(), g.YMM()
		g.VPERM2F128(Imm(0x20), x[i+4], x[i], low)
		g.VPERM2F128(Imm(0x31), x[i+4], x[i], high)
		g.VMOVUPS(low, row(dst, d, i))
		g.VMOVUPS(high, row(dst, d, i+4))
	}
	g.ADDQ(Imm(32), src)
	g.LEAQ(Mem{Base: dst, Index: d[0], Scale: 8}, dst)
	g.Countdown(blocks, "block")
	g.End()
}
