// Package ce is the Channel Equilibrium block of Shao, Tang, Pan, Tan, Wang and Luo, "Channel Equilibrium Networks for
// Learning Deep Representation" (ICML 2020): a layer between BatchNorm and ReLU that decorrelates channels, so that none
// of them is inhibited.
//
// # Equations
//
// x̃ = γx̄ + β is the output of a BatchNorm for N images of H×W pixels with C channels: M = N·H·W samples of each channel.
// The C channels are cut into groups of g; (1) to (5) hold for each group by itself, x̃ being a vector of g channels.
//
// Batch decorrelation (BD):
//
//	(1)  μ   = (1/M) Σ x̃
//	(2)  Σ   = (1/M) Σ (x̃−μ)(x̃−μ)ᵀ + εI                    = γγᵀ ⊙ (1/M) Σ x̄x̄ᵀ + εI
//	(3)  Σ_N = Σ / tr(Σ)
//	(4)  P₀ = I,  P_k = ½(3P_{k−1} − P_{k−1}³ Σ_N),  k = 1..T    P_T → Σ_N^{-1/2}
//	(5)  BD(x̃) = P_T x̃
//
// Instance reweighting (IR), for image n and channel c:
//
//	(6)  v[n,c] = variance of x̃[n,·,·,c] over H·W             = γ_c² (σ²_IN)[n,c] / (σ²_BN)[c]
//	(7)  a[n]   = sigmoid(W₂ · ReLU(LayerNorm(W₁ v[n])))
//	(8)  s      = √(mean of v over n and c)
//	(9)  IR(x̃) = (a[n]/s) ⊙ x̃
//
// The block:
//
//	(10) CE(x̃) = λ BD(x̃) + (1−λ) IR(x̃),  λ = sigmoid(w)
//	(11) CE(x̃) = M_n x̃,  M_n = λ P_T + (1−λ) Diag(a[n]/s)
//
// (11) is (10) as one matrix for each image and group, and how the layer computes it: the input is read once.
//
// In evaluation P_T and s are replaced by running averages; a is that of the image. The gradient runs through μ, Σ, the
// trace, every step of the iteration, v and s.
//
// # Symbols
//
//	C, N, H, W   channels, x.N, x.H, x.W        g      Options.Group, StemGroup; Options.GroupSize
//	ε, T         Options.Epsilon, Steps         r      Options.Reduction, with C/r hidden units of IR
//	λ, w         Options.Lambda; parameter lambda
//	W₁, W₂       parameters w1 (C/r, C), w2 (C, C/r)
//	LayerNorm    parameters ln/gamma, ln/beta
//	running P    buffer running_p (C/g, g, g)   running μ, s   buffers running_mean, running_scale
//
// # Where the released code and the paper differ
//
// The authors' presentation of the paper gives formulas, their released code the published numbers. Of the two presets
// each follows one of them, and each difference is an option of its own:
//
//	                                        Official             Paper
//	Group, StemGroup                        16, 64 at the stem   all channels (refused above 256 unless set)
//	Rescale    P_T·tr(Σ)^{-1/2} ≈ Σ^{-1/2}  no                   yes
//	Centre     x̃−μ is whitened              no                   no
//	Epsilon                                 1e-5                 1e-5
//	Steps                                   3                    3
//	Average    kept for inference           P_T                  Σ, iterated once when evaluation begins
//	Variance   (6)                          unbiased, of x̃       biased, by γ²·σ²_IN/σ²_BN
//	Reduction, LayerNorm  hidden layer (7)  C/4, yes             C/4, yes
//	DetachScale  no gradient through (8)    no                   no
//	CorrectBias  of the running s           no, starts at 0      yes
//
// Branch leaves one branch alone (the ablations bd, λ ≡ 1, and ir, λ ≡ 0); LearnLambda fixes λ.
//
// Beyond both: where s would be 0 or nearly so — images that are constant in every channel, a BatchNorm whose γ is zero,
// a running s before its first step — it is treated as the constant 1, and the hidden layer has at least one unit. A
// block whose unbiased variance would be 0/0 (H·W = 1) is refused when the network is planned. So inputs whose squares are
// finite give finite outputs and gradients.
//
// With Ratio, (6) is evaluated as the biased variance of x̃ times (σ²_BN+ε)/σ²_BN, ε that of the BatchNorm, and that factor,
// which is 1 but for channels of almost no variance, is held constant in the backward pass.
//
// # Files
//
//	options.go       the options and the presets
//	oracle_test.go   the whole block in float64, as it is written above: what the tests compare with
//	block.go         the block in float32: (10) and (11), forward and back
//	decorrelation.go (1), (2), (3), (5) and their reverse
//	newton.go        (4) and its reverse
//	reweighting.go   (6) to (9) and their reverse
//	images.go      how images are cut into parts for workers
//	layer.go         the block as a layer of a network: parameters, planning; memory.go what it reserves
//	statistics.go    what can be asked of a block after a pass
package ce
