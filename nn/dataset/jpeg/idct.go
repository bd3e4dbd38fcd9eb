package jpeg

// Constants of the inverse DCT in units of 2⁻¹³: √2·cos and sums of such.
const (
	f0_298 = 2446  // 0.298631336
	f0_390 = 3196  // 0.390180644
	f0_541 = 4433  // 0.541196100
	f0_765 = 6270  // 0.765366865
	f0_899 = 7373  // 0.899976223
	f1_175 = 9633  // 1.175875602
	f1_501 = 12299 // 1.501321110
	f1_847 = 15137 // 1.847759065
	f1_961 = 16069 // 1.961570560
	f2_053 = 16819 // 2.053119869
	f2_562 = 20995 // 2.562915447
	f3_072 = 25172 // 3.072711026
)

// transform makes the samples of block (x, y) of the plane of its coefficients, row by row and dequantised, of which the last
// one in the order of the file that is not zero is the last-th; b is zero afterwards. The fast algorithm of Loeffler,
// Ligtenberg and Moschytz in fixed point of 13 bits, columns first, kept to 2 bits after the point, as libjpeg rounds.
func (c *component) transform(b *[64]int32, last, x, y int) {
	stride := 8 * c.stride
	out := c.plane[8*(y*stride+x):]
	if last == 0 {
		v := clamp((b[0]<<2+16)>>5 + 128)
		b[0] = 0
		for r := range 8 {
			row := out[r*stride:][:8:8]
			for i := range row {
				row[i] = v
			}
		}
		return
	}
	for i := range 8 {
		if b[8+i]|b[16+i]|b[24+i]|b[32+i]|b[40+i]|b[48+i]|b[56+i] == 0 {
			v := b[i] << 2
			b[i], b[8+i], b[16+i], b[24+i], b[32+i], b[40+i], b[48+i], b[56+i] = v, v, v, v, v, v, v, v
			continue
		}
		s0, s1, s2, s3, d0, d1, d2, d3 := line(b[i], b[8+i], b[16+i], b[24+i], b[32+i], b[40+i], b[48+i], b[56+i])
		const half, bits = 1 << 10, 11
		b[i], b[56+i] = (s0+d0+half)>>bits, (s0-d0+half)>>bits
		b[8+i], b[48+i] = (s1+d1+half)>>bits, (s1-d1+half)>>bits
		b[16+i], b[40+i] = (s2+d2+half)>>bits, (s2-d2+half)>>bits
		b[24+i], b[32+i] = (s3+d3+half)>>bits, (s3-d3+half)>>bits
	}
	for r := range 8 {
		v, row := b[8*r:][:8:8], out[r*stride:][:8:8]
		s0, s1, s2, s3, d0, d1, d2, d3 := line(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7])
		const half, bits = 1<<17 + 128<<18, 18
		row[0], row[7] = clamp((s0+d0+half)>>bits), clamp((s0-d0+half)>>bits)
		row[1], row[6] = clamp((s1+d1+half)>>bits), clamp((s1-d1+half)>>bits)
		row[2], row[5] = clamp((s2+d2+half)>>bits), clamp((s2-d2+half)>>bits)
		row[3], row[4] = clamp((s3+d3+half)>>bits), clamp((s3-d3+half)>>bits)
	}
	*b = [64]int32{}
}

// line is the transform of eight values, in units of 2⁻¹³: the outputs are si+di and, from the other end, si−di.
func line(v0, v1, v2, v3, v4, v5, v6, v7 int32) (s0, s1, s2, s3, d0, d1, d2, d3 int32) {
	// Even part.
	turned := (v2 + v6) * f0_541
	e2, e3 := turned-v6*f1_847, turned+v2*f0_765
	e0, e1 := (v0+v4)<<13, (v0-v4)<<13
	s0, s3, s1, s2 = e0+e3, e0-e3, e1+e2, e1-e2
	// Odd part.
	all := (v7 + v3 + v5 + v1) * f1_175
	a, b := -(v7+v1)*f0_899, -(v5+v3)*f2_562
	c, d := all-(v7+v3)*f1_961, all-(v5+v1)*f0_390
	d3 = v7*f0_298 + a + c
	d2 = v5*f2_053 + b + d
	d1 = v3*f3_072 + b + c
	d0 = v1*f1_501 + a + d
	return s0, s1, s2, s3, d0, d1, d2, d3
}

// clamp is the nearest byte.
func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31))
	}
	return uint8(v)
}
