package jpeg

// convert writes the part asked for.
func (d *Decoder) convert(pixels []uint8) {
	n := d.part.Dx()
	for y := d.part.Min.Y; y < d.part.Max.Y; y++ {
		var rows [4][]uint8
		for i := range d.components {
			rows[i] = d.row(i, y)[:n]
		}
		d.colours(pixels[:3*n], rows)
		pixels = pixels[3*n:]
	}
}

// row returns the samples of a component in row y of the image, for the columns of the part.
func (d *Decoder) row(i, y int) []uint8 {
	c := &d.components[i]
	h, v := d.hMax/c.h, d.vMax/c.v
	left, right := d.part.Min.X, d.part.Max.X
	stride := 8 * c.stride
	line := func(y int) []uint8 { return c.plane[y*stride:][:c.width] }
	if h == 1 && v == 1 {
		return line(y)[left:right]
	}
	if cap(d.line[i]) < right-left+8 {
		d.line[i] = make([]uint8, right-left+8)
	}
	out := d.line[i][:right-left+8]
	near := y / v
	far := min(max(near+2*(y%v)-1, 0), c.height-1) // of the rows above and below, where v is 2, the closer one
	switch {
	case h == 1 && v == 2:
		a, b := line(near)[left:right], line(far)[left:right]
		bias := 1 + y%2
		for x := range a {
			out[x] = uint8((3*int(a[x]) + int(b[x]) + bias) >> 2)
		}
		return out
	case h == 2 && v <= 2 && c.width > 2:
		from, to := left/2, (right-1)/2+1
		if v == 1 {
			between(out, line(y), from, to)
		} else {
			d.betweenRows(out, line(near), line(far), from, to)
		}
		return out[left-2*from:]
	}
	a := line(near)
	for x := range right - left {
		out[x] = a[(left+x)/h]
	}
	return out
}

// between writes the samples from … to−1 of a row at double width: each new one is nearer to one sample, 3/4, than to the
// other, 1/4.
func between(out, a []uint8, from, to int) {
	for i := from; i < to; i++ {
		o := out[2*(i-from):][:2]
		v := 3 * int(a[i])
		o[0], o[1] = a[i], a[i]
		if i > 0 {
			o[0] = uint8((v + int(a[i-1]) + 1) >> 2)
		}
		if i < len(a)-1 {
			o[1] = uint8((v + int(a[i+1]) + 2) >> 2)
		}
	}
}

// betweenRows is between for a row that is itself 3/4 of one and 1/4 of the other.
func (d *Decoder) betweenRows(out, near, far []uint8, from, to int) {
	if cap(d.sums) < len(near) {
		d.sums = make([]uint16, len(near))
	}
	sums := d.sums[:len(near)]
	for i := max(0, from-1); i < min(len(near), to+1); i++ {
		sums[i] = 3*uint16(near[i]) + uint16(far[i])
	}
	i := from
	if i == 0 {
		out[0], out[1] = uint8((4*sums[0]+8)>>4), uint8((3*sums[0]+sums[1]+7)>>4)
		i++
	}
	for ; i < min(to, len(sums)-1); i++ {
		three, s, o := sums[i-1:][:3], 3*sums[i], out[2*(i-from):][:2]
		o[0], o[1] = uint8((s+three[0]+8)>>4), uint8((s+three[2]+7)>>4)
	}
	if i < to {
		o := out[2*(i-from):][:2]
		o[0], o[1] = uint8((3*sums[i]+sums[i-1]+8)>>4), uint8((4*sums[i]+7)>>4)
	}
}

// Of each value of Cb or Cr, what it adds to a colour: to red and to blue in whole numbers, to green in units of 2⁻¹⁶.
var crRed, cbBlue, crGreen, cbGreen = func() (red, blue, green1, green2 [256]int32) {
	for i := range int32(256) {
		v, half := i-128, int32(1<<15)
		red[i], blue[i] = (91881*v+half)>>16, (116130*v+half)>>16 // 1.402, 1.772
		green1[i], green2[i] = -46802*v, -22554*v+half            // 0.71414, 0.34414
	}
	return red, blue, green1, green2
}()

// colours writes a row of samples as red, green and blue. Without a marker that says which colours they are, the identifiers
// of three components may spell RGB; four are CMYK. Those of CMYK are inverted, as Adobe's programs write them and, marker or
// not, everybody reads them.
func (d *Decoder) colours(pixels []uint8, rows [4][]uint8) {
	a, b, c, k := rows[0], rows[1], rows[2], rows[3]
	switch len(d.components) {
	case 1:
		for x, v := range a {
			p := pixels[3*x:][:3]
			p[0], p[1], p[2] = v, v, v
		}
	case 3:
		if d.isRGB() {
			for x, v := range a {
				p := pixels[3*x:][:3]
				p[0], p[1], p[2] = v, b[x], c[x]
			}
			return
		}
		b, c = b[:len(a)], c[:len(a)]
		for x, v := range a {
			p, y := pixels[3*x:][:3], int32(v)
			p[0] = clamp(y + crRed[c[x]])
			p[1] = clamp(y + (cbGreen[b[x]]+crGreen[c[x]])>>16)
			p[2] = clamp(y + cbBlue[b[x]])
		}
	case 4:
		turned := d.adobe && d.transform != 0 // YCCK: a Y'CbCr of 255 less C, M and Y
		for x, v := range a {
			p, cyan, magenta, yellow := pixels[3*x:][:3], v, b[x], c[x]
			if turned {
				y := int32(v)
				cyan = 255 - clamp(y+crRed[c[x]])
				magenta = 255 - clamp(y+(cbGreen[b[x]]+crGreen[c[x]])>>16)
				yellow = 255 - clamp(y+cbBlue[b[x]])
			}
			black := 255 - int(k[x])
			p[0], p[1], p[2] = light(cyan, black), light(magenta, black), light(yellow, black)
		}
	}
}

// isRGB reports whether three components are red, green and blue.
func (d *Decoder) isRGB() bool {
	switch {
	case d.jfif:
		return false
	case d.adobe:
		return d.transform == 0
	}
	ids := [3]byte{d.components[0].id, d.components[1].id, d.components[2].id}
	return ids == [3]byte{'R', 'G', 'B'}
}

// light is what an inverted ink and black leave of white, (1−ink)·(1−black), rounded as Pillow does.
func light(inverted uint8, black int) uint8 {
	left := 255 - black
	product := (255-int(inverted))*left + 128
	return uint8(max(0, left-(product+product>>8)>>8))
}
