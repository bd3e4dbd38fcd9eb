package kernel

import "unsafe"

// Linear maps on the channels of an image, one g×g matrix for each group.

// PlusDiagonal writes A + scale·Diag(d) for the c/g matrices A of size g×g one after the other in a,
// c = len(d), to dst; dst may be a.
func PlusDiagonal(dst, a, d []float32, scale float32, g int) {
	copy(dst[:len(d)*g], a)
	for first := 0; first < len(d); first += g {
		m := dst[first*g:][:g*g]
		for i, v := range d[first : first+g] {
			m[i*g+i] += float32(scale * v)
		}
	}
}

// MixChannels writes x·A + x₂·A₂ to y, with an epilogue, for rows×c matrices. A is block-diagonal with the c/g matrices of size g×g
// one after the other in a; so is A₂ with a2. Without x2, the second product is left out. y is not x2, and not x but
// where MixesInPlace.
func MixChannels(y, x, a, x2, a2 []float32, c, g int, t Epilogue) {
	if active == portable && x2 != nil {
		mixChannels(y, x, a, c, g, Epilogue{Bias: t.Bias}, sum{n: 1})
		mixChannels(y, x2, a2, c, g, Epilogue{Addend: y}, sum{n: 1})
		t.Apply(y)
		return
	}
	terms := sum{n: 1}
	if x2 != nil {
		_, _ = x2[len(x)-1], a2[c*g-1]
		onHeap(x)
		onHeap(x2)
		onHeap(a)
		onHeap(a2)
		terms = sum{2, distance(x, x2), distance(a, a2)}
	}
	mixChannels(y, x, a, c, g, t, terms)
}

// MixesInPlace reports whether, without x2, y may be x: where one panel has all columns of a group, a tile has read its pixels
// before it writes them.
func MixesInPlace(g int) bool {
	cols, _ := tilings[active].panel(g)
	return active != portable && cols == g
}

// mixChannels does MixChannels for as many products as there are terms.
func mixChannels(y, x, a []float32, c, g int, t Epilogue, terms sum) {
	rows := len(x) / c
	y = y[:len(x)]
	for j := 0; j < c; j += g {
		for col := j; col < j+g; {
			cols, vectors := tilings[active].panel(j + g - col)
			p := product{b: &a[j*g:][:g*g][col-j], ceiling: t.Ceiling}
			p.columns(cols, vectors, false)
			if t.Bias != nil {
				p.bias = &t.Bias[col:][:cols][0]
			}
			if t.Clamp {
				p.clamp = 1
			}
			addend := t.Addend
			if addend != nil {
				addend = addend[:len(x)][col:]
			}
			p.over(sum{g, 1, g}, sum{n: 1}, terms)
			p.cover(x[j:], y[col:], addend, [3]axis{{rows, c, c}, {n: 1}, {n: 1}}, vectors)
			col += cols
		}
	}
}

// onHeap has the compiler put the array of x on the heap, where nothing moves, wherever a caller declares it: on a stack, which is copied
// when it grows, a distance would not last until the kernel uses it.
func onHeap(x []float32) {
	if x == nil { // never; the compiler does not know that
		escaped = x
	}
}

var escaped []float32

// distance is how many floats after a b begins. Both are on the heap and alive until it is used: the caller's slices see to that.
func distance(a, b []float32) int {
	return (int(uintptr(unsafe.Pointer(&b[0]))) - int(uintptr(unsafe.Pointer(&a[0])))) / 4
}

// Apply adds the addend to y and bounds it, in a pass of its own, for kernels that cannot do so as they write y.
func (t Epilogue) Apply(y []float32) {
	switch {
	case t.Addend != nil && t.Clamp:
		SumClamp(y, y, t.Addend, t.Ceiling)
	case t.Addend != nil:
		Add(y, t.Addend)
	case t.Clamp:
		Clamp(y, y, t.Ceiling)
	}
}

// AddScaledRows adds scale·x·d to y for rows×c matrices, d having one entry a channel.
func AddScaledRows(y, x, d []float32, scale float32) {
	c := len(d)
	if active != portable {
		sweepAddScaled.rows(c, operands{a: y[:len(x)], b: x, p: d, u: scale})
		return
	}
	for r := 0; r < len(x); r += c {
		xr, yr := x[r:r+c], y[r:r+c]
		for j, v := range xr {
			yr[j] += float32(v * float32(scale*d[j]))
		}
	}
}

// FillRows writes row to every row of the rows×c matrix y, c = len(row).
func FillRows(y, row []float32) {
	for done := copy(y, row); done < len(y); done *= 2 {
		copy(y[done:], y[:done])
	}
}
