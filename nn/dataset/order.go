package dataset

import "cenet/nn/stream"

// Order fills order with the order of the images in an epoch (counted from 0): a permutation of 0 … len(order)−1 that depends on seed and
// epoch alone. It allocates nothing.
func Order(order []int, seed uint64, epoch int) {
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
