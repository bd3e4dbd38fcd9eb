package layout

import (
	"cenet/results"
	"cenet/results/chart"
	"cenet/results/stats"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// The records of these tests are made up: a saturating curve with seeded noise. Nothing in them was measured.

func Hash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func Ptr(x float64) *float64 { return &x }

var startOfTests = time.Date(2020, 7, 13, 9, 0, 0, 0, time.UTC)

// madeUpTrial is a trial whose accuracy ends near final and whose seed moves it.
func MadeUpTrial(settings map[string]any, final float64, epochs int) results.Record {
	name := fmt.Sprint(settings)
	seed := settings[results.SeedKey].(int)
	r := rand.New(rand.NewPCG(uint64(seed), 1)) // the same noise for the same seed: paired
	own := rand.New(rand.NewPCG(uint64(seed), uint64(len(name))*31+uint64(1e4*final)))
	shift := 0.006*r.NormFloat64() + 0.002*own.NormFloat64()
	res := &results.Result{Weights: Hash(name)}
	for e := 1; e <= epochs; e++ {
		x := 1 - math.Exp(-3*float64(e)/float64(epochs))
		acc := 0.1 + (final-0.1)*(0.55+0.45*x) + shift + 0.012*own.NormFloat64()*(1-x)
		res.Epochs = append(res.Epochs, results.Epoch{
			Epoch: e, LR: 0.1 * (1 - float64(e-1)/float64(epochs)),
			TrainLoss: results.Loss(0.35 + 1.6*(1-x) - 2*(final-0.85) + 0.02*own.NormFloat64()), TrainTop1: acc,
			TestLoss: results.Loss(0.4 + 1.2*(1-x)), TestTop1: acc, TestTop5: 0.99 + 0.01*acc,
		})
	}
	last := res.Epochs[epochs-1]
	res.Top1, res.Top5, res.TestLoss = last.TestTop1, last.TestTop5, last.TestLoss
	return results.Record{
		Kind: results.KindTrial, Name: name, Identity: Hash(name), Settings: settings, Result: res,
		Provenance: results.Provenance{
			Started: startOfTests.Add(time.Duration(seed) * 7 * time.Minute), Seconds: 93.5 + float64(seed), StepSeconds: 0.081,
			CPU: "Made-up CPU", GoVersion: "go1.26", Version: "v0", Kernels: "portable", Cores: 2, Workers: 2,
		},
	}
}

// madeUpTable1 is a table of three networks with three blocks and three seeds; one trial failed and one is missing.
func MadeUpTable1() (Layout, []results.Record) {
	l := Layout{
		Title: "Table 1: ResNets with channel blocks", Kind: Blocks, Axes: []string{results.ModelKey, results.BlockKey, results.SeedKey},
		About:          []string{"Made-up figures of a test.", "`./reproduce.sh table1`"},
		ExpectBaseline: 0.86, Classes: 10,
		Notes:  []string{"Scaled down: width 0.25, 10 epochs."},
		Labels: map[string]string{"resnet18": "ResNet-18", "resnet50": "ResNet-50", "resnet101": "ResNet-101"},
	}
	paper := map[string][3][5]float64{
		"resnet18":  {{70.4, 89.4, 1.82, 3.69, 0.003}, {71.4, 90.4, 1.82, 3.69, 0.005}, {71.9, 90.8, 1.83, 4.13, 0.006}},
		"resnet50":  {{76.6, 93.0, 4.14, 8.61, 0.005}, {77.6, 93.7, 4.15, 11.08, 0.010}, {78.3, 94.1, 4.16, 11.06, 0.009}},
		"resnet101": {{78.0, 94.1, 7.87, 15.58, 0.011}, {78.5, 94.1, 7.88, 19.34, 0.040}, {79.0, 94.6, 7.89, 17.05, 0.015}},
	}
	var records []results.Record
	for m, model := range []string{"resnet18", "resnet50", "resnet101"} {
		for b, block := range []string{"none", "se", "ce"} {
			f := paper[model][b]
			l.Paper = append(l.Paper, PaperCell{model, block, Ptr(f[0]), Ptr(f[1]), Ptr(f[2]), Ptr(f[3]), Ptr(f[4])})
			for seed := 1; seed <= 3; seed++ {
				final := 0.868 + 0.004*float64(m) + []float64{0, 0.006, 0.016}[b]
				if m == 2 {
					final -= 0.03
				}
				settings := map[string]any{results.ModelKey: model, results.BlockKey: block, "train.epochs": 10, results.SeedKey: seed}
				r := MadeUpTrial(settings, final, 10)
				switch {
				case m == 1 && b == 1 && seed == 2:
					r.Result.Failure = "epoch 3, step 17: loss is not finite"
					r.Result.TestLoss = results.Loss(math.NaN())
				case m == 2 && b == 2 && seed == 3:
					continue
				}
				records = append(records, r)
			}
			cost := MadeUpTrial(map[string]any{results.ModelKey: model, results.BlockKey: block, results.SeedKey: 0}, 0.5, 1)
			records = append(records, results.Record{
				Kind: results.KindNetwork, Name: "cost of " + model + " with " + block, Identity: Hash("cost" + model + block),
				Network: &results.Network{
					Model: model, Block: block, Params: 11_000_000 + 1000*b + 14_000_000*m, MACs: (f[2] - 0.0061) * 1e9,
					CPUSeconds: 0.04*f[3] + 0.0123, CPURuns: 7, Batch: 1, Input: "224×224×3, 1,000 classes",
				},
				Provenance: cost.Provenance,
			})
		}
	}
	return MadeUpBlocks(l), records
}

// madeUpSweep is a sweep over one setting.
func MadeUpSweep() (Layout, []results.Record) {
	l := Layout{Title: "Newton iterations", Kind: Sweep, Axes: []string{"block.iterations", results.SeedKey}, Classes: 10,
		Labels: map[string]string{"block.iterations": "T"}}
	var records []results.Record
	for t := 1; t <= 7; t++ {
		for seed := 1; seed <= 3; seed++ {
			settings := map[string]any{"block.iterations": t, results.SeedKey: seed}
			records = append(records, MadeUpTrial(settings, 0.9-0.05/float64(t*t), 12))
		}
	}
	return l, records
}

// madeUpGrid is a sweep of blocks against another setting.
func MadeUpGrid() (Layout, []results.Record) {
	l := Layout{Title: "Label corruption", Kind: Sweep, Axes: []string{"corrupt.rate", results.BlockKey, results.SeedKey}, Classes: 10,
		ExpectBaseline: 0.7, Labels: map[string]string{"corrupt.rate": "rate"}}
	var records []results.Record
	for _, rate := range []float64{0, 0.2, 0.4, 0.6, 0.8} {
		for b, block := range []string{"none", "se", "ce"} {
			for seed := 1; seed <= 3; seed++ {
				settings := map[string]any{"corrupt.rate": rate, results.BlockKey: block, results.SeedKey: seed}
				records = append(records, MadeUpTrial(settings, 0.88-0.4*rate*rate+0.015*float64(b), 20))
			}
		}
	}
	return MadeUpBlocks(l), records
}

// MadeUpWithin has a network for each verdict on two precisions that are claimed to be equally accurate.
func MadeUpWithin() (Layout, []results.Record) {
	const precision = "train.precision"
	l := Layout{Title: "Two precisions", Kind: Sweep, Axes: []string{results.ModelKey, precision, results.SeedKey}, Classes: 10,
		Labels:  map[string]string{precision: "precision"},
		Compare: []stats.Comparison{{Key: precision, Value: "bf16", Against: "float32", Within: 0.3, Role: stats.NotInPaper}}}
	var records []results.Record
	for _, network := range []struct {
		name    string
		differs []float64 // pp, a seed
	}{
		{"equal", []float64{0.1, -0.1, 0.05, -0.05, 0.02}}, {"spread", []float64{0.6, -0.5, 0.4, -0.3, 0.02}},
		{"apart", []float64{0.9, 0.1, 0.7, -0.1, 0.5}}, {"worse", []float64{-1, -0.9, -1.1, -1, -0.95}}, {"short", []float64{0.1}},
	} {
		for seed, d := range network.differs {
			for _, p := range []string{"float32", "bf16"} {
				r := MadeUpTrial(map[string]any{results.ModelKey: network.name, precision: p, results.SeedKey: seed + 1}, 0.9, 3)
				if r.Result.Top1 = 0.9 + 0.003*float64(seed); p == "bf16" {
					r.Result.Top1 += d / 100
				}
				records = append(records, r)
			}
		}
	}
	return l, records
}

// What the registry of blocks gives layouts in the program.
var (
	madeUpStyles = chart.Styles{
		"none": {Rank: 1, Colour: "dark grey", Marker: "disc", Dashes: "dashed"},
		"se":   {Rank: 2, Colour: "orange", Marker: "square", Dashes: "dash-dot"},
		"ce":   {Rank: 3, Colour: "blue", Marker: "triangle", Dashes: "solid"},
		"bd":   {Rank: 4, Colour: "green", Marker: "diamond", Dashes: "long dashes"},
		"ir":   {Rank: 5, Colour: "vermillion", Marker: "inverted triangle", Dashes: "dotted"},
	}
	madeUpCompare = []stats.Comparison{
		{Key: results.BlockKey, Value: "se", Against: "none", Role: stats.Control}, {Key: results.BlockKey, Value: "ce", Against: "none"},
		{Key: results.BlockKey, Value: "ce", Against: "se"},
	}
)

// madeUpBlocks gives a layout what the registry of blocks would.
func MadeUpBlocks(l Layout) Layout {
	l.Styles, l.Compare = madeUpStyles, madeUpCompare
	labels := map[string]string{"se": "SE", "ce": "CE", "bd": "BD", "ir": "IR"}
	for k, v := range l.Labels {
		labels[k] = v
	}
	l.Labels = labels
	return l
}
