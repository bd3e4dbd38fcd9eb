package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// double makes the micro-kernel in float64 of the given number of rows and two vectors of columns.
func (g *generator) double(f amd64.Family, rows int) {
	const vectors = 2
	lanes := f.Lanes / 2
	columns := vectors * lanes
	name := fmt.Sprintf("double%sx%dx%d", f.Name, rows, columns)
	g.Begin(name, "func(c, a, b *float64, k, rowA, stepA, row, cols int, alpha float64, add bool)",
		doubleDoc(fmt.Sprintf("%s multiplies %d rows by up to %d columns", name, rows, columns), rows)...)
	c, a, b, k := g.Argument("c"), g.Argument("a"), g.Argument("b"), g.Argument("k")
	rowA, stepA, row := g.Argument("rowA"), g.Argument("stepA"), g.Argument("row")
	load, store := g.doubleMask(f, lanes, g.Argument("cols"))
	sums, free := f.Registers[:rows*vectors], f.Registers[rows*vectors:]
	vectorsB, spread := free[:vectors], free[vectors]
	rowsA := []reg.Register{a}
	for range rows - 1 {
		next := g.GP64()
		g.LEAQ(Mem{Base: rowsA[len(rowsA)-1], Index: rowA, Scale: 1}, next)
		rowsA = append(rowsA, next)
	}
	for _, r := range sums {
		g.Zero(r)
	}
	g.Label("k")
	for v, r := range vectorsB {
		load(v, Mem{Base: b, Disp: 8 * lanes * v}, r)
	}
	for i, base := range rowsA {
		g.VBROADCASTSD(Mem{Base: base}, spread)
		for v, r := range vectorsB {
			g.VFMADD231PD(r, spread, sums[i*vectors+v])
		}
		g.ADDQ(stepA, base)
	}
	g.ADDQ(row, b)
	g.Countdown(k, "k")

	g.VBROADCASTSD(amd64.Address(g.Param("alpha")), spread)
	for _, r := range sums {
		g.VMULPD(spread, r, r)
	}
	add := g.Load(g.Param("add"), g.GP8())
	g.TESTB(add, add)
	g.JEQ(LabelRef("store"))
	at := g.GP64()
	each := func(f func(v int, m Mem, sum reg.VecPhysical)) {
		g.MOVQ(c, at)
		for i := range rows {
			for v := range vectors {
				f(v, Mem{Base: at, Disp: 8 * lanes * v}, sums[i*vectors+v])
			}
			if i < rows-1 {
				g.ADDQ(row, at)
			}
		}
	}
	each(func(v int, m Mem, sum reg.VecPhysical) {
		load(v, m, vectorsB[0])
		g.VADDPD(vectorsB[0], sum, sum)
	})
	g.Label("store")
	each(store)
	g.End()
}

// doubleMask masks the first cols columns of two vectors: what loads and what stores them.
func (g *generator) doubleMask(f amd64.Family, lanes int, cols reg.GPVirtual) (load, store func(v int, m Mem, r reg.VecPhysical)) {
	if f.Lanes == 16 {
		masks := g.opmasks(2, lanes, cols)
		load = func(v int, m Mem, r reg.VecPhysical) { g.VMOVUPD_Z(m, masks[v], r) }
		return load, func(v int, m Mem, r reg.VecPhysical) { g.VMOVUPD(r, masks[v], m) }
	}
	masks := f.Registers[14:]
	table, zero := g.GP64(), g.GP64()
	g.LEAQ(g.FirstLanes(), table)
	g.XORQ(zero, zero)
	for v := range 2 {
		// Columns of this vector, between 0 and lanes.
		n, most := g.GP64(), g.GP64()
		g.MOVQ(cols, n)
		g.SUBQ(Imm(uint64(lanes*v)), n)
		g.CMOVQLT(zero, n)
		g.MOVQ(U64(uint64(lanes)), most)
		g.CMPQ(n, most)
		g.CMOVQGT(most, n)
		g.VectorMask(table, n, 8, masks[v])
	}
	load = func(v int, m Mem, r reg.VecPhysical) { g.VMASKMOVPD(m, masks[v], r) }
	return load, func(v int, m Mem, r reg.VecPhysical) { g.VMASKMOVPD(r, masks[v], m) }
}
