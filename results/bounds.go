package results

// Bound is the end of an axis.
func Bound(v float64) *float64 { return &v }

// Grid is n points from a to b.
func Grid(a, b float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = a + (b-a)*float64(i)/float64(n-1)
	}
	return x
}
