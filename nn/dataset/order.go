package dataset

import "cenet/nn/stream"

// Order is the order of the images in an epoch (counted from 0): a permutation of 0 … n−1 that depends on seed and
// epoch alone.
func Order(n int, seed uint64, epoch int) []int {
	order := make([]int, n)
	OrderInto(order, seed, epoch)
	return order
}

// OrderInto writes Order(len(order), seed, epoch) into order, whatever that held. It allocates nothing.
func OrderInto(order []int, seed uint64, epoch int) {
	for i := range order {
		order[i] = i
	}
	// Fisher and Yates' shuffle.
	random := stream.New(seed, "order", uint64(epoch))
	for i := len(order) - 1; i > 0; i-- {
		j := random.IntN(i + 1)
		order[i], order[j] = order[j], order[i]
	}
}
