//go:build opencl

package opencl

import (
	"math/rand/v2"
	"testing"
)

// Objects in use at the same time never overlap, and little is wasted.
func TestPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var list []*object
		for i := range 200 {
			first := i
			if i%2 == 1 {
				first = r.IntN(200)
			}
			list = append(list, &object{n: 1 + r.IntN(10000), first: first, last: first + r.IntN(60)})
		}
		sizes, used := place(list, 100000)
		total := 0
		for a, n := range sizes {
			if n > 100000 {
				t.Errorf("arena %d has %d entries", a, n)
			}
			total += n
		}
		if float64(total) > 1.3*float64(used) {
			t.Errorf("%d entries are reserved for %d", total, used)
		}
		for i, o := range list {
			for _, p := range list[:i] {
				if o.arena == p.arena && o.first <= p.last && p.first <= o.last && o.at < p.at+p.n && p.at < o.at+o.n {
					t.Fatalf("%+v and %+v overlap", *o, *p)
				}
			}
		}
	}
}
