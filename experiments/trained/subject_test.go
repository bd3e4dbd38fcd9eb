package trained

import (
	"slices"
	"testing"

	"cenet/experiments/spectest"
)

// A check looks at the networks of its seeds that the experiment has; if the experiment has none of them, it gets all.
func TestSelectSeeds(t *testing.T) {
	for _, test := range []struct{ has, asked, want []int }{
		{[]int{1, 2, 3}, []int{2, 3, 4}, []int{2, 3}},
		{[]int{1, 2, 3}, []int{1, 2, 3, 4}, []int{1, 2, 3}},
		{[]int{1, 2}, []int{7, 8}, []int{7, 8}},
	} {
		s := spectest.Load(t, spectest.Names(), map[string]any{"seeds": test.has})
		if err := selectSeeds(s, test.asked); err != nil || !slices.Equal(s.Seeds, test.want) {
			t.Errorf("of %v with %v: %v, %v; want %v", test.has, test.asked, s.Seeds, err, test.want)
		}
	}
}
