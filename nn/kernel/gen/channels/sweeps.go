package main

// The kernels over matrices. clamp(x) is max(0, min(x, u)) and keep(d, y) is d where 0 < y < u, else 0; a NaN counts as within
// the bounds. A product and the addition that takes it are rounded once.
var sweeps = []sweep{
	{name: "add", meaning: "a += b", matrices: "ab", body: func(e *element) {
		a := e.read('a')
		e.add(a, e.read('b'), a)
		e.write('a', a)
	}},
	{name: "sum", meaning: "a = b + c", matrices: "abc", body: func(e *element) {
		b := e.read('b')
		e.add(b, e.read('c'), b)
		e.write('a', b)
	}},
	{name: "sumClamp", meaning: "a = clamp(b + c)", matrices: "abc", numbers: "u", body: func(e *element) {
		b := e.read('b')
		e.add(b, e.read('c'), b)
		e.clamp(b, 'u')
		e.write('a', b)
	}},
	{name: "clamp", meaning: "a = clamp(b)", matrices: "ab", numbers: "u", body: func(e *element) {
		b := e.read('b')
		e.clamp(b, 'u')
		e.write('a', b)
	}},
	{name: "clampBackward", meaning: "a = keep(b, c)", matrices: "abc", numbers: "u", body: func(e *element) {
		b := e.read('b')
		e.keep(b, e.read('c'), 'u')
		e.write('a', b)
	}},
	{name: "addRow", meaning: "a += p", matrices: "a", params: "p", body: func(e *element) {
		a := e.read('a')
		e.add(a, e.of('p'), a)
		e.write('a', a)
	}},
	{name: "subRow", meaning: "a = b - p", matrices: "ab", params: "p", body: func(e *element) {
		b := e.read('b')
		e.sub(b, e.of('p'), b)
		e.write('a', b)
	}},
	{name: "scaleRows", meaning: "a = b * p", matrices: "ab", params: "p", body: func(e *element) {
		b := e.read('b')
		e.mul(b, e.of('p'), b)
		e.write('a', b)
	}},
	{name: "addScaled", meaning: "a += b * (p * u)", matrices: "ab", params: "p", numbers: "u", body: func(e *element) {
		a, b, scale := e.read('a'), e.read('b'), e.temporary()
		e.mul(e.of('u'), e.of('p'), scale)
		e.fma(b, scale, a)
		e.write('a', a)
	}},
	{name: "affine", meaning: "a = b*p + q", matrices: "ab", params: "pq", body: func(e *element) {
		e.write('a', e.affine(e.read('b'), 'p', 'q'))
	}},
	{name: "affineClamp", meaning: "a = clamp(b*p + q)", matrices: "ab", params: "pq", numbers: "u", body: func(e *element) {
		y := e.affine(e.read('b'), 'p', 'q')
		e.clamp(y, 'u')
		e.write('a', y)
	}},
	{name: "affineAddClamp", meaning: "a = clamp(b*p + q + c)", matrices: "abc", params: "pq", numbers: "u", body: func(e *element) {
		y := e.affine(e.read('b'), 'p', 'q')
		e.add(y, e.read('c'), y)
		e.clamp(y, 'u')
		e.write('a', y)
	}},
	{name: "sumRows", meaning: "S += a", matrices: "a", sums: "S", body: func(e *element) {
		e.add(e.of('S'), e.read('a'), e.of('S'))
	}},
	{name: "sumShifted", meaning: "S += a - p", matrices: "a", params: "p", sums: "S", body: func(e *element) {
		d := e.read('a')
		e.sub(d, e.of('p'), d)
		e.add(e.of('S'), d, e.of('S'))
	}},
	{name: "squares", meaning: "S += (a - p) * (a - p)", matrices: "a", params: "p", sums: "S", body: func(e *element) {
		d := e.read('a')
		e.sub(d, e.of('p'), d)
		e.fma(d, d, e.of('S'))
	}},
	{name: "dotRows", meaning: "S += a * b", matrices: "ab", sums: "S", body: func(e *element) {
		e.fma(e.read('a'), e.read('b'), e.of('S'))
	}},
	{name: "normSums", meaning: "S += a\nT += a * (b - p)", matrices: "ab", params: "p", sums: "ST", body: func(e *element) {
		e.normSums(e.read('a'), e.read('b'))
	}},
	{name: "normSumsAffine", meaning: "d := keep(a, b*q + r)\nS += d\nT += d * (b - p)", matrices: "ab", params: "pqr", sums: "ST",
		numbers: "u",
		body: func(e *element) {
			d, x := e.read('a'), e.read('b')
			e.keep(d, e.affine(x, 'q', 'r'), 'u')
			e.normSums(d, x)
		}},
	{name: "normSumsClamp", meaning: "a = keep(a, c)\nS += a\nT += a * (b - p)", matrices: "abc", params: "p", sums: "ST", numbers: "u",
		body: func(e *element) {
			d := e.read('a')
			e.keep(d, e.read('c'), 'u')
			e.write('a', d)
			e.normSums(d, e.read('b'))
		}},
	{name: "normBackward", meaning: "a = b*p + (c*q + r)", matrices: "abc", params: "pqr", body: func(e *element) {
		d, y := e.read('b'), e.affine(e.read('c'), 'q', 'r')
		e.fma(d, e.of('p'), y)
		e.write('a', y)
	}},
	{name: "normBackwardAffine", meaning: "a = keep(b, c*s + t)*p + (c*q + r)", matrices: "abc", params: "pqrst", numbers: "u",
		body: func(e *element) {
			d, x := e.read('b'), e.read('c')
			y := e.affine(x, 's', 't')
			e.keep(d, y, 'u')
			e.multiplyAdd(x, e.of('q'), e.of('r'), y)
			e.fma(d, e.of('p'), y)
			e.write('a', y)
		}},
	{name: "sgd", meaning: "c = c*v + (b + a*w)\na -= c * u", matrices: "abc", numbers: "uvw", body: func(e *element) {
		w, v := e.read('a'), e.temporary()
		e.momentum(w, e.read('b'), v)
		e.fms(v, e.of('u'), w)
		e.write('a', w)
	}},
	{name: "sgdNesterov", meaning: "d := b + a*w\nc = c*v + d\na -= (c*v + d) * u", matrices: "abc", numbers: "uvw", body: func(e *element) {
		w, d, v := e.read('a'), e.read('b'), e.temporary()
		e.momentum(w, d, v)
		e.fma(v, e.of('v'), d)
		e.fms(d, e.of('u'), w)
		e.write('a', w)
	}},
}
