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
	*amd64.Kernel
	rows, vectors int
	masks         []reg.Register // of the vectors of columns
}

// tiles makes the micro-kernel of the given number of rows and of vectors of columns; meaning is the name of the Go function that does the
// same.
func (g *generator) tiles(name, meaning string, f amd64.Family, vectors, rows int) {
	columns := vectors * f.Lanes
	name = fmt.Sprintf("%s%sx%dx%d", name, f.Name, rows, columns)
	k := &kernel{rows: rows, vectors: vectors, Kernel: g.Kernel(f, name, "p", "product",
		fmt.Sprintf("%s computes the product p in tiles of %d rows and up to %d columns:", name, rows, columns),
		"",
		fmt.Sprintf("	%s(p, %d)", meaning, rows))}
	k.masks = g.columnMasks(f, vectors, k.Value("cols"))

	rowA := k.multiples(k.Value("rowA"), (rows+1)/2)
	stepA, stepB := k.Value("stepA"), k.Value("stepB")
	tile, tileC, tiles := k.local("a"), k.local("c"), k.local("count")
	planes, runs := g.AllocLocal(8), g.AllocLocal(8)
	fromC := k.distance("c", "d")
	restore := k.flush()

	g.Label("tile")
	k.begin()
	a0, a1, b, n := g.GP64(), g.GP64(), k.Value("b"), g.GP64()
	g.MOVQ(tile, a0)
	g.MOVQ(a0, a1)
	g.ADDQ(k.Field("pairA"), a1)
	k.move(k.Field("planes"), planes)
	k.prefetchC(tileC)

	g.Label("plane")
	k.move(k.Field("runs"), runs)

	g.Label("run")
	g.MOVQ(k.Field("k"), n)
	loop := func(label string, masks []reg.Register) {
		g.Label(label)
		k.step(a0, a1, rowA, b, masks)
		g.ADDQ(stepA, a0)
		if rows > 1 {
			g.ADDQ(stepA, a1)
		}
		g.ADDQ(stepB, b)
		g.Countdown(n, label)
	}
	if f.Lanes == 16 {
		g.CMPQ(k.Field("whole"), Imm(0))
		g.JNE(LabelRef("whole"))
		loop("k", k.masks)
		g.JMP(LabelRef("summed"))
		loop("whole", make([]reg.Register, vectors)) // a mask would cost a place where a multiply-add can run
		g.Label("summed")
	} else {
		loop("k", k.masks)
	}

	k.advance(a0, a1, b, "jump")
	g.Countdown(runs, "run")
	k.advance(a0, a1, b, "plane")
	g.Countdown(planes, "plane")

	c0, c1, rowC := g.GP64(), g.GP64(), k.Value("rowC")
	g.CMPQ(k.Field("d"), Imm(0))
	g.JEQ(LabelRef("added"))
	k.start(tileC, c0, c1)
	g.ADDQ(fromC, c0)
	g.ADDQ(fromC, c1)
	k.each(c0, c1, rowC, k.addD)
	g.Label("added")
	g.CMPQ(k.Field("clamp"), Imm(0))
	g.JEQ(LabelRef("store"))
	free := k.Registers[rows*vectors:]
	k.Zero(free[0])
	g.VBROADCASTSS(k.Field("ceiling"), free[1])
	for _, r := range k.Registers[:rows*vectors] {
		// A comparison with NaN yields the last operand of the instruction, written first here.
		g.VMAXPS(r, free[0], r)
		g.VMINPS(r, free[1], r)
	}
	g.Label("store")
	k.start(tileC, c0, c1)
	k.each(c0, c1, rowC, func(v int, c Mem, sum reg.VecPhysical) { k.StoreVector(sum, k.masks[v], c) })

	next := g.GP64()
	g.MOVQ(k.Field("nextA"), next)
	g.ADDQ(next, tile)
	g.MOVQ(k.Field("nextC"), next)
	g.ADDQ(next, tileC)
	g.Countdown(tiles, "tile")
	restore()
	g.End()
}

// flush has denormals count as 0, and results that would be denormal become 0, where the product says so. The function that it returns ends
// that.
func (k *kernel) flush() (restore func()) {
	const daz, ftz = 1 << 6, 1 << 15
	was, now, r := k.AllocLocal(8), k.AllocLocal(8), k.GP32()
	k.CMPQ(k.Field("flush"), Imm(0))
	k.JEQ(LabelRef("flushing"))
	k.STMXCSR(was)
	k.MOVL(was, r)
	k.ORL(U32(daz|ftz), r)
	k.MOVL(r, now)
	k.LDMXCSR(now)
	k.Label("flushing")
	return func() {
		k.CMPQ(k.Field("flush"), Imm(0))
		k.JEQ(LabelRef("done"))
		k.LDMXCSR(was)
		k.Label("done")
	}
}

// step adds the products of one k.
func (k *kernel) step(a0, a1 reg.Register, rowA []reg.Register, b reg.Register, masks []reg.Register) {
	sums := k.rows * k.vectors
	vectorsB := k.Registers[sums : sums+k.vectors]
	for v, r := range vectorsB {
		k.LoadVector(Mem{Base: b, Disp: 4 * k.Lanes * v}, masks[v], r)
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
	k.MOVQ(k.Field(distance+"A"), r)
	k.ADDQ(r, a0)
	k.ADDQ(r, a1)
	k.ADDQ(k.Field(distance+"B"), b)
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
	bias := k.Value("bias")
	k.TESTQ(bias, bias)
	k.JEQ(LabelRef("zero"))
	for v := range k.vectors {
		k.LoadVector(Mem{Base: bias, Disp: 4 * k.Lanes * v}, k.masks[v], k.Registers[v])
	}
	for i := k.vectors; i < k.rows*k.vectors; i++ {
		k.VMOVAPS(k.Registers[i%k.vectors], k.Registers[i])
	}
	k.JMP(LabelRef("begun"))
	k.Label("zero")
	for i := range k.rows * k.vectors {
		k.Zero(k.Registers[i])
	}
	k.Label("begun")
}

// start sets c0 and c1 to the first rows of a tile's halves.
func (k *kernel) start(tileC Mem, c0, c1 reg.Register) {
	k.MOVQ(tileC, c0)
	k.MOVQ(c0, c1)
	k.ADDQ(k.Field("pairC"), c1)
}

// distance is how far one pointer is after another.
func (k *kernel) distance(from, to string) Mem {
	m, r := k.AllocLocal(8), k.Value(to)
	k.SUBQ(k.Field(from), r)
	k.MOVQ(r, m)
	return m
}

// prefetchC asks for the tile's part of C, so that its lines are there when the sums are done.
func (k *kernel) prefetchC(tileC Mem) {
	c0, c1, rowC := k.GP64(), k.GP64(), k.Value("rowC")
	k.start(tileC, c0, c1)
	k.each(c0, c1, rowC, func(_ int, c Mem, _ reg.VecPhysical) {
		if c.Disp%64 == 0 {
			k.PREFETCHT0(c)
		}
	})
}

// columnMasks are those of the first cols columns; in AVX2 two vectors are always whole.
func (g *generator) columnMasks(f amd64.Family, vectors int, cols reg.GPVirtual) []reg.Register {
	if f.Lanes == 16 {
		return g.opmasks(vectors, f.Lanes, cols)
	}
	masks := make([]reg.Register, vectors)
	if vectors == 1 {
		masks[0] = f.Registers[15]
		table := g.GP64()
		g.LEAQ(g.FirstLanes(), table)
		g.VectorMask(table, cols, 4, masks[0])
	}
	return masks
}

// opmasks are those of the first cols columns of vectors of the given number of lanes.
func (g *generator) opmasks(vectors, lanes int, cols reg.GPVirtual) (masks []reg.Register) {
	ones, bits := g.GP64(), g.GP64()
	g.MOVQ(I64(-1), ones)
	g.BZHIQ(cols, ones, bits)
	for range vectors {
		m := g.K()
		g.KMOVW(bits.As32(), m)
		g.SHRQ(Imm(uint64(lanes)), bits)
		masks = append(masks, m)
	}
	return masks
}

func (k *kernel) addD(v int, c Mem, sum reg.VecPhysical) {
	switch {
	case k.Lanes == 16:
		k.VADDPS(c, sum, k.masks[v], sum)
	case k.vectors == 1:
		k.LoadVector(c, k.masks[v], k.Registers[14])
		k.VADDPS(k.Registers[14], sum, sum)
	default:
		k.VADDPS(c, sum, sum)
	}
}

// local is a copy of a field on the stack.
func (k *kernel) local(field string) Mem {
	m := k.AllocLocal(8)
	k.move(k.Field(field), m)
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
	g.Begin("fma"+f.Name, "func(rounds int)", peakDoc("fma"+f.Name, sums, f.Lanes)...)
	n := g.Argument("rounds")
	for _, r := range f.Registers[:sums+2] {
		g.Zero(r)
	}
	g.Label("round")
	for _, r := range f.Registers[:sums] {
		g.VFMADD231PS(f.Registers[sums], f.Registers[sums+1], r)
	}
	g.Countdown(n, "round")
	g.End()
}
