package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"cenet/nn/kernel/gen/amd64"
)

// A kernel is one micro-kernel in the making.
//
// Its vector registers hold rows·vectors sums, then the vectors of B, then values of A, each spread over a vector. AVX-512
// masks the columns of B and C. In AVX2 two vectors are always whole, and a single one has its mask in the last register.
type kernel struct {
	*generator
	amd64.Family
	rows, vectors int
	p             reg.Register // the product
	mask          []reg.OpmaskVirtual
}

// tiles makes the micro-kernel of the given number of rows and of vectors of columns.
func (g *generator) tiles(f amd64.Family, vectors, rows int) {
	g.products("gemm", "portableTiles", f, vectors, rows)
}

// bfloatTiles makes that of products in bfloat16.
func (g *generator) bfloatTiles(f amd64.Family, vectors, rows int) {
	g.products(amd64.BFloatPrefix, "portableBFloatTiles", f, vectors, rows)
}

// products makes a micro-kernel; meaning is the name of the Go function that does the same.
func (g *generator) products(name, meaning string, f amd64.Family, vectors, rows int) {
	columns := vectors * f.Lanes
	name = fmt.Sprintf("%s%sx%dx%d", name, f.Name, rows, columns)
	g.Begin(name, "func(p *product)",
		fmt.Sprintf("%s computes the product p in tiles of %d rows and up to %d columns:", name, rows, columns),
		"",
		fmt.Sprintf("	%s(p, %d)", meaning, rows))
	k := &kernel{generator: g, Family: f, rows: rows, vectors: vectors, p: g.GP64()}
	g.Load(g.Param("p"), k.p)
	k.prepareMask(k.load("cols"))

	rowA := k.multiples(k.load("rowA"), (rows+1)/2)
	stepA, stepB := k.load("stepA"), k.load("stepB")
	tile, tileC, tiles := k.local("a"), k.local("c"), k.local("count")
	planes, runs := g.AllocLocal(8), g.AllocLocal(8)
	fromC := k.distance("c", "d")
	restore := k.flush()

	g.Label("tile")
	k.begin()
	a0, a1, b, n := g.GP64(), g.GP64(), k.load("b"), g.GP64()
	g.MOVQ(tile, a0)
	g.MOVQ(a0, a1)
	g.ADDQ(k.field("pairA"), a1)
	k.move(k.field("planes"), planes)
	k.prefetchC(tileC)

	g.Label("plane")
	k.move(k.field("runs"), runs)

	g.Label("run")
	g.MOVQ(k.field("k"), n)
	loop := func(label string, loadB func(v int, b Mem, r reg.VecPhysical)) {
		g.Label(label)
		k.step(a0, a1, rowA, b, loadB)
		g.ADDQ(stepA, a0)
		if rows > 1 {
			g.ADDQ(stepA, a1)
		}
		g.ADDQ(stepB, b)
		g.DECQ(n)
		g.JNZ(LabelRef(label))
	}
	if f.Lanes == 16 {
		g.CMPQ(k.field("whole"), Imm(0))
		g.JNE(LabelRef("whole"))
		loop("k", k.loadB)
		g.JMP(LabelRef("summed"))
		loop("whole", k.loadWhole)
		g.Label("summed")
	} else {
		loop("k", k.loadB)
	}

	k.advance(a0, a1, b, "jump")
	g.DECQ(runs)
	g.JNZ(LabelRef("run"))
	k.advance(a0, a1, b, "plane")
	g.DECQ(planes)
	g.JNZ(LabelRef("plane"))

	c0, c1, rowC := g.GP64(), g.GP64(), k.load("rowC")
	g.CMPQ(k.field("d"), Imm(0))
	g.JEQ(LabelRef("added"))
	k.start(tileC, c0, c1)
	g.ADDQ(fromC, c0)
	g.ADDQ(fromC, c1)
	k.each(c0, c1, rowC, k.addD)
	g.Label("added")
	g.CMPQ(k.field("clamp"), Imm(0))
	g.JEQ(LabelRef("store"))
	free := k.Registers[rows*vectors:]
	k.zero(free[0])
	g.VBROADCASTSS(k.field("ceiling"), free[1])
	for _, r := range k.Registers[:rows*vectors] {
		// A comparison with NaN yields the last operand of the instruction, written first here.
		g.VMAXPS(r, free[0], r)
		g.VMINPS(r, free[1], r)
	}
	g.Label("store")
	k.start(tileC, c0, c1)
	k.each(c0, c1, rowC, k.storeC)

	next := g.GP64()
	g.MOVQ(k.field("nextA"), next)
	g.ADDQ(next, tile)
	g.MOVQ(k.field("nextC"), next)
	g.ADDQ(next, tileC)
	g.DECQ(tiles)
	g.JNZ(LabelRef("tile"))
	restore()
	g.VZEROUPPER()
	g.RET()
}

// flush has denormals count as 0, and results that would be denormal become 0, where the product says so. The function that it returns ends
// that.
func (k *kernel) flush() (restore func()) {
	const daz, ftz = 1 << 6, 1 << 15
	was, now, r := k.AllocLocal(8), k.AllocLocal(8), k.GP32()
	k.CMPQ(k.field("flush"), Imm(0))
	k.JEQ(LabelRef("flushing"))
	k.STMXCSR(was)
	k.MOVL(was, r)
	k.ORL(U32(daz|ftz), r)
	k.MOVL(r, now)
	k.LDMXCSR(now)
	k.Label("flushing")
	return func() {
		k.CMPQ(k.field("flush"), Imm(0))
		k.JEQ(LabelRef("done"))
		k.LDMXCSR(was)
		k.Label("done")
	}
}

// step adds the products of one k.
func (k *kernel) step(a0, a1 reg.Register, rowA []reg.Register, b reg.Register, loadB func(v int, b Mem, r reg.VecPhysical)) {
	sums := k.rows * k.vectors
	vectorsB := k.Registers[sums : sums+k.vectors]
	for v, r := range vectorsB {
		loadB(v, Mem{Base: b, Disp: 4 * k.Lanes * v}, r)
	}
	spread := k.Registers[sums+k.vectors:]
	spread = spread[:min(len(spread), 2)]
	for i := range k.rows {
		half, base := i, a0
		if first := (k.rows + 1) / 2; i >= first {
			half, base = i-first, a1
		}
		a := row(base, rowA, half)
		if k.Lanes == 16 && k.vectors == 1 {
			k.VFMADD231PS_BCST(a, vectorsB[0], k.Registers[i])
			continue
		}
		s := spread[i%len(spread)]
		k.VBROADCASTSS(a, s)
		for v, r := range vectorsB {
			k.VFMADD231PS(r, s, k.Registers[i*k.vectors+v])
		}
	}
}

// multiples returns registers with 1, 3, 5 and 7 times r, as far as rows below the given number need them.
func (k *kernel) multiples(r reg.Register, rows int) []reg.Register {
	list := []reg.Register{r}
	for least := 4; least <= rows; least += 2 {
		m := k.GP64()
		k.LEAQ(Mem{Base: list[len(list)-1], Index: r, Scale: 2}, m)
		list = append(list, m)
	}
	return list
}

// row is the place i rows after base: i = odd·2ᵉ.
func row(base reg.Register, multiples []reg.Register, i int) Mem {
	if i == 0 {
		return Mem{Base: base}
	}
	scale := i & -i
	return Mem{Base: base, Index: multiples[i/scale/2], Scale: uint8(scale)}
}

// advance moves after a run or a plane.
func (k *kernel) advance(a0, a1, b reg.Register, distance string) {
	r := k.GP64()
	k.MOVQ(k.field(distance+"A"), r)
	k.ADDQ(r, a0)
	k.ADDQ(r, a1)
	k.ADDQ(k.field(distance+"B"), b)
}

// each calls f for every vector of C with its register.
func (k *kernel) each(c0, c1, rowC reg.Register, f func(v int, c Mem, sum reg.VecPhysical)) {
	for i := range k.rows {
		base := c0
		if i >= (k.rows+1)/2 {
			base = c1
		}
		for v := range k.vectors {
			f(v, Mem{Base: base, Disp: 4 * k.Lanes * v}, k.Registers[i*k.vectors+v])
		}
		k.ADDQ(rowC, base)
	}
}

// begin sets the sums of a tile to the bias, or to 0.
func (k *kernel) begin() {
	bias := k.load("bias")
	k.TESTQ(bias, bias)
	k.JEQ(LabelRef("zero"))
	for v := range k.vectors {
		k.loadB(v, Mem{Base: bias, Disp: 4 * k.Lanes * v}, k.Registers[v])
	}
	for i := k.vectors; i < k.rows*k.vectors; i++ {
		k.VMOVAPS(k.Registers[i%k.vectors], k.Registers[i])
	}
	k.JMP(LabelRef("begun"))
	k.Label("zero")
	for i := range k.rows * k.vectors {
		k.zero(k.Registers[i])
	}
	k.Label("begun")
}

// start sets c0 and c1 to the first rows of a tile's halves.
func (k *kernel) start(tileC Mem, c0, c1 reg.Register) {
	k.MOVQ(tileC, c0)
	k.MOVQ(c0, c1)
	k.ADDQ(k.field("pairC"), c1)
}

// distance is how far one pointer is after another.
func (k *kernel) distance(from, to string) Mem {
	m, r := k.AllocLocal(8), k.load(to)
	k.SUBQ(k.field(from), r)
	k.MOVQ(r, m)
	return m
}

// prefetchC asks for the tile's part of C, so that its lines are there when the sums are done.
func (k *kernel) prefetchC(tileC Mem) {
	c0, c1, rowC := k.GP64(), k.GP64(), k.load("rowC")
	k.start(tileC, c0, c1)
	for i := range k.rows {
		base := c0
		if i >= (k.rows+1)/2 {
			base = c1
		}
		for at := 0; at < 4*k.Lanes*k.vectors; at += 64 {
			k.PREFETCHT0(Mem{Base: base, Disp: at})
		}
		k.ADDQ(rowC, base)
	}
}

func (k *kernel) zero(r reg.VecPhysical) {
	if k.Lanes == 16 {
		k.VPXORD(r, r, r)
	} else {
		k.VXORPS(r, r, r)
	}
}

// prepareMask makes masks of the first cols columns.
func (k *kernel) prepareMask(cols reg.GPVirtual) {
	if k.Lanes == 16 {
		ones, bits := k.GP64(), k.GP64()
		k.MOVQ(I64(-1), ones)
		k.BZHIQ(cols, ones, bits)
		for range k.vectors {
			m := k.K()
			k.KMOVW(bits.As32(), m)
			k.SHRQ(Imm(16), bits)
			k.mask = append(k.mask, m)
		}
	} else if k.vectors == 1 {
		table := k.GP64()
		k.LEAQ(k.FirstLanes(), table)
		k.NEGQ(cols)
		k.VMOVUPS(Mem{Base: table, Index: cols, Scale: 4, Disp: 32}, k.Registers[15])
	}
}

func (k *kernel) loadB(v int, b Mem, r reg.VecPhysical) {
	switch {
	case k.Lanes == 16:
		k.VMOVUPS_Z(b, k.mask[v], r)
	case k.vectors == 1:
		k.VMASKMOVPS(b, k.Registers[15], r)
	default:
		k.VMOVUPS(b, r)
	}
}

// loadWhole loads a vector of B that is not masked: a mask would cost a place where a multiply-add can run.
func (k *kernel) loadWhole(_ int, b Mem, r reg.VecPhysical) { k.VMOVUPS(b, r) }

func (k *kernel) addD(v int, c Mem, sum reg.VecPhysical) {
	switch {
	case k.Lanes == 16:
		k.VADDPS(c, sum, k.mask[v], sum)
	case k.vectors == 1:
		k.VMASKMOVPS(c, k.Registers[15], k.Registers[14])
		k.VADDPS(k.Registers[14], sum, sum)
	default:
		k.VADDPS(c, sum, sum)
	}
}

func (k *kernel) storeC(v int, c Mem, sum reg.VecPhysical) {
	switch {
	case k.Lanes == 16:
		k.VMOVUPS(sum, k.mask[v], c)
	case k.vectors == 1:
		k.VMASKMOVPS(sum, k.Registers[15], c)
	default:
		k.VMOVUPS(sum, c)
	}
}

// field is the place of a field of the product.
func (k *kernel) field(name string) Mem {
	b, err := k.Param("p").Dereference(k.p).Field(name).Resolve()
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

// local is a copy of a field on the stack.
func (k *kernel) local(field string) Mem {
	m := k.AllocLocal(8)
	k.move(k.field(field), m)
	return m
}

func (k *kernel) move(from, to Mem) {
	r := k.GP64()
	k.MOVQ(from, r)
	k.MOVQ(r, to)
}

// peak makes a function of nothing but independent multiply-adds in registers.
func (g *generator) peak(f amd64.Family) {
	const sums = 14
	g.Begin("fma"+f.Name, "func(rounds int)",
		fmt.Sprintf("fma%s does %d fused multiply-adds of %d lanes a round, none of which waits for another of its round:", f.Name, sums,
			f.Lanes),
		"",
		"	for range rounds {",
		fmt.Sprintf("		for i := range %d {", sums*f.Lanes),
		"			sum[i] = fma(0, 0, sum[i])",
		"		}",
		"	}")
	n := g.Load(g.Param("rounds"), g.GP64())
	for _, r := range f.Registers[:sums+2] {
		if f.Lanes == 16 {
			g.VPXORD(r, r, r)
		} else {
			g.VXORPS(r, r, r)
		}
	}
	g.Label("round")
	for _, r := range f.Registers[:sums] {
		g.VFMADD231PS(f.Registers[sums], f.Registers[sums+1], r)
	}
	g.DECQ(n)
	g.JNZ(LabelRef("round"))
	g.VZEROUPPER()
	g.RET()
}
