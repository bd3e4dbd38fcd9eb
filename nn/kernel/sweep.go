package kernel

//go:generate go run -C gen ./channels -out ../channels_amd64.s -stubs ../stubs_channels_amd64.go -pkg kernel -calls ../calls_amd64.go -arm64 ..

// A sweep is one call of a kernel that runs once over matrices of the same shape, row by row, in vectors across their columns.
// What it does to an element is in the kernel's comment, where a, b and c are the element in each of the matrices, p, q, r,
// s and t the entries of its column in the vectors of parameters, S and T its column's sums, and u, v and w numbers.
//
// Columns never meet: an entry of S or T is summed over the rows in their order.
type sweep struct {
	a, b, c       *float32
	p, q, r, s, t *float32
	S, T          *float32
	u, v, w       float32
	rows, cols    int
	step          int // bytes from a row to the next
}
