package kernel

// A pairs is one call of a kernel that runs row by row between a matrix y of pairs and the matrices a and b of their first and
// second elements. All distances are in bytes.
type pairs struct {
	y, a, b             *float32
	rows, cols          int // cols pairs a row
	yStep, aStep, bStep int // from a row to the next
}
