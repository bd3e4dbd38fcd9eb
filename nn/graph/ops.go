package graph

// In the comments dX is the gradient of X. Where nothing is said of the reverse, it is what the definition gives.

// Conv is a 2-D convolution of square windows without bias: Weight is (kH, kW, In/Groups, Out). With Groups = In = Out > 1 it is
// depthwise. kernel.Conv, or kernel.Depthwise and its kin.
type Conv struct {
	X, Y                Value
	Weight              Param
	Kernel, Stride, Pad int
	Groups              int
}

// Depthwise tells whether every channel has a window of its own.
func (o *Conv) Depthwise(in, out int) bool { return o.Groups == in && in == out && o.Groups > 1 }

// Bias adds Bias (C) to every pixel. Its gradient is summed over rows by Cut.
type Bias struct {
	X, Y Value
	Bias Param
	Cut  Cut
}

// Linear is Y = X·W + Bias on images of one pixel: Weight is (in, out), or (out, in) where Transposed. Bias (out) may be None; its
// gradient is summed over the images in order.
type Linear struct {
	X, Y         Value
	Weight, Bias Param
	Transposed   bool
}

// BatchNorm is Y = γ(X−μ)/√(σ²+ε) + β by channel over all rows. In training μ and the biased σ² are those of the batch, and Mean and
// Variance move by Momentum towards μ and the unbiased variance (rows/(rows−1)·σ², σ² itself of one row); in evaluation μ and σ² are
// Mean and Variance. Moments (kernel.Moments of a chunk, kernel.CombineMoments) and the sums of the reverse are taken by Cut.
type BatchNorm struct {
	X, Y              Value
	Gamma, Beta       Param
	Mean, Variance    Buffer
	Epsilon, Momentum float32
	Cut               Cut
}

// GroupNorm normalises Groups groups of neighbouring channels over the pixels of each image, then scales and shifts by channel, in
// training and evaluation alike. kernel.GroupNorm.
type GroupNorm struct {
	X, Y        Value
	Gamma, Beta Param
	Groups      int
	Epsilon     float64
}

// LayerNorm normalises the channels of every pixel, then scales and shifts by channel. kernel.LayerNorm.
type LayerNorm struct {
	X, Y        Value
	Gamma, Beta Param
	Epsilon     float64
}

// Clamp is min(max(X, 0), Ceiling); the ceiling of ReLU is +Inf. The gradient passes where 0 < Y < Ceiling.
type Clamp struct {
	X, Y    Value
	Ceiling float32
}

// Leaky is X where X > 0, else Slope·X.
type Leaky struct {
	X, Y  Value
	Slope float32
}

// ELU is X where X > 0, else Alpha·(exp(X)−1).
type ELU struct {
	X, Y  Value
	Alpha float32
}

// ChannelConv convolves the channels of each image of one pixel with Weight (1, 1, k), k odd, zeros standing beyond both ends.
// kernel.ChannelConv.
type ChannelConv struct {
	X, Y   Value
	Weight Param
}

// Sigmoid is 1/(1+exp(−X)). kernel.Sigmoid.
type Sigmoid struct{ X, Y Value }

// Add is A + B.
type Add struct{ A, B, Y Value }

// MaxPool takes the largest of each window, in which padding does not take part. The gradient goes to the first largest one in the
// order of rows and columns; a NaN is larger than all, and the last of them is taken.
type MaxPool struct {
	X, Y              Value
	Size, Stride, Pad int
}

// AvgPool takes the mean of each window, in which padding counts as 0.
type AvgPool struct {
	X, Y              Value
	Size, Stride, Pad int
}

// GlobalPool takes the mean of each channel over the image: Y is (N, 1, 1, C). kernel.MeanRows, kernel.SpreadMean.
type GlobalPool struct{ X, Y Value }

// Dropout multiplies, in training, each element by 0 with probability P and else by float32(1/(1−P)). Image n takes one Float64 of
// stream.New(seed, Path, step, n) for each element in order; an element is dropped where that is below P. Nothing is dropped, and the
// factor is 1, where randomness is off. In evaluation Y is X.
type Dropout struct {
	X, Y Value
	P    float64
	Path string
}

// Scale is Y[n,·,c] = X[n,·,c]·A[n,c], A being (N, 1, 1, C).
type Scale struct{ X, A, Y Value }

// Slice is the channels of X from First on, as many as Y has.
type Slice struct {
	X, Y  Value
	First int
}

// Interleave is A₀ B₀ A₁ B₁ … by channel.
type Interleave struct{ A, B, Y Value }

// Flatten makes one pixel of an image, in the order of memory.
type Flatten struct{ X, Y Value }

// Covariance takes, of each group of G neighbouring channels over all rows, the mean μ, Mean (1, 1, 1, C), and Σ = mean of
// (x−μ)(x−μ)ᵀ + εI, Sigma (C/G, G, G, 1). In evaluation it is not computed: see Recall. Means and products are taken by Cut in float32
// (kernel.Scatter) and combined in float64 (kernel.CombineScatter). The reverse is dX = (2/rows)·dΣ(x−μ) + dμ/rows with a symmetric dΣ.
type Covariance struct {
	X           Value
	Mean, Sigma Value
	G           int
	Epsilon     float64
	Cut         Cut
}

// Newton is P_T of Sigma/tr(Sigma) for each of its matrices, with Rescale times tr(Sigma)^(−1/2): P₀ = I, P_k = ½(3P_{k−1} −
// P_{k−1}³Σ/tr Σ), T = Steps, computed in the coupled form of package ce. P has Sigma's shape.
type Newton struct {
	Sigma, P Value
	Steps    int
	Rescale  bool
}

// Recall is Y = X in training, where Buffer moves to (1−Momentum)·Buffer + Momentum·float32(X), and Weight, where it is not None,
// likewise towards 1; in evaluation Y is Buffer, divided by Weight where that is there and positive.
type Recall struct {
	X, Y           Value // statistics
	Buffer, Weight Buffer
	Momentum       float32
}

// Variance takes the variance of each channel within each image: V (N, 1, 1, C) = Σ(x−m)²/(pixels − 1), pixels where Biased; of one
// pixel it is 0. With
// Norm it is also multiplied by (σ²+ε)/σ² of that BatchNorm, 1 where σ² < 2⁻¹²⁶, a constant: σ² of the batch in training, Variance
// in evaluation. The reverse is dX = (2/divisor)·dV·(x−m). Moments are taken by Cut (kernel.Moments, kernel.CombineMoments).
type Variance struct {
	X, V   Value
	Biased bool
	Norm   *BatchNorm // or nil
	Cut    Cut
}

// RootMean is S = √(mean of V over all its elements), a statistic of one element, summed in float64 over chunks of 16 images, each by
// kernel.Total. Detached, V gets no gradient through it.
type RootMean struct {
	V, S     Value
	Detached bool
}

// Lambda is sigmoid(Param) in float64, a statistic of one element, or Constant where the parameter is None.
type Lambda struct {
	Y        Value
	Param    Param // (1)
	Constant float64
}

// Mix is Y[n] = λ·P(X[n] − Mean) + (1−λ)/s · A[n] ⊙ X[n] by groups of G channels: P (C/G, G, G, 1), Mean (1, 1, 1, C), A (N, 1, 1, C),
// S and Lambda of one element. P, A, Mean and S may be None; without P, λ is 0, without A it is 1, and Lambda None. s is S, and
// 1, a constant, where S < 1e-8. The gradient with respect to P is λ·Σ x·dyᵀ, taken by Cut.
type Mix struct {
	X, P, Mean, A, S, Lambda, Y Value
	G                           int
	Cut                         Cut
	Parts                       Parts
}

// Parts are the operations of the block of Channel Equilibrium that a Mix ends; those that are not there are nil.
type Parts struct {
	Covariance      *Covariance
	Newton          *Newton
	RecallMean      *Recall // of Covariance.Mean
	RecallMatrix    *Recall // of Newton.P, or of Covariance.Sigma
	Variance        *Variance
	Squeeze, Excite *Linear // both Transposed, without biases
	Norm            *LayerNorm
	RootMean        *RootMean
	RecallScale     *Recall
	Lambda          *Lambda
}

// MinScale is the smallest s that Mix divides by.
const MinScale = 1e-8
