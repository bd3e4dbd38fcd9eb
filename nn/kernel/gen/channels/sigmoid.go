package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// exponential are the constants of elementary.Exp, and what else the sigmoid needs, in float64.
type exponential int

const (
	minusOne exponential = iota
	least                // below which e to it and 1 are 1
	most                 // above which the sigmoid rounds to 0 in float32
	log2e
	ln2High
	ln2Low
	one
	toBits // adds the exponent's bias, and brings an integer into the lowest bits
	half   // the polynomial's coefficients from here on, that of degree 0 first
)

var exponentials = []float64{-1, -64, 256, math.Log2E, 0x1.62e42feep-1, math.Ln2 - 0x1.62e42feep-1, 1, 0x1.8p52 + 1023,
	0.5, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600,
	1.0 / 6227020800}

// sigmoid makes the kernel of the sigmoid: the operations of elementary.Sigmoid in their order, no product fused with an addition. Inputs
// are first bounded where that does not move the result in float32, so that powers of 2 are normal numbers.
func (g *generator) sigmoid(f amd64.Family) {
	const together = 2 // vectors of float64
	g.Begin("sigmoid"+f.Name, "func(y, x *float32, n int)",
		"sigmoid"+f.Name+" does for n elements, a positive multiple of "+fmt.Sprint(f.Lanes),
		"",
		"	y = float32(elementary.Sigmoid(float64(x)))")
	y, x, n, table := g.Argument("y"), g.Argument("x"), g.Argument("n"), g.GP64()
	g.LEAQ(g.Doubles("exponentials", exponentials...), table)

	free := f.Registers
	take := func() (r reg.VecPhysical) {
		r, free = free[0], free[1:]
		return r
	}
	var d, k, p [together]reg.VecPhysical
	for i := range together {
		d[i], k[i], p[i] = take(), take(), take()
	}
	spread := func(c exponential, r reg.VecPhysical) { g.VBROADCASTSD(Mem{Base: table, Disp: 8 * int(c)}, r) }
	scratch := take()
	var kept []reg.VecPhysical // of AVX-512, which has registers for all constants
	if f.Lanes == 16 {
		for c := range exponentials {
			kept = append(kept, take())
			spread(exponential(c), kept[c])
		}
	}
	constant := func(c exponential) reg.VecPhysical {
		if kept != nil {
			return kept[c]
		}
		spread(c, scratch)
		return scratch
	}
	each := func(do func(i int)) {
		for i := range together {
			do(i)
		}
	}
	with := func(c exponential, do func(i int, c reg.VecPhysical)) {
		r := constant(c)
		each(func(i int) { do(i, r) })
	}
	floor := func(r reg.VecPhysical) {
		if f.Lanes == 16 {
			g.VRNDSCALEPD(U8(9), r, r)
		} else {
			g.VROUNDPD(U8(9), r, r)
		}
	}
	narrow := func(r reg.VecPhysical) reg.VecPhysical { // of half the width, by the same number
		if f.Lanes == 16 {
			return r.AsY().(reg.VecPhysical)
		}
		return r.AsX().(reg.VecPhysical)
	}
	const bytes = 4
	place := func(base reg.Register, i int) Mem { return Mem{Base: base, Disp: i * bytes * f.Lanes / 2} }

	g.Label("elements")
	each(func(i int) { g.VCVTPS2PD(place(x, i), d[i]) })
	with(minusOne, func(i int, c reg.VecPhysical) { g.VMULPD(c, d[i], d[i]) })
	with(least, func(i int, c reg.VecPhysical) { g.VMAXPD(d[i], c, d[i]) }) // a NaN is kept where it comes last
	with(most, func(i int, c reg.VecPhysical) { g.VMINPD(d[i], c, d[i]) })
	with(log2e, func(i int, c reg.VecPhysical) { g.VMULPD(c, d[i], k[i]) })
	with(half, func(i int, c reg.VecPhysical) { g.VADDPD(c, k[i], k[i]) })
	each(func(i int) { floor(k[i]) })
	for _, part := range []exponential{ln2High, ln2Low} {
		with(part, func(i int, c reg.VecPhysical) { g.VMULPD(c, k[i], p[i]) })
		each(func(i int) { g.VSUBPD(p[i], d[i], d[i]) })
	}
	last := exponential(len(exponentials) - 1)
	with(last, func(i int, c reg.VecPhysical) { g.VMULPD(c, d[i], p[i]) })
	for c := last - 1; c > half; c-- {
		with(c, func(i int, c reg.VecPhysical) { g.VADDPD(c, p[i], p[i]) })
		each(func(i int) { g.VMULPD(d[i], p[i], p[i]) })
	}
	with(half, func(i int, c reg.VecPhysical) { g.VADDPD(c, p[i], p[i]) })
	with(toBits, func(i int, c reg.VecPhysical) { g.VADDPD(c, k[i], k[i]) })
	each(func(i int) { g.VPSLLQ(U8(52), k[i], k[i]) })
	square := scratch
	each(func(i int) {
		g.VMULPD(d[i], d[i], square)
		g.VMULPD(p[i], square, p[i])
		g.VADDPD(p[i], d[i], p[i])
	})
	with(one, func(i int, c reg.VecPhysical) { g.VADDPD(c, p[i], p[i]) })
	each(func(i int) { g.VMULPD(k[i], p[i], p[i]) })
	with(one, func(i int, c reg.VecPhysical) {
		g.VADDPD(c, p[i], p[i])
		g.VDIVPD(p[i], c, p[i])
	})
	each(func(i int) {
		if f.Lanes == 16 {
			g.VCVTPD2PS(p[i], narrow(p[i]))
		} else {
			g.VCVTPD2PSY(p[i], narrow(p[i]))
		}
		g.VMOVUPS(narrow(p[i]), place(y, i))
	})
	g.ADDQ(Imm(uint64(bytes*f.Lanes)), x)
	g.ADDQ(Imm(uint64(bytes*f.Lanes)), y)
	g.SUBQ(Imm(uint64(f.Lanes)), n)
	g.JNZ(LabelRef("elements"))
	g.End()
}
