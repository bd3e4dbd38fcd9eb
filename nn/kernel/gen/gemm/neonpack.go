package main

import (
	"fmt"

	"cenet/nn/kernel/gen/arm64"
)

// neonPack makes the function that copies a panel of the given number of vectors, the last of which need not be whole.
func neonPack(f *arm64.File, vectors int) {
	columns := vectors * neonLanes
	name := fmt.Sprintf("pack128x%d", columns)
	f.Function(name, "dst, src *float32, rows, stride, cols int, scale float32", 44,
		packDoc(name, columns, ", of which the last vector has some")...)
	dst, src, rows := f.Load("dst+0(FP)"), f.Load("src+8(FP)"), f.Load("rows+16(FP)")
	stride, cols := f.Load("stride+24(FP)"), f.Load("cols+32(FP)")
	scale := arm64.V(31)
	f.I("FMOVS", "scale+40(FP)", "F31")
	f.Spread(arm64.S4, scale, scale)
	for last := 3; last >= 1; last-- {
		f.Compare(cols, columns-neonLanes+last)
		f.Goto("BEQ", fmt.Sprintf("rowWith%d", last))
	}
	for last := 4; last >= 1; last-- {
		label := fmt.Sprintf("rowWith%d", last)
		f.Label(label)
		for v := range vectors {
			r := arm64.V(v)
			n := 4
			if v == vectors-1 {
				n = last
			}
			for _, p := range places(src, 16*v, n) {
				p.read(f, r)
			}
			f.FMul(arm64.S4, r, scale, r)
			f.Store(arm64.Quad, r, dst, 16*v)
		}
		f.Add(stride, src)
		f.Add(4*columns, dst)
		f.Countdown(1, rows, "BNE", label)
		f.Return()
	}
}

// neonTranspose makes the function that transposes a strip of four rows.
func neonTranspose(f *arm64.File) {
	f.Function("transpose4", "dst, src *float32, blocks, dstStride, srcStride int, scale float32", 44, transposeDoc(4)...)
	dst, src, blocks := f.Load("dst+0(FP)"), f.Load("src+8(FP)"), f.Load("blocks+16(FP)")
	strideD, strideS := f.Load("dstStride+24(FP)"), f.Load("srcStride+32(FP)")
	const scale = 31
	f.I("FMOVS", "scale+40(FP)", "F31")
	f.Spread(arm64.S4, scale, scale)
	rows := []arm64.R{src, f.R(), f.R(), f.R()}
	for i := 1; i < 4; i++ {
		f.Sum(strideS, rows[i-1], rows[i])
	}
	f.Label("block")
	for i, r := range rows {
		v := arm64.V(i)
		f.Read(arm64.Quad, r, 0, v)
		f.Add(16, r)
		f.FMul(arm64.S4, v, scale, v)
	}
	// Rows 0 and 2, and 1 and 3, are interleaved, and then these.
	f.Zip("VZIP1", 0, 2, 4)
	f.Zip("VZIP2", 0, 2, 5)
	f.Zip("VZIP1", 1, 3, 6)
	f.Zip("VZIP2", 1, 3, 7)
	f.Zip("VZIP1", 4, 6, 0)
	f.Zip("VZIP2", 4, 6, 1)
	f.Zip("VZIP1", 5, 7, 2)
	f.Zip("VZIP2", 5, 7, 3)
	for i := range 4 {
		f.Store(arm64.Quad, arm64.V(i), dst, 0)
		f.Add(strideD, dst)
	}
	f.Countdown(1, blocks, "BNE", "block")
	f.Return()
}

// neonPeak makes a function of nothing but independent multiply-adds in registers.
func neonPeak(f *arm64.File) {
	const sums = 24
	f.Function("fma128", "rounds int", 8, peakDoc("fma128", sums, neonLanes)...)
	n := f.Load("rounds+0(FP)")
	for i := range arm64.V(sums + 2) {
		f.Zero(i)
	}
	f.Label("round")
	for i := range arm64.V(sums) {
		f.FMla(arm64.S4, sums, sums+1, i)
	}
	f.Countdown(1, n, "BNE", "round")
	f.Return()
}

// neonDouble makes the micro-kernel in float64 of the given number of rows and of vectors of columns, which overlap as those in
// float32 do.
func neonDouble(f *arm64.File, vectors, rows int) {
	const lanes = neonLanes / 2
	columns := vectors * lanes
	name := fmt.Sprintf("double128x%dx%d", rows, columns)
	f.Function(name, "c, a, b *float64, k, rowA, stepA, row, cols int, alpha float64, add bool", 73,
		doubleDoc(fmt.Sprintf("%s multiplies %d rows by %d columns, or one less", name, rows, columns), rows)...)
	c, a, b, k := f.Load("c+0(FP)"), f.Load("a+8(FP)"), f.Load("b+16(FP)"), f.Load("k+24(FP)")
	stepA, row, last := f.Load("stepA+40(FP)"), f.Load("row+48(FP)"), f.Load("cols+56(FP)")
	index := make([]arm64.R, rows)
	for i := 1; i < rows; i++ {
		if i == 1 {
			index[i] = f.Load("rowA+32(FP)")
		} else {
			index[i] = f.R()
			f.Sum(index[1], index[i-1], index[i])
		}
	}
	sums := make([]arm64.V, rows*vectors)
	for i := range sums {
		sums[i] = arm64.V(i)
		f.Zero(sums[i])
	}
	spread, scale := arm64.V(20), arm64.V(28)
	f.I("FMOVD", "alpha+64(FP)", "F28")
	f.Spread(arm64.D2, scale, scale)
	add := f.R()
	f.I("MOVBU", "add+72(FP)", add)
	at := f.R()
	body := func(label string, access func(base arm64.R, v int) place) {
		f.Label(label)
		for v := range vectors {
			access(b, v).read(f, arm64.V(16+v))
		}
		for i := range rows {
			t := spread + arm64.V(i)
			if i == 0 {
				f.Read(arm64.Double, a, 0, t)
			} else {
				f.ReadIndexed(arm64.Double, a, index[i], t)
			}
			for v := range vectors {
				f.FMlaElement(arm64.D2, arm64.V(16+v), t, 0, sums[i*vectors+v])
			}
		}
		f.Add(stepA, a)
		f.Add(row, b)
		f.Countdown(1, k, "BNE", label)
		for _, s := range sums {
			f.FMul(arm64.D2, s, scale, s)
		}
		each := func(do func(at place, sum arm64.V)) {
			f.Move(c, at)
			for i := range rows {
				for v := range vectors {
					do(access(at, v), sums[i*vectors+v])
				}
				if i < rows-1 {
					f.Add(row, at)
				}
			}
		}
		f.Goto("CBZ", fmt.Sprintf("%v, %sStore", add, label))
		each(func(at place, sum arm64.V) {
			at.read(f, spread)
			f.FAdd(arm64.D2, sum, spread, sum)
		})
		f.Label(label + "Store")
		each(func(at place, sum arm64.V) { at.store(f, sum) })
		f.Return()
	}
	if vectors == 1 {
		f.Compare(last, 1)
		f.Goto("BEQ", "narrow")
		body("k", func(base arm64.R, v int) place { return place{width: arm64.Quad, base: base} })
		body("narrow", func(base arm64.R, v int) place { return place{width: arm64.Double, base: base} })
		return
	}
	f.I("LSL", 3, last, last)
	f.I("SUB", 16, last, last)
	body("k", func(base arm64.R, v int) place {
		if v == vectors-1 {
			return place{width: arm64.Quad, base: base, index: &last}
		}
		return place{width: arm64.Quad, base: base, offset: 16 * v}
	})
}
