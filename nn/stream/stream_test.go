package stream

import (
	"math/rand/v2"
	"slices"
	"testing"
)

var _ rand.Source = (*Stream)(nil)

// Pinned values, computed apart from the definition: records of other days and machines rest on them.
func TestStreamPinned(t *testing.T) {
	s := New(7, "augment", 3, 12345)
	got := []uint64{s.Uint64(), s.Uint64(), uint64(s.IntN(1000)), uint64(s.IntN(1 << 40))}
	if want := []uint64{0x1e77a6b6ad62247a, 0x9fd2d5398761a5b7, 0x260, 0x9a55f4445f}; !slices.Equal(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

// Every argument makes another stream, and no argument runs into its neighbour.
func TestStreamsDiffer(t *testing.T) {
	streams := []Stream{
		New(1, "a"), New(2, "a"), New(1, "b"), New(1, "ab"), New(1, ""),
		New(1, "a", 0), New(1, "a", 1), New(1, "a", 0, 0), New(1, "a", 0, 1), New(1, "a", 1, 0),
		New(1, "a\x00\x00\x00\x00\x00\x00\x00\x00"),
	}
	seen := map[uint64]int{}
	for i := range streams {
		v := streams[i].Uint64()
		if j, ok := seen[v]; ok {
			t.Errorf("streams %d and %d are the same", i, j)
		}
		seen[v] = i
	}
}

// IntN's results are equally frequent: χ² of 7 values, 6 degrees of freedom, of which 22.5 has probability 0.001. The
// numbers are fixed, so the test passes always or never.
func TestIntNUniform(t *testing.T) {
	const values, draws = 7, 70000
	var counts [values]int
	for i := range draws {
		s := New(5, "uniform", uint64(i)) // a stream each: this also tests the seeding
		counts[s.IntN(values)]++
	}
	chi2 := 0.0
	for _, c := range counts {
		d := float64(c) - draws/values
		chi2 += d * d / (draws / values)
	}
	if chi2 > 22.5 {
		t.Errorf("χ² = %.1f, counts %v", chi2, counts)
	}
	s := New(1, "one")
	if s.IntN(1) != 0 {
		t.Error("IntN(1) is not 0")
	}
	defer func() {
		if recover() == nil {
			t.Error("IntN(0) does not panic")
		}
	}()
	s.IntN(0)
}
