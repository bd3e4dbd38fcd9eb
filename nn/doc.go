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
// # Layout
//
// Activations are N, H, W, C (pictures, rows, columns, channels), row-major: element (n, h, w, c) stands at
// ((n·H + h)·W + w)·C + c. All arithmetic is done by package kernel.
package nn
