// Package graph says what a network computes, as a list of operations on values of known shapes, so that something other
// than the layers of package nn can compute it: a float64 interpreter that layers and devices are checked against, and devices.
//
// # Values
//
// A Value is the number of an entry of Graph.Values. Activations are N×H×W×C float32, row-major, N being the batch the network was
// built for; with fewer images n, an activation has n in the place of N. Statistics (Info.Statistic) are of the whole batch and in
// float64: the mean and the covariance of channels, the matrix of Newton's iteration, λ, s. Fixed values (Info.Fixed) are made of
// parameters alone, in float32, and are the same for all images. Every value but the input is written by
// exactly one operation and may be read by several, all of them after it in Graph.Ops: running Ops in order is the forward pass,
// running the reverse of each in the opposite order the backward pass. The gradient of a value that several operations read is the
// sum of what they contribute.
//
// # Slabs
//
// Parameters are one slab of Graph.ParamLen floats, gradients another of the same layout, and buffers (running averages) a third of
// Graph.BufferLen floats. Param and Buffer number the entries of Graph.Params and Graph.Buffers, whose Offset and Len say where in
// the slab they lie; gaps between them are 0 and stay so. The first Graph.Decayed floats of the parameters are those with weight
// decay. The optimizer's velocity has the layout of the parameters, and is two arrays on the host: of the first Decayed floats, and
// of the rest. The slabs are those of the nn.Network that the graph was lowered from.
//
// # Passes
//
// In training, operations take the statistics of the batch and move buffers; in evaluation they read the buffers. What each computes
// and how it is reversed is said at its type; the bits are those of the kernels in nn/kernel named there. Gradients of
// parameters are added to what the slab holds. A RunningAverage does not read its X in evaluation, so what is computed for it alone is not
// needed there. Operations have no epilogues: an executor fuses what it likes (a Clamp or an Add after a BatchNorm, a BatchNorm
// after a convolution in evaluation).
//
// # Sums
//
// A sum over rows (the pixels of all images) is cut: chunks of consecutive rows are summed in order, each from 0, and the chunks' sums
// added in order. A Cut says how. With other cuts the result is the same but for rounding; with the cut given, it has the bits of the
// CPU's fused passes.
//
// # The block of Channel Equilibrium
//
// It is made of Covariance, Newton, RunningAverage, Variance, Linear, LayerNorm, Clamp, Sigmoid, RootMean, Lambda and Mix. Mix.Parts names
// the others, so that an executor may compute the block as package ce does, in two passes over the images forward and two back: measure
// (Covariance and Variance), apply (Mix); correlate (the reverse of Mix but for X), apply (the gradient of X through Mix, Covariance and
// Variance at once, M_n·dy + Q·x + τ(x−m) + constant).
package graph
