package spec

import (
	"maps"
	"slices"

	"cenet/ce"
	"cenet/corrupt"
	"cenet/nn/dataset"
	"cenet/nn/model"
)

// The keys of an experiment's file, in the order in which documentation shows
// them. To add a setting, add a line here and a field in spec.go.

// specFields describe the experiment. They cannot be swept.
var specFields = append([]field[Spec]{
	{Setting: Setting{Key: "check", Kind: String, Otherwise: "trials are trained",
		Choices: func(n Names) []string { return n.Checks },
		Doc:     "what is checked; such a file has the settings of its check and no trials"},
		at: func(s *Spec) any { return &s.Checks }},
	{Setting: Setting{Key: "title", Kind: String, Required: true,
		Doc: "heading of the table; {images} stands for the name of the data set"},
		at: func(s *Spec) any { return &s.Title }},
	{Setting: Setting{Key: "about", Kind: String, Default: "",
		Doc: "what the experiment shows, in a paragraph"},
		at: func(s *Spec) any { return &s.About }},
	{Setting: Setting{Key: "fixed", Kind: String, Default: "",
		Doc: "what was fixed before the run, and by what: seeds, settings; not taken from an extended file, which speaks of its own"},
		at: func(s *Spec) any { return &s.Fixed }},
	{Setting: Setting{Key: "extends", Kind: String, Default: "",
		Doc: "experiment to begin from: all it says holds, unless this file says otherwise"},
		at: func(s *Spec) any { return &s.Extends }},
	{Setting: Setting{Key: "table", Kind: String, Default: "sweep", Choices: OneOf("blocks", "sweep"),
		Doc: "shape of the table: blocks side by side as in the paper, or a row for each combination"},
		at: func(s *Spec) any { return &s.Table }},
	{Setting: Setting{Key: "costs", Kind: Bool, Default: false,
		Doc: "measure the paper's own networks, too: GFLOPs, parameters, seconds; what the paper prints of these stands beside it"},
		at: func(s *Spec) any { return &s.Costs }},
	{Setting: Setting{Key: "seeds", Kind: Integers, Required: true, Range: From(0, Unlimited-1), Order: Distinct,
		Doc: "one trial of each combination for each seed"},
		at: func(s *Spec) any { return &s.Seeds }},
	{Setting: Setting{Key: "expect.baseline_top1", Kind: Float, Range: Above(0, 100),
		Otherwise: "nothing expected",
		Doc:       "Top-1 (%) of the baseline below which the networks are marked as under-trained"},
		at: func(s *Spec) any { return &s.Expect.BaselineTop1 }},
	{Setting: Setting{Key: "expect.minutes", Kind: Float, Range: Above(0, Unlimited),
		Otherwise: "not known",
		Doc:       "minutes that a run takes on two cores"},
		at: func(s *Spec) any { return &s.Expect.Minutes }},
	{Setting: Setting{Key: "expect.classes", Kind: Int, Range: AtLeast(1),
		Otherwise: "nothing expected",
		Doc:       "classes that the images should have; another number is reported before a run"},
		at: func(s *Spec) any { return &s.Expect.Classes }},
	{Setting: Setting{Key: "claims.over", Kind: String, Default: "",
		Doc: "swept setting along which the comparisons of blocks are cases of one claim, on their mean; none: each is a claim"},
		at: func(s *Spec) any { return &s.Claims.Over }},
	{Setting: Setting{Key: "claims.above", Kind: Float, Default: 0.0,
		Doc: "that mean is over the values of claims.over above it"},
		at: func(s *Spec) any { return &s.Claims.Above }},
	{Setting: Setting{Key: "claims.contrast", Kind: String, Default: "",
		Doc: "swept setting whose first value is compared with each other, seed by seed, in what differs in it alone; none: blocks alone are compared"},
		at: func(s *Spec) any { return &s.Claims.Contrast }},
}, topicFields...)

// topicFields place the experiment on the page of claims. A file that extends another has none of its own accord.
var topicFields = []field[Spec]{
	{Setting: Setting{Key: "topic.heading", Kind: String, Default: "",
		Doc: "heading on the page of claims, a question; none: the experiment is not on the page"},
		at: func(s *Spec) any { return &s.Topic.Heading }},
	{Setting: Setting{Key: "topic.rank", Kind: Int, Default: 1000, Range: AtLeast(0),
		Doc: "place on the page of claims, the lowest first"},
		at: func(s *Spec) any { return &s.Topic.Rank }},
	{Setting: Setting{Key: "topic.scale_of", Kind: String, Default: "",
		Doc: "experiment that tries the same claims at a smaller scale: what this one has measured counts, and not what that one has"},
		at: func(s *Spec) any { return &s.Topic.ScaleOf }},
	{Setting: Setting{Key: "topic.claims", Kind: String, Default: ClaimsOfOurs, Choices: OneOf(ClaimsOfAuthors, ClaimsOfOurs, NoClaims),
		Doc: "whose claims these are: the authors' are counted, ours are shown, and of none only a figure is"},
		at: func(s *Spec) any { return &s.Topic.Claims }},
}

// cellFields describe one [[paper]] table.
var cellFields = []field[Cell]{
	{Setting: Setting{Key: "model", Kind: String, Required: true, Choices: backbones,
		Doc: "backbone of the paper's network"},
		at: func(c *Cell) any { return &c.Model }},
	{Setting: Setting{Key: "block", Kind: String, Default: "none", Choices: blocks,
		Doc: "its channel block"},
		at: func(c *Cell) any { return &c.Block }},
	{Setting: Setting{Key: "top1", Kind: Float, Range: From(0, 100), Otherwise: "none given",
		Doc: "Top-1 accuracy (%)"},
		at: func(c *Cell) any { return &c.Top1 }},
	{Setting: Setting{Key: "top5", Kind: Float, Range: From(0, 100), Otherwise: "none given",
		Doc: "Top-5 accuracy (%)"},
		at: func(c *Cell) any { return &c.Top5 }},
	{Setting: Setting{Key: "gflops", Kind: Float, Range: Above(0, Unlimited), Otherwise: "none given",
		Doc: "billions of multiply-accumulates an image"},
		at: func(c *Cell) any { return &c.GFLOPs }},
	{Setting: Setting{Key: "cpu", Kind: Float, Range: Above(0, Unlimited), Otherwise: "none given",
		Doc: "seconds on a CPU"},
		at: func(c *Cell) any { return &c.CPU }},
	{Setting: Setting{Key: "gpu", Kind: Float, Range: Above(0, Unlimited), Otherwise: "none given",
		Doc: "seconds on a GPU"},
		at: func(c *Cell) any { return &c.GPU }},
}

// setupFields determine what a trial computes. Each can be swept.
var setupFields = []field[Setup]{
	{Setting: Setting{Key: "data.source", Kind: String, Required: true,
		Choices: func(n Names) []string { return n.Sources },
		Doc:     "where the images come from"},
		at: func(s *Setup) any { return &s.Data.Source }},
	{Setting: Setting{Key: "data.dir", Kind: String, Default: "", Local: true,
		Needs: "a data.source that reads a folder",
		Doc:   "folder of a source that reads one"},
		at: func(s *Setup) any { return &s.Data.Dir }},
	{Setting: Setting{Key: "data.train", Kind: Int, Default: 0, Range: AtLeast(0),
		Doc: "training images used; 0: all"},
		at: func(s *Setup) any { return &s.Data.Train }},
	{Setting: Setting{Key: "data.test", Kind: Int, Default: 0, Range: AtLeast(0),
		Doc: "test images used; 0: all"},
		at: func(s *Setup) any { return &s.Data.Test }},
	{Setting: Setting{Key: "data.held_out", Kind: Int, Default: 0, Range: AtLeast(0),
		Doc: "of the training images, so many take the place of the test images: to choose settings by"},
		at: func(s *Setup) any { return &s.Data.HeldOut }},
	{Setting: Setting{Key: "data.size", Kind: Int, Default: 0, Range: From(0, 4096),
		Doc: "side to which images are resized; 0: as they are"},
		at: func(s *Setup) any { return &s.Data.Size }},
	{Setting: Setting{Key: "data.resize", Kind: Int, Default: 0, Range: From(0, 8192),
		Doc: "side to which the shorter side is resized before data.size is cut out of the centre; 0: data.size"},
		at: func(s *Setup) any { return &s.Data.Resize }},
	{Setting: Setting{Key: "data.normalise", Kind: String, Default: dataset.ByTrain, Choices: OneOf(dataset.ByTrain, dataset.ByImageNet),
		Doc: "whose mean and standard deviation normalise the images: those of the training images, or ImageNet's"},
		at: func(s *Setup) any { return &s.Data.Normalise }},
	{Setting: Setting{Key: "data.memory_limit", Kind: Int, Default: 2048, Range: From(1, 1<<20), Local: true,
		Doc: "MiB that the pixels of a folder may take; where they take more, it is streamed"},
		at: func(s *Setup) any { return &s.Data.MemoryLimit }},
	{Setting: Setting{Key: "data.max_broken", Kind: Int, Default: 0, Range: AtLeast(0), Local: true,
		Doc: "broken images of a folder that are passed over, and named, before they are too many"},
		at: func(s *Setup) any { return &s.Data.MaxBroken }},
	{Setting: Setting{Key: "data.pad", Kind: Int, Default: 0, Range: From(0, 64),
		Doc: "zeros added on each side of every image"},
		at: func(s *Setup) any { return &s.Data.Pad }},
	{Setting: Setting{Key: "data.crop", Kind: Int, Default: 0, Range: From(0, 64),
		Doc: "zeros added on each side of a training image before it is cropped at random; 0: no cropping"},
		at: func(s *Setup) any { return &s.Data.Crop }},
	{Setting: Setting{Key: "data.crop_mode", Kind: String, Default: "pad", Choices: OneOf("pad", "resized"),
		Doc: "how a training image is cropped: by data.crop, or a random part of its file resized to data.size"},
		at: func(s *Setup) any { return &s.Data.CropMode }},
	{Setting: Setting{Key: "data.flip", Kind: Bool, Default: false,
		Doc: "mirror every second training image, by chance"},
		at: func(s *Setup) any { return &s.Data.Flip }},
	{Setting: Setting{Key: "data.colour", Kind: String, Default: "none", Choices: OneOf("none", "authors"),
		Doc: "how the colours of a training image vary: not, or by one random colour an image, as in the authors' released code (three channels)"},
		at: func(s *Setup) any { return &s.Data.Colour }},

	{Setting: Setting{Key: "corrupt.rate", Kind: Float, Default: 0.0, Range: From(0, 1),
		Doc: "probability with which the label of a training image is replaced"},
		at: func(s *Setup) any { return &s.Corrupt.Rate }},
	{Setting: Setting{Key: "corrupt.kind", Kind: String, Default: corrupt.Symmetric, Choices: OneOf(corrupt.Kinds()...),
		Needs: "corrupt.rate above 0",
		Doc:   "by what a label is replaced: one drawn from all classes, or the class that follows its own"},
		used: func(s *Setup) bool { return s.Corrupt.Rate > 0 },
		at:   func(s *Setup) any { return &s.Corrupt.Kind }},

	{Setting: Setting{Key: "model.backbone", Kind: String, Required: true, Choices: backbones,
		Doc: "the network"},
		at: func(s *Setup) any { return &s.Model.Backbone }},
	{Setting: Setting{Key: "model.block", Kind: String, Default: "none", Choices: blocks,
		Doc: "the channel block in it"},
		at: func(s *Setup) any { return &s.Model.Block }},
	{Setting: Setting{Key: "model.width", Kind: Float, Default: 1.0, Range: Above(0, 16),
		Doc: "multiplies every number of channels"},
		at: func(s *Setup) any { return &s.Model.Width }},
	{Setting: Setting{Key: "model.stem", Kind: String, Default: "imagenet",
		Choices: func(n Names) []string { return n.Stems },
		Doc:     "how the network begins"},
		at: func(s *Setup) any { return &s.Model.Stem }},
	{Setting: Setting{Key: "model.last_gamma", Kind: Float, Default: 1.0, Range: From(0, 16),
		Doc: "γ of the last BatchNorm of each residual branch at the start; below 1, deep narrow networks begin to learn sooner"},
		at: func(s *Setup) any { return &s.Model.LastGamma }},
	{Setting: Setting{Key: "model.norm", Kind: String, Default: model.Norms[0], Choices: OneOf(model.Norms...),
		Doc: "what normalises: batch, or instance, group or layer, which look at each image by itself"},
		at: func(s *Setup) any { return &s.Model.Norm }},
	{Setting: Setting{Key: "model.norm_group", Kind: Int, Default: 16, Range: From(1, 4096), Needs: `model.norm = "group"`,
		Doc: "channels in a group that is normalised together, fewer where they do not divide the channels"},
		used: func(s *Setup) bool { return s.Model.Norm == "group" },
		at:   func(s *Setup) any { return &s.Model.NormGroup }},
	{Setting: Setting{Key: "model.rectifier", Kind: String, Default: model.Rectifiers[0], Choices: OneOf(model.Rectifiers...),
		Doc: "what rectifies: relu (the backbone's own, ReLU or ReLU6), elu or leaky (leaky ReLU)"},
		at: func(s *Setup) any { return &s.Model.Rectifier }},
	{Setting: Setting{Key: WeightsKey, Kind: String, Default: "",
		Doc: "file of weights to start from, safetensors or PyTorch's, under PyTorch's names; the file may lack channel blocks and have a " +
			"classifier of another number of classes: these start fresh; a relative path is relative to this file; none: all starts fresh"},
		at: func(s *Setup) any { return &s.Model.Weights }},
	{Setting: Setting{Key: "model.stages", Kind: Integers, Range: From(1, 16), Order: Ascending,
		Otherwise: "the block's own", Needs: needsBlock,
		Doc: "stages in which the block stands"},
		used: hasBlock, at: func(s *Setup) any { return &s.Model.Place.Stages }},
	{Setting: Setting{Key: "model.block_stem", Kind: Bool,
		Otherwise: "the block's own", Needs: needsBlock,
		Doc: "whether it stands behind the stem, too"},
		used: hasBlock, at: func(s *Setup) any { return &s.Model.Place.Stem }},
	{Setting: Setting{Key: "model.every", Kind: Int, Range: From(1, 64),
		Otherwise: "the block's own", Needs: needsBlock,
		Doc: "it stands in each every-th unit"},
		used: hasBlock, at: func(s *Setup) any { return &s.Model.Place.Every }},
	{Setting: Setting{Key: "model.position", Kind: String, Choices: OneOf("last", "bn1", "bn2", "bn3"),
		Otherwise: "the block's own", Needs: needsBlock,
		Doc: "behind which BatchNorm of a unit"},
		used: hasBlock, at: func(s *Setup) any { return &s.Model.Place.Position }},

	{Setting: Setting{Key: "ce.preset", Kind: String, Default: "official", Shorthand: true, Needs: needsCE,
		Choices: func(Names) []string { return slices.Sorted(maps.Keys(ce.Presets)) },
		Doc:     "values of the options that follow: the authors' released code, or their paper"},
		used: hasCE, at: func(s *Setup) any { return &s.CE.Preset }},
	{Setting: Setting{Key: "ce.group", Kind: Int, Range: From(0, 4096), Otherwise: fromPreset, Needs: needsBD,
		Doc: "channels in a group that is decorrelated; 0: all"},
		used: HasBD, at: func(s *Setup) any { return &s.CE.Group }},
	{Setting: Setting{Key: "ce.stem_group", Kind: Int, Range: From(0, 4096), Otherwise: fromPreset, Needs: needsBD,
		Doc: "the same behind the stem"},
		used: HasBD, at: func(s *Setup) any { return &s.CE.StemGroup }},
	{Setting: Setting{Key: "ce.epsilon", Kind: Float, Range: Above(0, 1), Otherwise: fromPreset, Needs: needsBD,
		Doc: "added to the diagonal of the covariance"},
		used: HasBD, at: func(s *Setup) any { return &s.CE.Epsilon }},
	{Setting: Setting{Key: "ce.steps", Kind: Int, Range: From(0, ce.MaxSteps), Otherwise: fromPreset, Needs: needsBD,
		Doc: "steps of Newton's iteration"},
		used: HasBD, at: func(s *Setup) any { return &s.CE.Steps }},
	{Setting: Setting{Key: "ce.rescale", Kind: Bool, Otherwise: fromPreset, Needs: needsBD,
		Doc: "undo the normalisation of the trace"},
		used: HasBD, at: func(s *Setup) any { return &s.CE.Rescale }},
	{Setting: Setting{Key: "ce.centre", Kind: Bool, Otherwise: fromPreset, Needs: needsBD,
		Doc: "subtract the mean before decorrelating"},
		used: HasBD, at: func(s *Setup) any { return &s.CE.Centre }},
	{Setting: Setting{Key: "ce.average", Kind: String, Otherwise: fromPreset, Needs: needsBD,
		Choices: OneOf(string(ce.AverageRoot), string(ce.AverageCovariance)),
		Doc:     "the matrix whose running average serves inference: the one applied, or the covariance"},
		used: HasBD, at: func(s *Setup) any { return &s.CE.Average }},
	{Setting: Setting{Key: "ce.variance", Kind: String, Otherwise: fromPreset, Needs: needsIR,
		Choices: OneOf(string(ce.Unbiased), string(ce.Biased), string(ce.Ratio)),
		Doc:     "how the variance within an image is measured"},
		used: hasIR, at: func(s *Setup) any { return &s.CE.Variance }},
	{Setting: Setting{Key: "ce.reduction", Kind: Int, Range: From(1, 4096), Otherwise: fromPreset, Needs: needsIR,
		Doc: "channels for each hidden unit of the reweighting"},
		used: hasIR, at: func(s *Setup) any { return &s.CE.Reduction }},
	{Setting: Setting{Key: "ce.layer_norm", Kind: Bool, Otherwise: fromPreset, Needs: needsIR,
		Doc: "normalise the hidden units"},
		used: hasIR, at: func(s *Setup) any { return &s.CE.LayerNorm }},
	{Setting: Setting{Key: "ce.detach_scale", Kind: Bool, Otherwise: fromPreset, Needs: needsIR,
		Doc: "let no gradient through the scale s"},
		used: hasIR, at: func(s *Setup) any { return &s.CE.DetachScale }},
	{Setting: Setting{Key: "ce.correct_bias", Kind: Bool, Otherwise: fromPreset, Needs: needsIR,
		Doc: "correct the running s for its start at zero"},
		used: hasIR, at: func(s *Setup) any { return &s.CE.CorrectBias }},
	{Setting: Setting{Key: "ce.momentum", Kind: Float, Range: Above(0, 1), Otherwise: fromPreset, Needs: needsCE,
		Doc: "weight of the newest batch in the running averages"},
		used: hasCE, at: func(s *Setup) any { return &s.CE.Momentum }},
	{Setting: Setting{Key: "ce.learn_lambda", Kind: Bool, Otherwise: fromPreset, Needs: needsBoth,
		Doc: "learn the balance of the branches; else it stays"},
		used: hasBoth, at: func(s *Setup) any { return &s.CE.LearnLambda }},
	{Setting: Setting{Key: "ce.lambda", Kind: Float, Range: From(0, 1), Otherwise: fromPreset, Needs: needsBoth,
		Doc: "share of decorrelation at the start"},
		used: hasBoth, at: func(s *Setup) any { return &s.CE.Lambda }},

	{Setting: Setting{Key: "train.epochs", Kind: Int, Required: true, Range: From(1, 100000),
		Doc: "passes over the training images"},
		at: func(s *Setup) any { return &s.Train.Epochs }},
	{Setting: Setting{Key: "train.batch", Kind: Int, Required: true, Range: From(1, 1<<20),
		Doc: "images in a step"},
		at: func(s *Setup) any { return &s.Train.Batch }},
	{Setting: Setting{Key: "train.optimizer", Kind: String, Default: "sgd",
		Choices: func(n Names) []string { return n.Optimizers },
		Doc:     "how a gradient becomes a step"},
		at: func(s *Setup) any { return &s.Train.Optimizer }},
	{Setting: Setting{Key: "train.lr", Kind: Float, Required: true, Range: Above(0, 1000),
		Doc: "learning rate at its highest"},
		at: func(s *Setup) any { return &s.Train.LR }},
	{Setting: Setting{Key: "train.momentum", Kind: Float, Default: 0.9, Range: Below(0, 1),
		Doc: "of the steps"},
		at: func(s *Setup) any { return &s.Train.Momentum }},
	{Setting: Setting{Key: "train.nesterov", Kind: Bool, Default: false, Needs: "train.momentum above 0",
		Doc: "look ahead by the momentum"},
		used: func(s *Setup) bool { return s.Train.Momentum > 0 },
		at:   func(s *Setup) any { return &s.Train.Nesterov }},
	{Setting: Setting{Key: "train.weight_decay", Kind: Float, Default: 0.0, Range: From(0, 1),
		Doc: "pull of the parameters towards 0"},
		at: func(s *Setup) any { return &s.Train.WeightDecay }},
	{Setting: Setting{Key: "train.decay", Kind: String, Default: "all", Choices: OneOf("all", "weights"),
		Needs: "train.weight_decay above 0",
		Doc:   "what decays: all parameters, or only weights of convolutions and linear layers"},
		used: func(s *Setup) bool { return s.Train.WeightDecay > 0 },
		at:   func(s *Setup) any { return &s.Train.Decay }},
	{Setting: Setting{Key: "train.freeze", Kind: String, Default: "",
		Doc: "parameters that stay as they are, without updates and weight decay: PyTorch names or patterns, with spaces between, in which * stands for " +
			"any text: \"conv1.* bn1.* layer1.*\"; as in PyTorch without requires_grad, running statistics of a frozen BatchNorm go on; none: nothing"},
		at: func(s *Setup) any { return &s.Train.Freeze }},
	{Setting: Setting{Key: "train.schedule", Kind: String, Default: "constant",
		Choices: OneOf("constant", "step", "cosine"),
		Doc:     "how the learning rate falls"},
		at: func(s *Setup) any { return &s.Train.Schedule }},
	{Setting: Setting{Key: "train.milestones", Kind: Integers, Range: AtLeast(1), Order: Ascending,
		Otherwise: "none; a step schedule must have some", Needs: needsStep,
		Doc: "epochs after which the rate is multiplied by the factor"},
		used: hasStep, at: func(s *Setup) any { return &s.Train.Milestones }},
	{Setting: Setting{Key: "train.factor", Kind: Float, Default: 0.1, Range: Above(0, 1), Needs: needsStep,
		Doc: "what the rate is multiplied by at a milestone"},
		used: hasStep, at: func(s *Setup) any { return &s.Train.Factor }},
	{Setting: Setting{Key: "train.warmup_epochs", Kind: Float, Default: 0.0, Range: From(0, 100000),
		Doc: "epochs in which the rate rises from 0"},
		at: func(s *Setup) any { return &s.Train.WarmupEpochs }},
	{Setting: Setting{Key: "train.warmup_from_zero", Kind: Bool, Default: false, Needs: "train.warmup_epochs above 0",
		Doc: "the first step of the warm-up has the rate 0, as in the authors' released code; else it has the rate of the second"},
		used: func(s *Setup) bool { return s.Train.WarmupEpochs > 0 },
		at:   func(s *Setup) any { return &s.Train.WarmupFromZero }},
	{Setting: Setting{Key: "train.label_smoothing", Kind: Float, Default: 0.0, Range: Below(0, 1),
		Doc: "share of the target spread over all classes"},
		at: func(s *Setup) any { return &s.Train.LabelSmoothing }},
	{Setting: Setting{Key: "train.score", Kind: Bool, Default: false,
		Doc: "after each epoch, evaluate the training images too, without augmentation"},
		at: func(s *Setup) any { return &s.Train.Score }},
	{Setting: Setting{Key: "train.probe", Kind: Bool, Default: false,
		Doc: "after each epoch, record the scales γ of the last BatchNorm of each unit, and s of instance reweighting"},
		at: func(s *Setup) any { return &s.Train.Probe }},
	{Setting: Setting{Key: "train.precision", Kind: String, Default: "float32", Choices: OneOf("float32", "bf16"),
		Doc: "to which convolutions and linear layers round what they multiply; sums, parameters and everything else are in float32"},
		at: func(s *Setup) any { return &s.Train.Precision }},
}

func backbones(n Names) []string { return n.Backbones }
func blocks(n Names) []string    { return n.Blocks }

// What settings need to have an effect, in words and as a condition.
const (
	fromPreset = "the preset's"
	needsBlock = `a model.block other than "none"`
	needsCE    = `model.block = "ce", "bd" or "ir"`
	needsBD    = `model.block = "ce" or "bd"`
	needsIR    = `model.block = "ce" or "ir"`
	needsBoth  = `model.block = "ce"`
	needsStep  = `train.schedule = "step"`
)

func hasBlock(s *Setup) bool { return s.Model.Block != "none" }
func hasCE(s *Setup) bool    { return HasBD(s) || hasIR(s) }
func HasBD(s *Setup) bool    { return hasBoth(s) || s.Model.Block == string(ce.Decorrelate) }
func hasIR(s *Setup) bool    { return hasBoth(s) || s.Model.Block == string(ce.Reweight) }
func hasBoth(s *Setup) bool  { return s.Model.Block == string(ce.Both) }
func hasStep(s *Setup) bool  { return s.Train.Schedule == "step" }

// setNamed and getNamed reach fields whose type is a name of string.
func setNamed(p, value any) {
	switch p := p.(type) {
	case *ce.Average:
		*p = ce.Average(value.(string))
	case *ce.Variance:
		*p = ce.Variance(value.(string))
	default:
		panic("spec: setting in a field of unknown type")
	}
}

func getNamed(p any) any {
	switch p := p.(type) {
	case *ce.Average:
		return string(*p)
	case *ce.Variance:
		return string(*p)
	}
	panic("spec: setting in a field of unknown type")
}

// Get returns the value of the setting with the dotted key, in the Go type of its Kind; nil where there is no such setting.
func (s *Setup) Get(key string) any {
	if f := find(setupFields, key); f != nil {
		return f.get(s)
	}
	return s.Added[key]
}
