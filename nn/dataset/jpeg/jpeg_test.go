package jpeg

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"math/bits"
	"strings"
	"testing"
	"testing/iotest"
)

// A plane is a component of a made image.
type plane struct{ id, h, v, value int }

// flat makes an image of blocks without AC coefficients, each component of one value; adobe is the transform of Adobe's marker,
// -1 for none.
func flat(width, height, adobe int, jfif bool, planes ...plane) []byte {
	out := []byte{0xff, soi}
	segment := func(marker byte, body ...byte) {
		out = append(out, 0xff, marker, byte((len(body)+2)>>8), byte(len(body)+2))
		out = append(out, body...)
	}
	if jfif {
		segment(app0, append([]byte("JFIF\x00"), 1, 1, 0, 0, 1, 0, 1, 0, 0)...)
	}
	if adobe >= 0 {
		segment(appE, append([]byte("Adobe"), 0, 100, 0, 0, 0, 0, byte(adobe))...)
	}
	segment(dqt, append([]byte{0, 8}, bytes.Repeat([]byte{1}, 63)...)...)
	frame, head := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(planes))}, []byte{byte(len(planes))}
	hMax, vMax := 1, 1
	for _, p := range planes {
		frame = append(frame, byte(p.id), byte(p.h<<4|p.v), 0)
		head = append(head, byte(p.id), 0)
		hMax, vMax = max(hMax, p.h), max(vMax, p.v)
	}
	segment(sof0, frame...)
	// Twelve sizes of DC as codes of four bits, and the end of a block as a bit.
	segment(dht, append([]byte{0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)...)
	segment(dht, append([]byte{0x10, 1}, make([]byte, 16)...)...)
	segment(sos, append(head, 0, 63, 0)...)
	var text strings.Builder
	before := make([]int, len(planes))
	for range above(width, 8*hMax) * above(height, 8*vMax) {
		for i, p := range planes {
			for range p.h * p.v {
				diff := p.value - 128 - before[i]
				before[i] = p.value - 128
				size := bits.Len(uint(max(diff, -diff)))
				fmt.Fprintf(&text, "%04b", size)
				if size > 0 {
					if diff < 0 {
						diff += 1<<size - 1
					}
					fmt.Fprintf(&text, "%0*b", size, diff)
				}
				text.WriteByte('0')
			}
		}
	}
	all := text.String()
	for ; len(all) > 0; all = all[min(8, len(all)):] {
		b := byte(0)
		for i := range 8 {
			b = b<<1 | 1
			if i < len(all) && all[i] == '0' {
				b &^= 1
			}
		}
		if out = append(out, b); b == 0xff {
			out = append(out, 0)
		}
	}
	return append(out, 0xff, eoi)
}

func decode(text []byte) (pixels []uint8, err error) {
	w, h, err := Size(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	pixels = make([]uint8, 3*w*h)
	return pixels, new(Decoder).Decode(pixels, bytes.NewReader(text), w, h, image.Rect(0, 0, w, h))
}

// Whatever the colours are stored as, and however they are sampled, they are the same. Those of CMYK are Pillow's.
func TestColours(t *testing.T) {
	type rgb [3]uint8
	for name, c := range map[string]struct {
		adobe  int
		jfif   bool
		ids    string
		values []int
		want   rgb
	}{
		"grey":                   {-1, false, "\x01", []int{90}, rgb{90, 90, 90}},
		"JFIF":                   {-1, true, "\x01\x02\x03", []int{76, 85, 255}, rgb{254, 0, 0}},
		"no marker":              {-1, false, "\x01\x02\x03", []int{76, 85, 255}, rgb{254, 0, 0}},
		"from 0":                 {-1, false, "\x00\x01\x02", []int{76, 85, 255}, rgb{254, 0, 0}},
		"RGB by name":            {-1, false, "RGB", []int{254, 3, 9}, rgb{254, 3, 9}},
		"RGB by Adobe":           {0, false, "\x01\x02\x03", []int{254, 3, 9}, rgb{254, 3, 9}},
		"JFIF's RGB":             {0, true, "RGB", []int{76, 85, 255}, rgb{254, 0, 0}},
		"Adobe":                  {1, false, "RGB", []int{76, 85, 255}, rgb{254, 0, 0}},
		"CMYK by Adobe":          {0, false, "\x01\x02\x03\x04", []int{255, 0, 0, 255}, rgb{255, 0, 0}},
		"CMYK without":           {-1, false, "\x01\x02\x03\x04", []int{255, 0, 0, 255}, rgb{255, 0, 0}},
		"CMYK, mixed":            {-1, false, "CMYK", []int{200, 100, 50, 128}, rgb{100, 50, 25}},
		"YCCK":                   {2, false, "\x01\x02\x03\x04", []int{76, 85, 255, 255}, rgb{1, 255, 255}},
		"YCCK of an unknown one": {1, false, "\x01\x02\x03\x04", []int{76, 85, 255, 128}, rgb{1, 128, 128}},
	} {
		samplings := [][4][2]int{{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, {{2, 2}, {1, 1}, {1, 1}, {2, 2}}, {{2, 2}, {1, 1}, {1, 2}, {1, 1}},
			{{2, 1}, {1, 1}, {2, 1}, {1, 1}},
			{{3, 1}, {1, 1}, {1, 1}, {3, 1}}, {{1, 1}, {2, 2}, {1, 1}, {1, 1}}, {{4, 1}, {1, 1}, {2, 1}, {1, 1}}, {{1, 4}, {1, 1}, {1, 2}, {1, 1}}}
		for _, s := range samplings {
			var planes []plane
			for i, v := range c.values {
				planes = append(planes, plane{int(c.ids[i]), s[i][0], s[i][1], v})
			}
			for _, size := range [][2]int{{1, 1}, {3, 2}, {17, 40}} {
				pixels, err := decode(flat(size[0], size[1], c.adobe, c.jfif, planes...))
				if err != nil {
					t.Errorf("%s, sampling %v: %v", name, s, err)
					continue
				}
				for i := 0; i < len(pixels); i += 3 {
					if got := rgb(pixels[i : i+3]); got != c.want {
						t.Errorf("%s, sampling %v, %v pixels: %v, want %v", name, s, size, got, c.want)
						break
					}
				}
			}
		}
	}
}

// What is not sound, and what is not read, is an error that says so.
func TestErrors(t *testing.T) {
	grey := flat(20, 20, -1, false, plane{1, 1, 1, 90})
	three := func(h, v int) []byte {
		return flat(20, 20, -1, false, plane{1, 2, 2, 90}, plane{2, h, v, 90}, plane{3, 1, 1, 90})
	}
	change := func(text []byte, marker byte, at int, to ...byte) []byte {
		out := bytes.Clone(text)
		copy(out[bytes.Index(out, []byte{0xff, marker})+at:], to)
		return out
	}
	cut := func(text []byte, marker byte) []byte {
		return bytes.Clone(text[:bytes.Index(text, []byte{0xff, marker})])
	}
	from := func(text []byte, marker byte) []byte { return text[bytes.Index(text, []byte{0xff, marker}):] }
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"empty":          {nil, "unexpected EOF"},
		"another format": {[]byte("\x89PNG\r\n"), "no JPEG"},
		"no frame":       {append(cut(grey, sof0), 0xff, eoi), "without a frame"},
		"scan first":     {append(cut(grey, sof0), 0xff, sos), "without a frame"},
		"arithmetic":     {change(grey, sof0, 1, 0xc9), "arithmetic codes"},
		"lossless":       {change(grey, sof0, 1, 0xc3), "lossless"},
		"12 bits":        {change(grey, sof0, 4, 12), "12 bits a sample, expected 8"},
		"no height":      {change(grey, sof0, 5, 0, 0), "20×0 pixels"},
		"two components": {flat(9, 9, -1, false, plane{1, 1, 1, 9}, plane{2, 1, 1, 9}), "2 components, expected 1, 3 or 4"},
		"fraction": {flat(9, 9, -1, false, plane{1, 3, 1, 9}, plane{2, 2, 1, 9}, plane{3, 1, 1, 9}),
			"sampling 2×1, which does not divide the largest, 3×1"},
		"factor of 0":       {three(0, 1), "sampling 0×1"},
		"factor of 5":       {three(1, 5), "sampling 1×5"},
		"same identifiers":  {flat(9, 9, -1, false, plane{1, 1, 1, 9}, plane{1, 1, 1, 9}, plane{3, 1, 1, 9}), "two components are called 1"},
		"too many blocks":   {flat(9, 9, -1, false, plane{1, 3, 3, 9}, plane{2, 1, 1, 9}, plane{3, 1, 1, 9}), "11 blocks"},
		"second frame":      {append(cut(grey, dht), from(grey, sof0)...), "a second frame"},
		"no codes":          {append(cut(grey, dht), from(grey, sos)...), "Huffman codes is missing"},
		"codes that are no": {change(grey, dht, 5, 3), "invalid table of Huffman codes"},
		"other component":   {change(grey, sos, 5, 7), "the component 7"},
		"cut in the scan":   {grey[:len(grey)-4], "unexpected EOF"},
		"end in the scan":   {append(bytes.Clone(grey[:len(grey)-4]), 0xff, eoi), "ends before the image does"},
		"marker in it":      {append(bytes.Clone(grey[:len(grey)-4]), 0xff, 0x5a, 0, 0, 0), "ends before the image does: the marker 0x5a is met"},
		"0xff in it":        {append(bytes.Clone(grey[:len(grey)-4]), 0xff, 0xff, 0, 0, 0, 0, 0, 0), "0xff is followed by 0xff"},
		"no end":            {grey[:len(grey)-2], "unexpected EOF"},
	} {
		_, err := decode(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	if err := new(Decoder).Check(bytes.NewReader(grey), 21, 20); err == nil || err.Error() != "20×20 pixels, but 21×20 before" {
		t.Errorf("another size: %v", err)
	}
	many := append(cut(grey, eoi), bytes.Repeat(from(grey[:len(grey)-2], sos), maxScans)...)
	if _, err := decode(append(many, 0xff, eoi)); err == nil || !strings.Contains(err.Error(), "more than 500 scans") {
		t.Errorf("many scans: %v", err)
	}
}

// The bytes may come in any portions, and a failing reader's error is passed on.
func TestReaders(t *testing.T) {
	text := made(100, 60, 80)
	want, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	var d Decoder
	got := make([]uint8, len(want))
	for name, r := range map[string]io.Reader{
		"single bytes": iotest.OneByteReader(bytes.NewReader(text)),
		"late error":   iotest.DataErrReader(bytes.NewReader(text)),
		"halves":       iotest.HalfReader(bytes.NewReader(text)),
		"after an end": bytes.NewReader(append(bytes.Clone(text), 0xff, soi, 1, 2, 3)),
	} {
		clear(got)
		if err := d.Decode(got, r, 100, 60, image.Rect(0, 0, 100, 60)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.Check(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(text))), 100, 60); err != iotest.ErrTimeout {
		t.Errorf("error %v", err)
	}
	if n := testing.AllocsPerRun(5, func() { d.Decode(got, bytes.NewReader(text), 100, 60, image.Rect(0, 0, 100, 60)) }); n > 60 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzDecode: nothing panics, and what is checked as sound is decoded, wholly and in part.
func FuzzDecode(f *testing.F) {
	f.Add(made(33, 20, 50))
	f.Add(made(16, 16, 5))
	f.Add(flat(17, 9, -1, false, plane{1, 2, 2, 90}, plane{2, 1, 1, 20}, plane{3, 1, 2, 200}))
	f.Add(flat(9, 17, 2, false, plane{1, 1, 1, 90}, plane{2, 1, 1, 20}, plane{3, 1, 1, 200}, plane{4, 1, 1, 100}))
	for _, text := range progressive {
		f.Add([]byte(text))
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, text []byte) {
		w, h, err := Size(bytes.NewReader(text))
		if err != nil || w*h > 1<<16 {
			return
		}
		err = d.Check(bytes.NewReader(text), w, h)
		pixels := make([]uint8, 3*w*h)
		if err2 := d.Decode(pixels, bytes.NewReader(text), w, h, image.Rect(0, 0, w, h)); err == nil && err2 != nil {
			t.Fatalf("checked, but %v", err2)
		}
		part := image.Rect(w/3, h/3, (w+1)/2, (h+1)/2)
		if err2 := d.Decode(pixels, bytes.NewReader(text), w, h, part); err == nil && err2 != nil {
			t.Fatalf("checked, but of a part %v", err2)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("an error of several lines: %q", err)
		}
	})
}
