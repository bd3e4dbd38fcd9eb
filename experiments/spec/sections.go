package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Setup is everything that determines what a trial computes, but its seed.
type Setup struct {
	Data     Data    `toml:"data"`
	Corrupt  Corrupt `toml:"corrupt"`
	Model    Model   `toml:"model"`
	Train    Train   `toml:"train"`
	Sections         // settings of blocks, which a registry adds
	settings []Setting
}

// Data says which images, and how they are changed on the way.
type Data struct {
	Source string `toml:"source" is:"required" doc:"where the images come from"`
	Dir    string `toml:"dir" default:"" is:"local" doc:"folder of a source that reads one"`
	Train  int    `toml:"train" default:"0" range:"[0,)" doc:"training images used; 0: all"`
	Test   int    `toml:"test" default:"0" range:"[0,)" doc:"test images used; 0: all"`

	_       struct{} `doc:"number of training images that replace the test images: to choose settings by"`
	HeldOut int      `toml:"held_out" default:"0" range:"[0,)"`
	Size    int      `toml:"size" default:"0" range:"[0,4096]" doc:"side to which images are resized; 0: as they are"`
	_       struct{} `doc:"side to which the shorter side is resized before data.size is cut out of the centre; 0: data.size"`
	Resize  int      `toml:"resize" default:"0" range:"[0,8192]"`

	_           struct{} `doc:"whose mean and standard deviation normalise the images: those of the training images, or ImageNet's"`
	Normalise   string   `toml:"normalise" default:"train"`
	_           struct{} `doc:"MiB that the pixels of a folder may take; where they take more, it is streamed"`
	MemoryLimit int      `toml:"memory_limit" default:"2048" range:"[1,1048576]" is:"local"`
	_           struct{} `doc:"broken images of a folder that are passed over, and named, before they are too many"`
	MaxBroken   int      `toml:"max_broken" default:"0" range:"[0,)" is:"local"`

	Pad      int      `toml:"pad" default:"0" range:"[0,64]" doc:"zeros added on each side of every image"`
	_        struct{} `doc:"zeros added on each side of a training image before it is cropped at random; 0: no cropping"`
	Crop     int      `toml:"crop" default:"0" range:"[0,64]"`
	_        struct{} `doc:"how a training image is cropped: by data.crop, or a random part of its file resized to data.size"`
	CropMode string   `toml:"crop_mode" default:"pad" choices:"pad resized"`
	Flip     bool     `toml:"flip" default:"false" doc:"mirror every second training image, by chance"`
	_        struct{} `doc:"how the colours of a training image vary: not, or by one random colour an image,"`
	_        struct{} `doc:"as in the authors' released code (three channels)"`
	Colour   string   `toml:"colour" default:"none" choices:"none authors"`
}

// Corrupt says which labels of the training images are replaced by wrong ones.
type Corrupt struct {
	Rate float64  `toml:"rate" default:"0" range:"[0,1]" doc:"probability with which the label of a training image is replaced"`
	_    struct{} `doc:"by what a label is replaced: one drawn from all classes, or the class that follows its own"`
	Kind string   `toml:"kind" default:"symmetric" needs:"corrupt.rate>0"`
}

// Model says which network.
type Model struct {
	Backbone string  `toml:"backbone" is:"required" doc:"the network"`
	Block    string  `toml:"block" default:"none" doc:"the channel block in it"`
	Width    float64 `toml:"width" default:"1" range:"(0,16]" doc:"multiplies every number of channels"`
	Stem     string  `toml:"stem" default:"imagenet" doc:"how the network begins"`

	_         struct{} `doc:"γ of the last BatchNorm of each residual branch at the start;"`
	_         struct{} `doc:"below 1, deep narrow networks begin to learn sooner"`
	LastGamma float64  `toml:"last_gamma" default:"1" range:"[0,16]"`
	_         struct{} `doc:"what normalises: batch, or instance, group or layer, which look at each image by itself"`
	Norm      string   `toml:"norm" default:"batch"`
	_         struct{} `doc:"channels in a group that is normalised together, fewer where they do not divide the channels"`
	NormGroup int      `toml:"norm_group" default:"16" range:"[1,4096]" needs:"model.norm=group"`
	_         struct{} `doc:"what rectifies: relu (the backbone's own, ReLU or ReLU6), elu or leaky (leaky ReLU)"`
	Rectifier string   `toml:"rectifier" default:"relu"`
	// Weights is as written: see Trial.Start.
	_       struct{} `doc:"file of weights to start from, safetensors or PyTorch's, under PyTorch's names; the file may lack channel blocks"`
	_       struct{} `doc:"and have a classifier of another number of classes: these start fresh;"`
	_       struct{} `doc:"a relative path is relative to this file; none: all starts fresh"`
	Weights string   `toml:"weights" default:""`
	Place   Place
}

// Place says where in a network a channel block is placed. The default is the block's own.
type Place struct {
	Stages   []int    `toml:"stages" range:"[1,16]" order:"ascending" needs:"model.block!=none" doc:"stages that have the block"`
	Stem     bool     `toml:"block_stem" needs:"model.block!=none" doc:"whether it is after the stem, too"`
	Every    int      `toml:"every" range:"[1,64]" needs:"model.block!=none" doc:"it is in each every-th unit"`
	_        struct{} `doc:"after which BatchNorm of a unit"`
	Position string   `toml:"position" choices:"last bn1 bn2 bn3" needs:"model.block!=none"`
}

// Train says how the network is trained.
type Train struct {
	Epochs    int     `toml:"epochs" is:"required" range:"[1,100000]" doc:"passes over the training images"`
	Batch     int     `toml:"batch" is:"required" range:"[1,1048576]" doc:"images in a step"`
	Optimizer string  `toml:"optimizer" default:"sgd" doc:"how a gradient becomes a step"`
	LR        float64 `toml:"lr" is:"required" range:"(0,1000]" doc:"learning rate at its highest"`
	Momentum  float64 `toml:"momentum" default:"0.9" range:"[0,1)" doc:"of the steps"`
	Nesterov  bool    `toml:"nesterov" default:"false" needs:"train.momentum>0" doc:"Nesterov momentum"`

	WeightDecay float64  `toml:"weight_decay" default:"0" range:"[0,1]" doc:"pull of the parameters towards 0"`
	_           struct{} `doc:"what decays: all parameters, or only weights of convolutions and linear layers"`
	Decay       string   `toml:"decay" default:"all" choices:"all weights" needs:"train.weight_decay>0"`
	_           struct{} `doc:"parameters that stay as they are, without updates and weight decay: PyTorch names or patterns,"`
	_           struct{} `doc:"with spaces between, in which * means any text: \"conv1.* bn1.* layer1.*\";"`
	_           struct{} `doc:"as in PyTorch without requires_grad, running statistics of a frozen BatchNorm go on; none: nothing"`
	Freeze      string   `toml:"freeze" default:""`

	Schedule       string   `toml:"schedule" default:"constant" choices:"constant step cosine" doc:"how the learning rate falls"`
	_              struct{} `doc:"epochs after which the rate is multiplied by the factor"`
	Milestones     []int    `toml:"milestones" range:"[1,)" order:"ascending" needs:"train.schedule=step"`
	_              struct{} `doc:"what the rate is multiplied by at a milestone"`
	Factor         float64  `toml:"factor" default:"0.1" range:"(0,1]" needs:"train.schedule=step"`
	WarmupEpochs   float64  `toml:"warmup_epochs" default:"0" range:"[0,100000]" doc:"epochs in which the rate rises from 0"`
	_              struct{} `doc:"the first step of the warm-up has the rate 0, as in the authors' released code;"`
	_              struct{} `doc:"else it has the rate of the second"`
	WarmupFromZero bool     `toml:"warmup_from_zero" default:"false" needs:"train.warmup_epochs>0"`

	LabelSmoothing float64  `toml:"label_smoothing" default:"0" range:"[0,1)" doc:"share of the target spread over all classes"`
	_              struct{} `doc:"after each epoch, evaluate the training images too, without augmentation"`
	Score          bool     `toml:"score" default:"false"`
	_              struct{} `doc:"after each epoch, record the scales γ of the last BatchNorm of each unit,"`
	_              struct{} `doc:"and s of instance reweighting"`
	Probe          bool     `toml:"probe" default:"false"`
	_              struct{} `doc:"to which convolutions and linear layers round what they multiply;"`
	_              struct{} `doc:"sums, parameters and everything else are in float32"`
	Precision      string   `toml:"precision" default:"float32" choices:"float32 bf16"`
}

// Networks says which trained networks a check looks at. It is the table networks of such checks.
type Networks struct {
	_           struct{} `doc:"backbone whose networks alone are looked at; none: all of the experiments"`
	Backbone    string   `toml:"backbone" default:""`
	_           struct{} `doc:"experiment, or list of them, whose finished networks with the file's seeds are looked at;"`
	_           struct{} `doc:"a study trains those that are missing, a check of the theory takes small ones"`
	Experiments []string `toml:"experiment" default:"table1"`
	Images      int      `toml:"images" default:"32" range:"[2,4096]" doc:"images on which their statistics are taken"`
}

// Name names the experiments in a sentence.
func (n *Networks) Name() string { return strings.Join(n.Experiments, " and ") }

// NetworksTable is the table of Networks.
const NetworksTable = "networks"

// AsRead is d without what is done to the images once they are open.
func (d Data) AsRead() Data {
	d.Pad, d.Crop, d.Flip, d.Colour = 0, 0, false, ""
	return d
}

// Key tells the data apart from all other.
func (d Data) Key() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic("spec: settings that are no JSON")
	}
	return string(text)
}

// Paper returns the setup with the paper's own network: full width, the stem for 224×224 images.
func (s Setup) Paper() Setup {
	s.Model.Width = 1
	s.Model.Stem = "imagenet"
	return s
}

// Sections are structs of settings that registries add, by table.
type Sections map[string]any

func (s Sections) sections() Sections { return s }

// Of returns the settings of a trial or a check that are in a struct of type T. It panics if no registry has added one.
func Of[T any](of interface{ sections() Sections }) T {
	for _, v := range of.sections() {
		if v, ok := v.(T); ok {
			return v
		}
	}
	panic(fmt.Sprintf("spec: no registry has added settings of type %T", *new(T)))
}

// value is the value of a setting in the Go type of its Kind.
func (s *Setup) value(f *Setting) any {
	if f.table != "" {
		return f.get(reflect.ValueOf(s.Sections[f.table]))
	}
	return f.get(reflect.ValueOf(s).Elem())
}

// hasEffect reports whether a setting changes anything in a trial.
func (s *Setup) hasEffect(f *Setting) bool { return f.needs == nil || f.needs.met(s) }

// Get returns the value of the setting with the dotted key, in the Go type of its Kind; nil if there is no such setting.
func (s *Setup) Get(key string) any {
	f := find(s.settings, key)
	if f == nil {
		return nil
	}
	return s.value(f)
}
