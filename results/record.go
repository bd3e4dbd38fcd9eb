package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Kinds of Record.
const (
	KindTrial   = "trial"   // one training run: Result is set
	KindNetwork = "network" // the static cost of the paper's own network: Network is set
)

// Settings that are known by name.
const (
	SeedKey  = "seed" // which differs between the repetitions of one case
	ModelKey = "model.backbone"
	BlockKey = "model.block"
	CaseKey  = "case" // the name of a case, which stands for its settings
)

// Record is one line of records.jsonl.
type Record struct {
	Kind string `json:"kind"` // KindTrial or KindNetwork
	// Name is for people: "model.backbone=resnet18 model.block=ce seed=1".
	Name string `json:"name"`
	// Identity is the SHA-256, in lower-case hexadecimal, of everything that determines the result.
	Identity string `json:"identity"`
	// Settings are the resolved settings by dotted key: "model.backbone": "resnet18", "seed": 1. After reading, whole
	// numbers are int64 and others float64.
	Settings map[string]any `json:"settings"`
	// Images are those of a trial; nil for a network.
	Images *Images `json:"pictures,omitempty"`
	// Start is the file of weights that a trial started from; nil where it started afresh.
	Start *Start `json:"start,omitempty"`

	// Cost is that of the networks of a trial; nil where it was not counted.
	Cost *Cost `json:"cost,omitempty"`

	Result     *Result    `json:"result,omitempty"`
	Network    *Network   `json:"network,omitempty"`
	Provenance Provenance `json:"provenance"`
}

// Images is what a trial was trained and tested on.
type Images struct {
	Name    string `json:"name"` // for people: "fashion-mnist"
	Train   int    `json:"train"`
	Test    int    `json:"test"`
	Classes int    `json:"classes"`
	Size    string `json:"size"` // as the network takes them: "32×32×1"
	// Corruption describes the wrong labels of the training images; nil if none was replaced.
	Corruption *Corruption `json:"corruption,omitempty"`
}

// Start is a file of weights.
type Start struct {
	File   string `json:"file"` // as the experiment's file names it
	SHA256 string `json:"sha256"`
}

// Cost is what a trial's settings cost, counted under the project's rule: of its own network, and of the paper's own network with the
// same settings.
type Cost struct {
	Params      int     `json:"params"`
	MACs        float64 `json:"macs"` // of one image, as the network takes it
	PaperParams int     `json:"paper_params"`
	PaperMACs   float64 `json:"paper_macs"` // of one image of 224×224
}

// Corruption is how many labels of the training images were replaced.
type Corruption struct {
	Kind      string  `json:"kind"`      // "symmetric" or "pairwise"
	Nominal   float64 `json:"nominal"`   // probability with which a label is replaced
	Replaced  float64 `json:"replaced"`  // share of labels that were, some by themselves
	Effective float64 `json:"effective"` // share of labels that are wrong
}

// Result is what a trial determines: the same identity gives the same Result, bit for bit.
type Result struct {
	Epochs []Epoch `json:"epochs"`
	// Top1, Top5 (in [0, 1]) and TestLoss are those of the last epoch on the test images.
	Top1     float64 `json:"top1"`
	Top5     float64 `json:"top5"`
	TestLoss Loss    `json:"test_loss"`
	// Weights is the SHA-256 of the final weights and running statistics.
	Weights string `json:"weights"`
	// Failure says why the trial ended early; empty where it did not. A failed trial enters no mean.
	Failure string `json:"failure,omitempty"`
}

// Epoch is one epoch of training and the evaluation after it. Accuracies are in [0, 1].
type Epoch struct {
	Epoch     int     `json:"epoch"` // from 1
	LR        float64 `json:"lr"`
	TrainLoss Loss    `json:"train_loss"`
	TrainTop1 float64 `json:"train_top1"`
	TestLoss  Loss    `json:"test_loss"`
	TestTop1  float64 `json:"test_top1"`
	TestTop5  float64 `json:"test_top5"`
	// FitTop1 is the accuracy on the training images and their labels as they were trained on, after the epoch and without
	// augmentation; nil where it was not measured.
	FitTop1 *float64 `json:"fit_top1,omitempty"`
	// Probe is of the scales in the network after the epoch; nil where they were not recorded.
	Probe *Probe `json:"probe,omitempty"`
}

// Probe is of the scales in a network: γ of the last BatchNorm of each unit, and s of the instance reweighting of Channel Equilibrium.
type Probe struct {
	Gamma      float64  `json:"gamma"`                 // mean |γ| over the channels
	GammaMost  float64  `json:"gamma_most"`            // the largest
	Scale      *float64 `json:"scale,omitempty"`       // mean running s over the blocks; nil where none has one
	ScaleLeast *float64 `json:"scale_least,omitempty"` // the least
}

// Fit is FitTop1, or NaN if it was not measured.
func (e Epoch) Fit() float64 {
	if e.FitTop1 == nil {
		return math.NaN()
	}
	return *e.FitTop1
}

// Network is the static cost of the paper's own network, at the paper's image size and number of classes, whatever
// the trials were trained on.
type Network struct {
	Model      string  `json:"model"`
	Block      string  `json:"block"`
	Precision  string  `json:"precision,omitempty"` // of products, where it is not float32
	Params     int     `json:"params"`
	MACs       float64 `json:"macs"`        // multiply-accumulates of one image under the project's counting rule
	CPUSeconds float64 `json:"cpu_seconds"` // median of one inference of Batch images; 0: not measured
	CPURuns    int     `json:"cpu_runs"`    // inferences that the median is of
	Batch      int     `json:"batch"`
	Input      string  `json:"input"`                 // "224×224×3, 1,000 classes"
	GPUSeconds float64 `json:"gpu_seconds,omitempty"` // as CPUSeconds, images brought to the GPU and outputs back; 0: not measured
	GPU        string  `json:"gpu,omitempty"`         // its name
	// Ends of the 95 % interval of each median; 0: not recorded.
	CPULow  float64 `json:"cpu_low,omitempty"`
	CPUHigh float64 `json:"cpu_high,omitempty"`
	GPULow  float64 `json:"gpu_low,omitempty"`
	GPUHigh float64 `json:"gpu_high,omitempty"`
}

// Provenance is how a record came about. Two runs of the same trial differ here and nowhere else.
type Provenance struct {
	Started     time.Time `json:"started"`
	Seconds     float64   `json:"seconds"`      // wall time of the trial
	StepSeconds float64   `json:"step_seconds"` // mean wall time of a training step
	CPU         string    `json:"cpu"`
	GoVersion   string    `json:"go_version"`
	Version     string    `json:"version"`        // of the code
	Code        string    `json:"code,omitempty"` // fingerprint of the sources that compute the trial; "": not known
	Kernels     string    `json:"kernels"`        // "avx2", "avx512", "portable"
	Cores       int       `json:"cores"`
	Workers     int       `json:"workers"`
	Device      string    `json:"device,omitempty"` // that the network ran on; "": the CPU
}

// Validate reports what is wrong with a record, or nil.
func (r Record) Validate() error {
	if !isSHA256(r.Identity) {
		return fmt.Errorf("identity %q is not a SHA-256 in lower-case hexadecimal", r.Identity)
	}
	switch r.Kind {
	case KindTrial:
		if r.Result == nil || r.Network != nil {
			return errors.New(`a record of kind "trial" has a result and no network`)
		}
		return r.Result.validate()
	case KindNetwork:
		if r.Network == nil || r.Result != nil {
			return errors.New(`a record of kind "network" has a network and no result`)
		}
		return r.Network.validate()
	}
	return fmt.Errorf(`kind %q is neither "trial" nor "network"`, r.Kind)
}

func isSHA256(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func (r *Result) validate() error {
	for _, a := range []struct {
		name  string
		value float64
	}{{"top1", r.Top1}, {"top5", r.Top5}} {
		if a.value < 0 || a.value > 1 {
			return fmt.Errorf("%s is %v, want an accuracy in [0, 1]", a.name, a.value)
		}
	}
	last := 0
	for _, e := range r.Epochs {
		if e.Epoch <= last {
			return fmt.Errorf("epoch %d follows epoch %d", e.Epoch, last)
		}
		last = e.Epoch
		for _, a := range []float64{e.TrainTop1, e.TestTop1, e.TestTop5} {
			if a < 0 || a > 1 {
				return fmt.Errorf("epoch %d has the accuracy %v, want one in [0, 1]", e.Epoch, a)
			}
		}
		if f := e.FitTop1; f != nil && !(*f >= 0 && *f <= 1) {
			return fmt.Errorf("epoch %d has the accuracy %v on training images, want one in [0, 1]", e.Epoch, *f)
		}
	}
	if r.Failure != "" {
		return nil
	}
	// A trial that is said to have worked has figures to show; one that diverged names its failure.
	for _, v := range []float64{r.Top1, r.Top5, float64(r.TestLoss)} {
		if !finite(v) {
			return errors.New("result is not finite, and no failure is named")
		}
	}
	return nil
}

func (n *Network) validate() error {
	if n.Model == "" || n.Block == "" {
		return errors.New("network without a model or a block")
	}
	for _, v := range []float64{float64(n.Params), n.MACs, n.CPUSeconds, n.GPUSeconds, n.CPULow, n.CPUHigh, n.GPULow, n.GPUHigh} {
		if !finite(v) || v < 0 {
			return errors.New("network with a cost that is negative or not finite")
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Diff names the first place where two results differ bit for bit; it is empty if there is none. All NaNs count as one value, and 0 and −0
// as two.
func (r *Result) Diff(o *Result) string {
	a, errA := json.MarshalIndent(r, "", "") // a value a line; finite numbers read back bit for bit
	b, errB := json.MarshalIndent(o, "", "")
	if err := errors.Join(errA, errB); err != nil {
		return err.Error()
	}
	ours, theirs := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i, line := range ours {
		switch {
		case i == len(theirs):
			return fmt.Sprintf("line %d: %s against nothing", i+1, line)
		case line != theirs[i]:
			return fmt.Sprintf("line %d: %s against %s", i+1, line, theirs[i])
		}
	}
	return ""
}

// Latest keeps the last record of every identity and kind, in the order in which the identities first appear: a trial
// that was done again is in the file twice, and its last line counts.
func Latest(records []Record) []Record {
	type key struct{ kind, identity string }
	at := make(map[key]int)
	var latest []Record
	for _, r := range records {
		k := key{r.Kind, r.Identity}
		if i, ok := at[k]; ok {
			latest[i] = r
			continue
		}
		at[k] = len(latest)
		latest = append(latest, r)
	}
	return latest
}

// A Loss may be NaN or infinite, if a trial diverged. JSON numbers cannot say that: it is then written as "NaN", "+Inf" or "-Inf". Finite
// numbers read back bit for bit.
type Loss float64

// MarshalJSON writes a number or a string.
func (l Loss) MarshalJSON() ([]byte, error) {
	x := float64(l)
	if finite(x) {
		return json.Marshal(x)
	}
	return json.Marshal(strconv.FormatFloat(x, 'g', -1, 64))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (l *Loss) UnmarshalJSON(b []byte) error {
	switch s := string(b); s {
	case `"NaN"`, `"+Inf"`, `"-Inf"`:
		x, err := strconv.ParseFloat(s[1:len(s)-1], 64)
		*l = Loss(x)
		return err
	case "null": // json.Unmarshal would leave 0, a figure that was not measured
		return errors.New("null is not a loss")
	}
	return json.Unmarshal(b, (*float64)(l))
}

// UnmarshalStrict refuses fields that v does not have: writing such a record again would lose them.
func UnmarshalStrict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	d.UseNumber() // large seeds must not pass through float64
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON value")
	}
	return nil
}
