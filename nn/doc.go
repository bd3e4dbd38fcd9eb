// Package nn is a small network library: layers with explicit forward and backward passes, planned memory, and
// parallelism that gives the same bits for any number of workers.
//
// # From a description to a network
//
// A constructor such as NewConv(b, path, …) asks the Builder b for parameters and returns a Layer. Builder.Build then
// plans: it hands every layer the shape of its input, each reserves what memory it needs and for how long, and all of it is
// cut from one slab, with one more slab each for parameters, their gradients and the running statistics. From then on a
// step allocates nothing.
//
// # Blocks from operations
//
// Compose makes a layer of a function that lists its operations (Ops): sums and means, products, sigmoids, small convolutions. Its passes,
// its gradients and its parts on a device follow from the list. ExampleCompose is a block in ten lines, and package block has larger ones.
// A layer by hand is for what the operations lack, or for speed.
//
// # Passes over memory
//
// A step of a small network is bound by memory as much as by arithmetic. A rectifier and a residual sum run in the pass of the layer
// before them (Epilogue). What batch normalisation makes is computed by the layer that reads it, its gradient by the convolution before
// it, and its statistics are taken by the layers that write what they are of, each while some images are in cache (fusion.go).
//
// # Layout
//
// Activations are N, H, W, C (images, rows, columns, channels), row-major: element (n, h, w, c) is at
// ((n·H + h)·W + w)·C + c. All arithmetic is done by package kernel.
package nn
