package dataset

import (
	"slices"
	"testing"
)

func TestOrder(t *testing.T) {
	const n = 1000
	if got, want := Order(10, 7, 3), []int{9, 3, 2, 4, 6, 1, 8, 0, 7, 5}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	first := Order(n, 3, 0)
	sorted := slices.Sorted(slices.Values(first))
	for i, v := range sorted {
		if v != i {
			t.Fatalf("no permutation: %d at %d", v, i)
		}
	}
	into := slices.Repeat([]int{-1}, n)
	OrderInto(into, 3, 0)
	if !slices.Equal(into, first) {
		t.Error("OrderInto differs from Order")
	}
	if slices.Equal(Order(n, 3, 1), first) || slices.Equal(Order(n, 4, 0), first) {
		t.Error("another epoch or seed gives the same order")
	}
	if len(Order(0, 3, 0)) != 0 {
		t.Error("an order of nothing")
	}
	if a := testing.AllocsPerRun(10, func() { OrderInto(into, 3, 7) }); a != 0 {
		t.Errorf("OrderInto allocates %v times", a)
	}
}
