package dataset

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
)

// reference is what FillOne is to write, pixel by pixel: the padded image, padded once more, cut, mirrored.
func reference(s *Set, norm Normalisation, pad, index int, v view) []float32 {
	h, w := s.Height+2*pad, s.Width+2*pad
	x := make([]float32, h*w*s.Channels)
	for r := range h {
		for q := range w {
			from := q
			if v.mirrored {
				from = w - 1 - q
			}
			sr, sq := r-pad-v.down, from-pad-v.right
			if sr < 0 || sr >= s.Height || sq < 0 || sq >= s.Width {
				continue
			}
			for c := range s.Channels {
				p := float64(s.Pixels[((index*s.Height+sr)*s.Width+sq)*s.Channels+c])
				x[(r*w+q)*s.Channels+c] = float32((p/255 - norm.Mean[c]) / norm.Std[c])
			}
		}
	}
	return x
}

func TestFill(t *testing.T) {
	for _, shape := range [][3]int{{5, 4, 1}, {3, 6, 3}, {1, 1, 2}} {
		for _, pad := range []int{0, 2} {
			for _, aug := range []*Augment{nil, {}, {Flip: true}, {Crop: 2}, {Crop: 9, Flip: true, Pad: pad}} {
				t.Run(fmt.Sprint(shape, pad, aug), func(t *testing.T) {
					s := madeSet(6, shape[0], shape[1], shape[2], 3)
					norm := s.Normalisation()
					b := NewBatcher(s, norm, pad)
					h, w, c := b.Shape()
					if h != shape[0]+2*pad || w != shape[1]+2*pad || c != shape[2] {
						t.Fatalf("shape %d×%d×%d", h, w, c)
					}
					size := h * w * c
					indices := []int{5, 0, 3, 3}
					nan := float32(math.NaN())
					x := slices.Repeat([]float32{nan}, (len(indices)+1)*size)
					y := []int{-1, -1, -1, -1, -1}
					for epoch := range 20 {
						b.Fill(x, y, indices, aug, 11, epoch)
						for i, index := range indices {
							var v view
							if aug != nil {
								v = aug.draw(11, epoch, index)
							}
							if !slices.Equal(x[i*size:(i+1)*size], reference(s, norm, pad, index, v)) {
								t.Fatalf("epoch %d, image %d, %+v differs", epoch, index, v)
							}
							if y[i] != index%3 {
								t.Fatalf("label %d of image %d", y[i], index)
							}
						}
					}
					if x[len(indices)*size] == x[len(indices)*size] || y[4] != -1 {
						t.Error("written after the batch")
					}
				})
			}
		}
	}
}

// Normalised by its own constants, a set has mean 0 and deviation 1.
func TestFillNormalises(t *testing.T) {
	s := madeSet(8, 4, 4, 1, 2)
	b := NewBatcher(s, s.Normalisation(), 0)
	x := make([]float32, 8*16)
	b.Fill(x, make([]int, 8), []int{0, 1, 2, 3, 4, 5, 6, 7}, nil, 0, 0)
	var sum, squares float64
	for _, v := range x {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	if n := float64(len(x)); math.Abs(sum/n) > 1e-6 || math.Abs(squares/n-1) > 1e-6 {
		t.Errorf("mean %g, mean square %g", sum/n, squares/n)
	}
}

// The same image comes out of any batch, alone, and from any goroutine.
func TestFillDoesNotDependOnBatch(t *testing.T) {
	s := madeSet(32, 6, 6, 3, 4)
	b := NewBatcher(s, s.Normalisation(), 1)
	aug := &Augment{Crop: 2, Flip: true}
	size := 8 * 8 * 3
	order := ordered(32, 9, 4)
	whole, parts := make([]float32, 32*size), make([]float32, 32*size)
	y, z := make([]int, 32), make([]int, 32)
	b.Fill(whole, y, order, aug, 9, 4)
	var group sync.WaitGroup
	for i, index := range order {
		group.Go(func() { z[i] = b.FillOne(parts[i*size:(i+1)*size], index, aug, 9, 4) })
	}
	group.Wait()
	if !slices.Equal(whole, parts) || !slices.Equal(y, z) {
		t.Error("an image depends on its batch")
	}
	b.Fill(parts, z, order, aug, 9, 5)
	if slices.Equal(whole, parts) {
		t.Error("two epochs are augmented alike")
	}
}

// Each shift and each side is drawn about as often as the others.
func TestAugmentDraw(t *testing.T) {
	aug := &Augment{Crop: 2, Flip: true}
	const draws = 50000
	counts := map[view]int{}
	for i := range draws {
		counts[aug.draw(3, i/1000, i%1000)]++
	}
	if len(counts) != 50 {
		t.Fatalf("%d views, want 5·5·2", len(counts))
	}
	for v, n := range counts {
		if math.Abs(float64(n)-1000) > 5*math.Sqrt(1000) {
			t.Errorf("%+v drawn %d times of %d", v, n, draws)
		}
	}
	// Without mirroring the shifts stay.
	plain, mirrored := (&Augment{Crop: 2}).draw(3, 0, 5), aug.draw(3, 0, 5)
	if mirrored.mirrored = false; plain != mirrored {
		t.Errorf("shifts %+v and %+v", plain, mirrored)
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	s := madeSet(16, 28, 28, 1, 10)
	b := NewBatcher(s, s.Normalisation(), 2)
	x, y, order := make([]float32, 16*32*32), make([]int, 16), ordered(16, 1, 1)
	aug := &Augment{Crop: 4, Flip: true}
	if a := testing.AllocsPerRun(10, func() { b.Fill(x, y, order, aug, 1, 2) }); a != 0 {
		t.Errorf("augmented: %v allocations", a)
	}
	if a := testing.AllocsPerRun(10, func() { b.Fill(x, y, order, nil, 0, 0) }); a != 0 {
		t.Errorf("as they are: %v allocations", a)
	}
}

func TestBatcherPanics(t *testing.T) {
	s := madeSet(4, 2, 2, 1, 2)
	norm := s.Normalisation()
	b := NewBatcher(s, norm, 1)
	x, y := make([]float32, 16), make([]int, 1)
	mustPanic(t, "negative padding", func() { NewBatcher(s, norm, -1) })
	mustPanic(t, "number of channels", func() { NewBatcher(s, Normalisation{}, 0) })
	mustPanic(t, "not positive", func() { NewBatcher(s, Normalisation{Mean: []float64{0}, Std: []float64{0}}, 0) })
	mustPanic(t, "out of range", func() { b.FillOne(x, 4, nil, 0, 0) })
	mustPanic(t, "too short", func() { b.FillOne(x[:15], 0, nil, 0, 0) })
	mustPanic(t, "too short", func() { b.Fill(x, y, []int{0, 1}, nil, 0, 0) })
	mustPanic(t, "negative crop", func() { b.FillOne(x, 0, &Augment{Crop: -1}, 0, 0) })
	mustPanic(t, "another padding", func() { b.FillOne(x, 0, &Augment{Pad: 2}, 0, 0) })
	mustPanic(t, "label", func() {
		NewBatcher(&Set{Height: 1, Width: 1, Channels: 1, Pixels: []uint8{0}, Labels: []int{1}, Classes: []string{"a"}}, norm, 0)
	})
	mustPanic(t, "differ in number", func() {
		NewBatcher(&Set{Height: 1, Width: 1, Channels: 1, Labels: []int{0}, Classes: []string{"a"}}, norm, 0)
	})
	mustPanic(t, "without pixels", func() { NewBatcher(&Set{}, norm, 0) })
}

func BenchmarkFillAugmented(b *testing.B) {
	s := madeSet(128, 32, 32, 3, 10)
	batcher := NewBatcher(s, s.Normalisation(), 0)
	x, y, order := make([]float32, 128*32*32*3), make([]int, 128), ordered(128, 1, 1)
	b.ReportAllocs()
	b.SetBytes(int64(len(s.Pixels)))
	for epoch := 0; b.Loop(); epoch++ {
		batcher.Fill(x, y, order, &Augment{Crop: 4, Flip: true}, 1, epoch)
	}
}
