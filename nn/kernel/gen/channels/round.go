package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
	"cenet/nn/kernel/gen/arm64"
)

// A roundKernel rounds a matrix to what bfloat16 can hold, in float32.
type roundKernel struct {
	name, meaning string
	swap          bool // the columns of each pair; of an odd number of columns the last pair's first becomes 0
}

var roundKernels = []roundKernel{
	{"roundBFloat", "y[i] = RoundBFloat(a[i])", false},
	{"roundBFloatSwapped", "y[2i], y[2i+1] = RoundBFloat(a[2i+1]), RoundBFloat(a[2i]) // a[cols] counts as 0", true},
}

// Parts of a float32.
const (
	signBit      = 1 << 31
	exponentBits = 0xff << 23
	quietBit     = 1 << 22
	bfloatBits   = 0xffff << 16
)

// round makes a kernel: whole vectors of a row, then the last columns, masked.
func (g *generator) round(f amd64.Family, of roundKernel) {
	doc := []string{of.name + f.Name + " does for every column of every row", "", "\t" + of.meaning}
	k := &rounding{kernel: g.begin(f, of.name+f.Name, "pairs", doc...), swap: of.swap}
	k.constants()
	y, a, rows, cols := k.Value("y"), k.Value("a"), k.Value("rows"), k.Value("cols")
	rest, whole := g.GP64(), g.GP64()
	g.MOVQ(cols, rest)
	g.ANDQ(I32(int32(f.Lanes-1)), rest)
	g.MOVQ(cols, whole)
	g.SUBQ(rest, whole)
	// The masks of what is read and, a column more where they are swapped and odd, written.
	k.prepareMask(rest)
	k.wide = k.mask
	if of.swap {
		more := g.GP64()
		g.MOVQ(rest, more)
		g.INCQ(more)
		g.ANDQ(I32(^1), more)
		if f.Lanes == 16 {
			k.wide = g.K()
			g.Opmasks(more, g.GP64(), k.wide)
		} else {
			k.wide = k.Registers[len(k.Registers)-2]
			table := g.GP64()
			g.LEAQ(g.FirstLanes(), table)
			g.VectorMask(table, more, 4, k.wide)
		}
	}
	k.eachRow("ya", []reg.GPVirtual{y, a}, rows, whole, rest, func(column reg.Register) {
		k.move(Mem{Base: a, Index: column, Scale: 4}, Mem{Base: y, Index: column, Scale: 4})
	})
}

// rounding is a kernel that rounds, in the making.
type rounding struct {
	*kernel
	swap bool
	wide reg.Register // the mask of what is written

	one, half, bfloat, exponent, sign, quiet, zeros reg.VecPhysical
}

// constants spreads them over registers.
func (k *rounding) constants() {
	next := 4 // after the registers that a vector is rounded in
	spread := func(bits uint32) reg.VecPhysical {
		r := k.Registers[next]
		next++
		k.VPBROADCASTD(k.Word(bits), r)
		return r
	}
	k.one, k.half, k.bfloat = spread(1), spread(0x7fff), spread(bfloatBits)
	k.exponent, k.sign, k.quiet = spread(exponentBits), spread(signBit), spread(quietBit)
	k.zeros = k.Registers[next]
	k.Zero(k.zeros)
}

// move rounds a vector: half a unit less one is added, and one more where the last bit that stays is set, so that halves go to the even
// neighbour. NaN becomes quiet, and of a denormal the sign stays.
func (k *rounding) move(from, to Mem) {
	x, r, t, nan := k.Registers[0], k.Registers[1], k.Registers[2], k.Registers[3]
	k.load(from, x)
	k.VPSRLD(Imm(16), x, r)
	if k.Lanes == 16 {
		none, denormal := k.K(), k.K()
		k.VPANDD(k.one, r, r)
		k.VPADDD(k.half, r, r)
		k.VPADDD(x, r, r)
		k.VPORD(k.quiet, x, t)
		k.VCMPPS(Imm(unordered), x, x, none)
		k.VMOVDQA32(t, none, r)
		k.VPANDD(k.bfloat, r, r)
		k.VPTESTNMD(k.exponent, x, denormal)
		k.VPANDD(k.sign, x, denormal, r)
	} else {
		k.VPAND(k.one, r, r)
		k.VPADDD(k.half, r, r)
		k.VPADDD(x, r, r)
		k.VPOR(k.quiet, x, t)
		k.VCMPPS(Imm(unordered), x, x, nan)
		k.VBLENDVPS(nan, t, r, r)
		k.VPAND(k.bfloat, r, r)
		k.VPAND(k.exponent, x, t)
		k.VPCMPEQD(k.zeros, t, t)
		k.VPAND(k.sign, x, x)
		k.VBLENDVPS(t, x, r, r)
	}
	if k.swap {
		k.VPERMILPS(Imm(0xb1), r, r)
	}
	if k.masked {
		k.StoreVector(r, k.wide, to)
	} else {
		k.StoreVector(r, nil, to)
	}
}

// neonRound makes a kernel: a row's columns by four, then two and one.
func neonRound(f *arm64.File, of roundKernel) {
	f.Function(of.name+"128", "x *pairs", 8, of.name+"128 does for every column of every row", "", "\t"+of.meaning)
	x := f.Load("x+0(FP)")
	load := func(name string) arm64.R { return f.Load("pairs_%s(%v)", name, x) }
	y, a, rows := load("y"), load("a"), load("rows")
	cols, yStep, aStep := load("cols"), load("yStep"), load("aStep")
	const v, r, t, mask, one, half, bfloat, exponent, sign, quiet, zeros = 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22
	word := f.R()
	for _, c := range []struct {
		bits int
		to   arm64.V
	}{{1, one}, {0x7fff, half}, {bfloatBits, bfloat}, {exponentBits, exponent}, {signBit, sign}, {quietBit, quiet}} {
		f.Set(c.bits, word)
		f.SpreadWord(word, c.to)
	}
	f.Zero(zeros)
	eachRow(f, rows, cols, []arm64.R{y, a}, []arm64.R{yStep, aStep}, func(w span, at []arm64.R) {
		f.Read(w.width, at[1], 0, v)
		f.ShiftRight(16, v, r)
		f.And(r, one, r)
		f.AddWords(r, half, r)
		f.AddWords(r, v, r)
		f.Or(v, quiet, t)
		f.Equal(arm64.S4, v, v, mask) // not NaN
		f.Take(r, mask, t)
		f.And(t, bfloat, t)
		f.And(v, exponent, mask)
		f.EqualWords(mask, zeros, mask)
		f.And(v, sign, v)
		f.Take(v, mask, t)
		width := w.width
		if of.swap {
			f.SwapWords(t, t)
			width = max(width, arm64.Double)
		}
		f.Store(width, t, at[0], 0)
		f.Add(w.bytes(), at[1])
		f.Add(w.bytes(), at[0])
	})
}
