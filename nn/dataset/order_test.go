package dataset

import (
	"slices"
	"testing"
)

// ordered returns the order of n images.
func ordered(n int, seed uint64, epoch int) []int {
	order := make([]int, n)
	Order(order, seed, epoch)
	return order
}

func TestOrder(t *testing.T) {
	const n = 1000
	if got, want := ordered(10, 7, 3), []int{9, 3, 2, 4, 6, 1, 8, 0, 7, 5}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	first := ordered(n, 3, 0)
	sorted := slices.Sorted(slices.Values(first))
	for i, v := range sorted {
		if v != i {
			t.Fatalf("no permutation: %d at %d", v, i)
		}
	}
	into := slices.Repeat([]int{-1}, n)
	Order(into, 3, 0)
	if !slices.Equal(into, first) {
		t.Error("what the slice held changes the order")
	}
	if slices.Equal(ordered(n, 3, 1), first) || slices.Equal(ordered(n, 4, 0), first) {
		t.Error("another epoch or seed gives the same order")
	}
	if len(ordered(0, 3, 0)) != 0 {
		t.Error("an order of nothing")
	}
	if a := testing.AllocsPerRun(10, func() { Order(into, 3, 7) }); a != 0 {
		t.Errorf("Order allocates %v times", a)
	}
}
