package ce

import (
	"fmt"
	"math"

	"cenet/nn/kernel/elementary"
)

// Branch says which of the block's two branches take part.
type Branch string

const (
	Both        Branch = "ce" // λ·BD + (1−λ)·IR
	Decorrelate Branch = "bd" // batch decorrelation alone, λ ≡ 1
	Reweight    Branch = "ir" // instance reweighting alone, λ ≡ 0
)

// Average says of which matrix inference keeps the running average.
type Average string

const (
	AverageRoot       Average = "p"     // of the matrix that is applied, P_T (times tr(Σ)^{-1/2} with Rescale)
	AverageCovariance Average = "sigma" // of Σ; the iteration then runs once when evaluation begins
)

// Variance says how instance reweighting measures the variance of a channel within an image.
type Variance string

const (
	Unbiased Variance = "unbiased" // of x̃ over H·W, divided by H·W−1: refuses images of one pixel
	Biased   Variance = "biased"   // of x̃ over H·W, divided by H·W
	Ratio    Variance = "ratio"    // γ²·σ²_IN/σ²_BN of the BatchNorm before the block: Biased but for that BatchNorm's ε
)

// Options of a block. Each field is one row of the table in the package comment, where the paper and the authors'
// released code may differ; Official and Paper are the two presets. Tags describe the settings of an experiment's file.
type Options struct {
	Branch Branch // which of the branches take part

	// Group is halved until it divides C. All channels in one group are refused above MaxWholeGroup.
	Group     int `toml:"group" range:"[0,4096]" needs:"model.block=ce|bd" doc:"channels in a group that is decorrelated; 0: all"`
	StemGroup int `toml:"stem_group" range:"[0,4096]" needs:"model.block=ce|bd" doc:"the same after the stem"`
	// Epsilon is ε, Steps T.
	Epsilon float64 `toml:"epsilon" range:"(0,1]" needs:"model.block=ce|bd" doc:"added to the diagonal of the covariance"`
	Steps   int     `toml:"steps" range:"[0,50]" needs:"model.block=ce|bd" doc:"steps of Newton's iteration"`
	// Rescale applies P_T·tr(Σ)^{-1/2} ≈ Σ^{-1/2}, not P_T ≈ (Σ/tr Σ)^{-1/2}; Centre P(x̃−μ), not P·x̃.
	Rescale bool     `toml:"rescale" needs:"model.block=ce|bd" doc:"undo the normalisation of the trace"`
	Centre  bool     `toml:"centre" needs:"model.block=ce|bd" doc:"subtract the mean before decorrelating"`
	_       struct{} `doc:"the matrix whose running average serves inference: the one applied, or the covariance"`
	Average Average  `toml:"average" choices:"p sigma" needs:"model.block=ce|bd"`

	_        struct{} `doc:"how the variance within an image is measured"`
	Variance Variance `toml:"variance" choices:"unbiased biased ratio" needs:"model.block=ce|ir"`
	// Reduction is r: the hidden layer of IR has max(1, C/r) units. LayerNorm comes before its ReLU.
	_           struct{} `doc:"channels for each hidden unit of the reweighting"`
	Reduction   int      `toml:"reduction" range:"[1,4096]" needs:"model.block=ce|ir"`
	LayerNorm   bool     `toml:"layer_norm" needs:"model.block=ce|ir" doc:"normalise the hidden units"`
	DetachScale bool     `toml:"detach_scale" needs:"model.block=ce|ir" doc:"let no gradient through the scale s"`
	// CorrectBias divides the running s by 1−(1−Momentum)ᵏ after k steps.
	CorrectBias bool `toml:"correct_bias" needs:"model.block=ce|ir" doc:"correct the running s for its start at zero"`

	Momentum float64 `toml:"momentum" range:"(0,1]" needs:"model.block=ce|bd|ir" doc:"weight of the newest batch in the running averages"`
	// LearnLambda learns w of λ = sigmoid(w).
	LearnLambda bool    `toml:"learn_lambda" needs:"model.block=ce" doc:"learn the balance of the branches; else it stays"`
	Lambda      float64 `toml:"lambda" range:"[0,1]" needs:"model.block=ce" doc:"share of decorrelation at the start"`
}

// Official is the released module, whose numbers are the published ones; the default.
func Official() Options {
	return Options{
		Branch:      Both,
		Group:       16,
		StemGroup:   64,
		Epsilon:     1e-5,
		Steps:       3,
		Average:     AverageRoot,
		Variance:    Unbiased,
		Reduction:   4,
		LayerNorm:   true,
		Momentum:    0.1,
		LearnLambda: true,
		Lambda:      0.5,
	}
}

// Paper is the block by the formulas of the authors' presentation.
func Paper() Options {
	o := Official()
	o.Group, o.StemGroup = 0, 0
	o.Rescale = true
	o.Average = AverageCovariance
	o.Variance = Ratio
	o.CorrectBias = true
	return o
}

// Presets by name.
var Presets = map[string]func() Options{"official": Official, "paper": Paper}

// MaxWholeGroup is the number of channels up to which Group = 0 takes all of them as one group: the iteration costs
// g³ a step. A wider group has to be asked for by its size.
const MaxWholeGroup = 256

// Validate says what is wrong with the options, by the names they have in an experiment's file.
func (o Options) Validate() error {
	switch {
	case o.Branch != Both && o.Branch != Decorrelate && o.Branch != Reweight:
		return fmt.Errorf("ce: branch is %q, not %q, %q or %q", o.Branch, Both, Decorrelate, Reweight)
	case o.Group < 0:
		return fmt.Errorf("ce: group is %d, not a number of channels (0: all)", o.Group)
	case o.StemGroup < 0:
		return fmt.Errorf("ce: stem_group is %d, not a number of channels (0: all)", o.StemGroup)
	case !(o.Epsilon > 0) || math.IsInf(o.Epsilon, 1):
		return fmt.Errorf("ce: epsilon is %g, not positive", o.Epsilon)
	case o.Steps < 0 || o.Steps > MaxSteps:
		return fmt.Errorf("ce: steps is %d, not in 0..%d", o.Steps, MaxSteps)
	case o.Average != AverageRoot && o.Average != AverageCovariance:
		return fmt.Errorf("ce: average is %q, not %q or %q", o.Average, AverageRoot, AverageCovariance)
	case o.Variance != Unbiased && o.Variance != Biased && o.Variance != Ratio:
		return fmt.Errorf("ce: variance is %q, not %q, %q or %q", o.Variance, Unbiased, Biased, Ratio)
	case o.Reduction < 1:
		return fmt.Errorf("ce: reduction is %d, not positive", o.Reduction)
	case !(o.Momentum > 0 && o.Momentum <= 1):
		return fmt.Errorf("ce: momentum is %g, not in (0, 1]", o.Momentum)
	case o.LearnLambda && !(o.Lambda > 0 && o.Lambda < 1):
		return fmt.Errorf("ce: lambda is %g, but a learned λ = sigmoid(w) starts inside (0, 1)", o.Lambda)
	case !(o.Lambda >= 0 && o.Lambda <= 1):
		return fmt.Errorf("ce: lambda is %g, not in [0, 1]", o.Lambda)
	}
	return nil
}

// MaxSteps bounds Steps: the iteration has long converged by then.
const MaxSteps = 50

// GroupSize returns the size g of the groups into which the block cuts the given number of channels: Group, or StemGroup
// after the stem, halved until it divides them; all channels where that is 0, an error if they are more than
// MaxWholeGroup.
func (o Options) GroupSize(channels int, stem bool) (int, error) {
	g := o.Group
	if stem {
		g = o.StemGroup
	}
	if g == 0 {
		if channels > MaxWholeGroup {
			return 0, fmt.Errorf("ce: one group of all %d channels is refused above %d: set group", channels, MaxWholeGroup)
		}
		return channels, nil
	}
	for channels%g != 0 {
		g /= 2
	}
	return g, nil
}

// Hidden returns the width of the hidden layer of instance reweighting.
func (o Options) Hidden(channels int) int { return max(1, channels/o.Reduction) }

// decorrelates and reweights say which branches take part.
func (o Options) decorrelates() bool { return o.Branch != Reweight }
func (o Options) reweights() bool    { return o.Branch != Decorrelate }

// learns says whether the block has the parameter w.
func (o Options) learns() bool { return o.Branch == Both && o.LearnLambda }

// logit is the w for which sigmoid(w) = λ.
func (o Options) logit() float64 { return elementary.Log(o.Lambda / (1 - o.Lambda)) }
