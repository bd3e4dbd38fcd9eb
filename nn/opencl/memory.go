//go:build opencl

package opencl

import "sort"

// place gives every object a place in one of several arenas of at most the given number of entries, so that objects in use at the same time
// do not overlap: the largest first, each at the lowest place that is free. It returns the arenas' sizes and the largest number of entries
// in use at one time, which no placement can do without.
func place(objects []*object, most int) (sizes []int, used int) {
	order := make([]*object, len(objects))
	copy(order, objects)
	sort.SliceStable(order, func(i, j int) bool { return order[i].n > order[j].n })
	var arenas [][]*object // by place
	for _, o := range order {
		n := align(o.n)
		for a := 0; ; a++ {
			if a == len(arenas) {
				arenas = append(arenas, nil)
				sizes = append(sizes, 0)
			}
			at := 0
			for _, p := range arenas[a] {
				if p.last < o.first || o.last < p.first {
					continue
				}
				if p.at-at >= n {
					break
				}
				at = max(at, p.at+align(p.n))
			}
			if at > 0 && at+n > most {
				continue
			}
			o.arena, o.at = a, at
			i := sort.Search(len(arenas[a]), func(i int) bool { return arenas[a][i].at > at })
			arenas[a] = append(arenas[a], nil)
			copy(arenas[a][i+1:], arenas[a][i:])
			arenas[a][i] = o
			sizes[a] = max(sizes[a], at+n)
			break
		}
	}
	change := map[int]int{}
	for _, o := range objects {
		change[o.first] += align(o.n)
		change[o.last+1] -= align(o.n)
	}
	var clocks []int
	for c := range change {
		clocks = append(clocks, c)
	}
	sort.Ints(clocks)
	now := 0
	for _, c := range clocks {
		now += change[c]
		used = max(used, now)
	}
	return sizes, used
}

func align(n int) int { return (n + granule - 1) / granule * granule }
