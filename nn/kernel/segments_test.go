package kernel

import "testing"

// Segments cover all pixels of all images, in order, none across two images, and At finds each by its first pixel.
func TestSegments(t *testing.T) {
	for _, x := range []struct{ n, pixels, c, perImage int }{
		{1, 1, 1, 1}, {3, 1, 1 << 15, 1}, {2, 16, 512, 1}, {3, 49, 2048, 7}, {2, 3136, 64, 13}, {5, 7, 1 << 14, 7}, {2, 100, 1 << 13, 50},
	} {
		s := ImageSegments(x.n, x.pixels, x.c)
		if s.PerImage() != x.perImage {
			t.Errorf("%v: %d segments an image", x, s.PerImage())
		}
		at := 0
		for part := range s.Count() {
			lo, hi := s.Range(part)
			if lo != at || hi <= lo || lo/x.pixels != (hi-1)/x.pixels || (hi-lo)*x.c > max(1<<14, x.c) || s.At(lo) != part {
				t.Errorf("%v: segment %d of %d has the pixels %d to %d, %d expected; At says %d", x, part, s.Count(), lo, hi, at, s.At(lo))
			}
			at = hi
		}
		if at != x.n*x.pixels {
			t.Errorf("%v: segments end at %d", x, at)
		}
	}
}
