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
	g.Begin(fmt.Sprintf("pack%sx%d", f.Name, columns), "func(dst, src *float32, rows, stride, cols int, scale float32)",
		fmt.Sprintf("pack%sx%d writes scale times the matrix src of the given rows, stride bytes apart, to rows of %d:", f.Name, columns,
			columns),
		"",
		"	for r := range rows {",
		fmt.Sprintf("		for j := range %d {", columns),
		fmt.Sprintf("			dst[%d*r+j] = scale * src[stride/4*r+j] // 0 from column cols on", columns),
		"		}",
		"	}")
	k := &kernel{generator: g, Family: f, vectors: vectors}
	dst, src := g.Load(g.Param("dst"), g.GP64()), g.Load(g.Param("src"), g.GP64())
	rows, stride := g.Load(g.Param("rows"), g.GP64()), g.Load(g.Param("stride"), g.GP64())
	k.prepareMask(g.Load(g.Param("cols"), g.GP64()).(reg.GPVirtual))
	scale := f.Registers[14]
	b, err := g.Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	g.VBROADCASTSS(b.Addr, scale)
	g.Label("row")
	for v := range vectors {
		r := f.Registers[v]
		k.loadB(v, Mem{Base: src, Disp: 4 * f.Lanes * v}, r)
		g.VMULPS(r, scale, r)
		g.VMOVUPS(r, Mem{Base: dst, Disp: 4 * f.Lanes * v})
	}
	g.ADDQ(stride, src)
	g.ADDQ(Imm(uint64(4*columns)), dst)
	g.DECQ(rows)
	g.JNZ(LabelRef("row"))
	g.VZEROUPPER()
	g.RET()
}

// transpose makes the function that transposes a strip of eight rows.
func (g *generator) transpose() {
	g.Begin("transpose8", "func(dst, src *float32, blocks, dstStride, srcStride int, scale float32)",
		"transpose8 writes scale times the transpose of src, a matrix of 8 rows and 8·blocks columns, to dst, both strides in bytes:",
		"",
		"	for r := range 8 * blocks {",
		"		for j := range 8 {",
		"			dst[dstStride/4*r+j] = scale * src[srcStride/4*j+r]",
		"		}",
		"	}")
	dst, src := g.Load(g.Param("dst"), g.GP64()), g.Load(g.Param("src"), g.GP64())
	blocks := g.Load(g.Param("blocks"), g.GP64())
	d := []reg.Register{g.Load(g.Param("dstStride"), g.GP64())}
	s := []reg.Register{g.Load(g.Param("srcStride"), g.GP64())}
	for _, list := range []*[]reg.Register{&d, &s} {
		for range 3 {
			m := g.GP64()
			g.LEAQ(Mem{Base: (*list)[len(*list)-1], Index: (*list)[0], Scale: 2}, m)
			*list = append(*list, m)
		}
	}
	scale := reg.Y15
	b, err := g.Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	g.VBROADCASTSS(b.Addr, scale)
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
	g.DECQ(blocks)
	g.JNZ(LabelRef("block"))
	g.VZEROUPPER()
	g.RET()
}
