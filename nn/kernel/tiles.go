package kernel

import "unsafe"

// A tiling is what the micro-kernels of a family can do.
type tiling struct {
	lanes    int    // floats in a vector
	vectors  int    // of the widest panel of columns, which divides columnBlock
	rows     [5]int // most rows of a tile, by the number of vectors of columns
	maskWide bool   // several vectors of columns need not be whole
	doubles  int    // columns of a tile in float64
}

var tilings = [...]tiling{
	portable: {lanes: 8, vectors: 2, rows: [5]int{1: 8, 2: 8}, maskWide: true},
	avx2:     {lanes: 8, vectors: 2, rows: [5]int{1: 12, 2: 6}, doubles: 8},
	avx512:   {lanes: 16, vectors: 2, rows: [5]int{1: 16, 2: 14}, maskWide: true, doubles: 16},
	neon:     {lanes: 4, vectors: 4, rows: [5]int{1: 12, 2: 10, 3: 7, 4: 6}, maskWide: true, doubles: 8},
}

// panel returns how many of the n columns that remain the next panel takes, and with how many vectors.
func (t *tiling) panel(n int) (cols, vectors int) {
	switch {
	case n >= t.vectors*t.lanes:
		return t.vectors * t.lanes, t.vectors
	case t.maskWide:
		return n, (n + t.lanes - 1) / t.lanes
	}
	return min(n, t.lanes), 1
}

// columns sets the columns of the product, in vectors. Rows of B may be padded to whole vectors.
func (p *product) columns(cols, vectors int, padded bool) {
	p.cols, p.whole = cols, 0
	if padded || cols == vectors*tilings[active].lanes {
		p.whole = 1
	}
}

// An axis is one of the directions in which the rows of a product lie: n of them, a floats apart in A and c floats in C.
type axis struct{ n, a, c int }

// Rows of A that are multiples of aliased floats apart fall into the same set of a first-level cache, which holds ways lines and
// one of B.
const aliased, ways = 1024, 7

// cover does the product p for the rows of all axes, beginning at a and c, and at d where it is not nil. Tiles are cut from the axis of
// which they take most rows; where one tile takes it whole and has room for another, it takes two neighbours along a second axis.
func (p *product) cover(a, c, d []float32, axes [3]axis, vectors int) {
	for i := range 2 {
		// Rows after the last of an axis that are those of the next make one longer axis.
		if x, y := &axes[i], &axes[i+1]; y.n == 1 || y.a == x.n*x.a && y.c == x.n*x.c {
			*x, *y = axis{n: 1}, axis{x.n * y.n, x.a, x.c}
		}
	}
	best, rows, most := 0, 0, 0
	for i, x := range axes {
		limit := tilings[active].rows[vectors]
		if x.a%aliased == 0 && x.n > 1 {
			limit = min(limit, ways)
		}
		if r := x.n / ((x.n + limit - 1) / limit); r > rows {
			most = limit
			best, rows = i, r
		}
	}
	x, y, z := axes[best], axes[(best+1)%3], axes[(best+2)%3]
	if y.n < z.n {
		y, z = z, y
	}
	p.rowA, p.rowC = 4*x.a, 4*x.c
	if 2*x.n <= most && y.n > 1 {
		p.pairA, p.pairC = 4*y.a, 4*y.c
		p.count, p.nextA, p.nextC = y.n/2, 8*y.a, 8*y.c
		for i := range z.n {
			p.place(a, c, d, i*z.a, i*z.c)
			p.run(2*x.n, vectors)
		}
		if y.n%2 == 0 {
			return
		}
		a, c = a[(y.n-1)*y.a:], c[(y.n-1)*y.c:]
		if d != nil {
			d = d[(y.n-1)*y.c:]
		}
		y.n = 1
	}
	tiles := (x.n + most - 1) / most
	for at := 0; tiles > 0; {
		size := (x.n - at + tiles - 1) / tiles
		same := tiles // of this size; the others are one smaller
		if size*tiles > x.n-at {
			same = x.n - at - (size-1)*tiles
		}
		p.pairA, p.pairC = (size+1)/2*p.rowA, (size+1)/2*p.rowC
		inner, outer := axis{same, size * x.a, size * x.c}, y
		if inner.n < outer.n {
			inner, outer = outer, inner
		}
		p.count, p.nextA, p.nextC = inner.n, 4*inner.a, 4*inner.c
		for i := range z.n {
			for j := range outer.n {
				p.place(a, c, d, at*x.a+i*z.a+j*outer.a, at*x.c+i*z.c+j*outer.c)
				p.run(size, vectors)
			}
		}
		at += same * size
		tiles -= same
	}
}

// place sets where the next tiles begin.
func (p *product) place(a, c, d []float32, atA, atC int) {
	p.a, p.c = &a[atA], &c[atC]
	if d != nil {
		p.d = &d[atC]
	}
}

// A sum is one of the directions in which the terms of a product lie: n of them, a floats apart in A and b floats in B.
type sum struct{ n, a, b int }

// over sets the order of summation: k within run within plane.
func (p *product) over(k, run, plane sum) {
	p.k, p.stepA, p.stepB = k.n, 4*k.a, 4*k.b
	p.runs, p.jumpA, p.jumpB = run.n, 4*(run.a-k.n*k.a), 4*(run.b-k.n*k.b)
	p.planes, p.planeA, p.planeB = plane.n, 4*(plane.a-run.n*run.a), 4*(plane.b-run.n*run.b)
}

// portableTiles is the meaning of every micro-kernel, but for the rounding of a product before its addition and for denormals where
// the product flushes them.
func portableTiles(p *product, rows int) {
	for t := range p.count {
		for i := range rows {
			a, c := t*p.nextA+i*p.rowA, t*p.nextC+i*p.rowC
			if half := (rows + 1) / 2; i >= half {
				a, c = t*p.nextA+p.pairA+(i-half)*p.rowA, t*p.nextC+p.pairC+(i-half)*p.rowC
			}
			j := 0
			for ; j+4 <= p.cols; j += 4 {
				p.four(a, 4*j, c+4*j)
			}
			for ; j < p.cols; j++ {
				p.one(a, 4*j, c+4*j)
			}
		}
	}
}

// four computes four neighbouring elements of C at c from the row of A at a and the columns of B at b, all in
// bytes.
func (p *product) four(a, b, c int) {
	s0, s1, s2, s3 := p.begin(b), p.begin(b+4), p.begin(b+8), p.begin(b+12)
	for range p.planes {
		for range p.runs {
			for range p.k {
				x := *(*float32)(unsafe.Add(unsafe.Pointer(p.a), a))
				y := (*[4]float32)(unsafe.Add(unsafe.Pointer(p.b), b))
				s0 += float32(x * y[0])
				s1 += float32(x * y[1])
				s2 += float32(x * y[2])
				s3 += float32(x * y[3])
				a += p.stepA
				b += p.stepB
			}
			a += p.jumpA
			b += p.jumpB
		}
		a += p.planeA
		b += p.planeB
	}
	p.end(c, s0)
	p.end(c+4, s1)
	p.end(c+8, s2)
	p.end(c+12, s3)
}

// one computes one element of C as four does.
func (p *product) one(a, b, c int) {
	s := p.begin(b)
	for range p.planes {
		for range p.runs {
			for range p.k {
				s += float32(*(*float32)(unsafe.Add(unsafe.Pointer(p.a), a)) * *(*float32)(unsafe.Add(unsafe.Pointer(p.b), b)))
				a += p.stepA
				b += p.stepB
			}
			a += p.jumpA
			b += p.jumpB
		}
		a += p.planeA
		b += p.planeB
	}
	p.end(c, s)
}

// begin is what the sum of the column at j, in bytes, begins with.
func (p *product) begin(j int) float32 {
	if p.bias == nil {
		return 0
	}
	return *(*float32)(unsafe.Add(unsafe.Pointer(p.bias), j))
}

// end writes the sum s to C.
func (p *product) end(c int, s float32) {
	if p.d != nil {
		s += *(*float32)(unsafe.Add(unsafe.Pointer(p.d), c))
	}
	if p.clamp != 0 {
		if s < 0 {
			s = 0
		} else if s > p.ceiling {
			s = p.ceiling
		}
	}
	*(*float32)(unsafe.Add(unsafe.Pointer(p.c), c)) = s
}
