package kernel

import (
	"math"
	"unsafe"
)

// Products in bfloat16.
//
// A bfloat16 ("brain float") is the upper half of a float32. Products in it round their operands to bfloat16 and sum in float32. The terms
// of a sum come in pairs, and a pair is added as the instruction VDPBF16PS of AVX512_BF16 adds it:
//
//	sum = fma(a[0], b[0], fma(a[1], b[1], sum))
//
// so the second element comes first, each addition is rounded to nearest even, and denormals count as 0 and come out as 0. Where the number
// of terms is odd, 0 fills the last pair. What is added to the sum at the end is added under the same rule of denormals.
//
// There are two ways to hold the operands, see bfloatUnit. With the instruction, and in the portable family, a pair is the two halves of
// one word of 32 bits, the first element the lower one. All other families hold a pair as two float32, the second element first, so that
// the micro-kernels of float32 sum in the right order: the product of two numbers of bfloat16 is exact in float32, and its fused addition
// rounds as the instruction does. Both give the same bits, but for those of a NaN, and but for this: arm64 decides before it rounds whether
// a result is denormal, x86-64 after, so one that rounds up to the smallest normal number comes out as 0 on arm64. Of the 3.6·10⁹ sums of a
// step of ResNet-20 with 32 images of CIFAR-10, after 150 steps, none was denormal.
//
// A device computes the bits of x86-64, except for the sign of a 0: where a window reaches beyond the image, and the last terms of a sum
// are denormal.

// bfloatWords reports whether the active family holds a pair of bfloat16 in one word.
func bfloatWords() bool { return active == portable || instruction }

// bfloatUnit is the number of floats that hold a pair.
func bfloatUnit() int {
	if bfloatWords() {
		return 1
	}
	return 2
}

// bfloatFloats is the number of floats that hold n terms.
func bfloatFloats(n int) int { return (n + 1) / 2 * bfloatUnit() }

// RoundBFloat rounds x to bfloat16, to nearest even. A denormal becomes 0 with its sign; NaN stays NaN.
func RoundBFloat(x float32) float32 {
	u := math.Float32bits(x)
	switch {
	case u&0x7f800000 == 0:
		u &= 1 << 31
	case x != x:
		u = u&0xffff0000 | 1<<22
	default:
		u = (u + 0x7fff + u>>16&1) & 0xffff0000
	}
	return math.Float32frombits(u)
}

// bfloatPair is the word that holds two elements.
func bfloatPair(first, second float32) float32 {
	return math.Float32frombits(math.Float32bits(RoundBFloat(second)) | math.Float32bits(RoundBFloat(first))>>16)
}

// bfloatColumns rounds the rows×cols matrix src, whose rows are ld apart, to pairs of neighbouring columns. dst has bfloatFloats(cols)
// floats a row.
func bfloatColumns(dst, src []float32, rows, cols, ld int) {
	if rows == 0 {
		return
	}
	if ld == cols && cols%2 == 0 {
		rows, cols, ld = 1, rows*cols, rows*cols
	}
	to := bfloatFloats(cols)
	_, _ = dst[rows*to-1], src[(rows-1)*ld+cols-1]
	x := pairs{y: &dst[0], a: &src[0], rows: rows, cols: cols, yStep: 4 * to, aStep: 4 * ld}
	switch {
	case active == portable:
		for r := range rows {
			d, s := dst[r*to:][:to], src[r*ld:][:cols]
			for i := range cols / 2 {
				d[i] = bfloatPair(s[2*i], s[2*i+1])
			}
			if cols%2 != 0 {
				d[cols/2] = bfloatPair(s[cols-1], 0)
			}
		}
	case instruction:
		x.bfloatNarrow()
	default:
		x.roundBFloatSwapped()
	}
}

// bfloatRows rounds the rows×cols matrix src, whose rows are ld apart, to pairs of neighbouring rows: the pair of rows 2i and 2i+1 is at
// i·unit·to, and where a pair is two floats the second row is before the first, to floats apart.
func bfloatRows(dst, src []float32, rows, cols, ld, to int) {
	if rows > 1 {
		bfloatCombine(dst, src, src[ld:], rows/2, cols, bfloatUnit()*to, 2*ld, to)
	}
	if rows%2 != 0 {
		bfloatCombine(dst[rows/2*bfloatUnit()*to:], src[(rows-1)*ld:], nil, 1, cols, 0, 0, to)
	}
}

// bfloatCombine rounds pairs of which the first elements are those of a and the second those of b, 0 where b is nil, for rows×cols matrices
// whose rows are ld apart. The rows of dst are step apart; where a pair is two floats, they are to apart, the second first.
func bfloatCombine(dst, a, b []float32, rows, cols, step, ld, to int) {
	if rows == 0 {
		return
	}
	_ = a[(rows-1)*ld+cols-1]
	if b != nil {
		_ = b[(rows-1)*ld+cols-1]
	}
	if !bfloatWords() {
		_ = dst[(rows-1)*step+to+cols-1]
		x := pairs{y: &dst[to], a: &a[0], rows: rows, cols: cols, yStep: 4 * step, aStep: 4 * ld}
		x.roundBFloat()
		if x.y = &dst[0]; b == nil {
			for r := range rows {
				clear(dst[r*step:][:cols])
			}
			return
		}
		x.a = &b[0]
		x.roundBFloat()
		return
	}
	_ = dst[(rows-1)*step+cols-1]
	if active == portable {
		for r := range rows {
			for i, v := range a[r*ld:][:cols] {
				var w float32
				if b != nil {
					w = b[r*ld+i]
				}
				dst[r*step+i] = bfloatPair(v, w)
			}
		}
		return
	}
	if b != nil {
		x := pairs{y: &dst[0], a: &a[0], b: &b[0], rows: rows, cols: cols, yStep: 4 * step, aStep: 4 * ld, bStep: 4 * ld}
		x.bfloatCombine()
		return
	}
	for at := 0; at < cols; at += len(zeros) {
		x := pairs{y: &dst[at], a: &a[at], b: &zeros[0], rows: rows, cols: min(len(zeros), cols-at), yStep: 4 * step, aStep: 4 * ld}
		x.bfloatCombine()
	}
}

// zeros stay so.
var zeros [1024]float32

// smallest is the smallest normal float32.
const smallest = 0x1p-126

// flushed is x, but 0 with its sign where x is denormal.
func flushed(x float32) float32 {
	if x > -smallest && x < smallest {
		return float32(math.Copysign(0, float64(x)))
	}
	return x
}

// fmaFlushed is x·y + s, rounded once, of numbers x and y of bfloat16 and of s, none of them denormal; a denormal result becomes 0.
func fmaFlushed(x, y, s float32) float32 {
	p := float32(x * y)
	if size := math.Abs(float64(p)); x == 0 || y == 0 || size >= smallest && size <= math.MaxFloat32 {
		return flushed(s + p) // p is exact
	}
	// Beyond the exponents of float32: in float64 the product is exact. The sum is rounded to odd there: its last bit is set where it is not
	// exact, so that rounding it again, to float32, gives what rounding once would give.
	a, b := float64(float64(x)*float64(y)), float64(s)
	sum := a + b
	if math.IsInf(sum, 0) || sum != sum {
		return float32(sum)
	}
	z := sum - a
	if e := (a - (sum - z)) + (b - z); e != 0 {
		u := math.Float64bits(sum)
		if u&1 == 0 {
			if (e > 0) == (sum > 0) {
				u++
			} else {
				u--
			}
		}
		sum = math.Float64frombits(u)
	}
	// With 24 bits, what is less than this would not round up to the smallest normal number.
	if math.Abs(sum) < smallest-0x1p-151 {
		return float32(math.Copysign(0, sum))
	}
	return float32(sum)
}

// portableBFloatTiles is portableTiles for a product in bfloat16 whose pairs are words: k, runs and planes count pairs.
func portableBFloatTiles(p *product, rows int) {
	for t := range p.count {
		for i := range rows {
			a, c := t*p.nextA+i*p.rowA, t*p.nextC+i*p.rowC
			if half := (rows + 1) / 2; i >= half {
				a, c = t*p.nextA+p.pairA+(i-half)*p.rowA, t*p.nextC+p.pairC+(i-half)*p.rowC
			}
			for j := range p.cols {
				p.bfloat(a, 4*j, c+4*j)
			}
		}
	}
}

// bfloat computes one element of C as one does.
func (p *product) bfloat(a, b, c int) {
	s := flushed(p.begin(b))
	for range p.planes {
		for range p.runs {
			for range p.k {
				x := *(*uint32)(unsafe.Add(unsafe.Pointer(p.a), a))
				y := *(*uint32)(unsafe.Add(unsafe.Pointer(p.b), b))
				s = fmaFlushed(math.Float32frombits(x&0xffff0000), math.Float32frombits(y&0xffff0000), s)
				s = fmaFlushed(math.Float32frombits(x<<16), math.Float32frombits(y<<16), s)
				a += p.stepA
				b += p.stepB
			}
			a += p.jumpA
			b += p.jumpB
		}
		a += p.planeA
		b += p.planeB
	}
	if p.d != nil {
		s = flushed(s + flushed(*(*float32)(unsafe.Add(unsafe.Pointer(p.d), c))))
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

// portable does the product as the portable family does.
func (p *product) portable(rows int) {
	if p.flush != 0 {
		portableBFloatTiles(p, rows)
	} else {
		portableTiles(p, rows)
	}
}
