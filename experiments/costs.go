package experiments

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/results"
)

// The paper's images and classes, and how often an inference is timed.
const (
	paperSide    = 224
	paperClasses = 1000
	paperRuns    = 3
)

// speed is raised by hand when inference gets faster, so that it is timed again.
const speed = "2"

// Paper returns the setup with the paper's own network: full width, the stem for 224×224 images.
func (s Setup) Paper() Setup {
	s.Model.Width = 1
	s.Model.Stem = "imagenet"
	return s
}

// Describe returns the layers and parameters of the setup's network for one image of the given side and channels.
func (s Setup) Describe(side, inputs, classes int) ([]nn.LayerInfo, []*nn.Param, error) {
	b := nn.NewBuilder()
	root, err := s.build(b, classes, inputs)
	if err != nil {
		return nil, nil, err
	}
	return b.Describe(root, nn.Shape{N: 1, H: side, W: side, C: inputs})
}

// Totals sums a description: parameters, multiply-accumulates, and all operations under the rule of nn.Cost.
func Totals(layers []nn.LayerInfo, params []*nn.Param) (count, macs, all int) {
	for _, l := range layers {
		macs += l.MACs
		all += l.MACs + l.Other
	}
	for _, p := range params {
		count += nn.Size(p.Shape)
	}
	return count, macs, all
}

// cost counts the trial's own network, and the paper's own with the same settings.
func (t *Trial) cost(data *opened) (*results.Cost, error) {
	count := func(s Setup, in nn.Shape, classes int) (params int, all float64, err error) {
		b := nn.NewBuilder()
		root, err := s.build(b, classes, in.C)
		if err != nil {
			return 0, 0, err
		}
		layers, list, err := b.Describe(root, in)
		if err != nil {
			return 0, 0, &InputError{fmt.Errorf("%s: %w", t, err)}
		}
		params, _, operations := Totals(layers, list)
		return params, float64(operations), nil
	}
	var c results.Cost
	var own, paper error
	c.Params, c.MACs, own = count(t.Setup, t.input(data, 1), len(data.Train.Classes))
	c.PaperParams, c.PaperMACs, paper = count(t.Setup.Paper(), nn.Shape{N: 1, H: paperSide, W: paperSide, C: 3}, paperClasses)
	return &c, errors.Join(own, paper)
}

// networkCosts describes the paper's own network of every case, and times its inference of one image where this
// machine has not yet done so.
func networkCosts(ctx context.Context, s *Spec, o Options, done map[string]results.Record, log *progress) ([]results.Record, error) {
	var records []results.Record
	var seen []string
	for _, t := range s.Trials() {
		name := t.Model.Backbone + " " + t.Model.Block
		if slices.Contains(seen, name) {
			continue
		}
		seen = append(seen, name)
		sum := sha256.Sum256([]byte(strings.Join([]string{"network", speed, name, numerics, kernel.Family(), processor()}, "\n")))
		identity := hex.EncodeToString(sum[:])
		if r, ok := done[identity]; ok {
			records = append(records, r)
			continue
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		began := time.Now()
		setup := t.Setup.Paper()
		layers, params, err := setup.Describe(paperSide, 3, paperClasses)
		if err != nil {
			return nil, err
		}
		count, _, all := Totals(layers, params)
		seconds, err := setup.timeInference()
		if err != nil {
			return nil, err
		}
		r := results.Record{
			Kind: results.KindNetwork, Name: name, Identity: identity,
			Settings: map[string]any{results.ModelKey: t.Model.Backbone, results.BlockKey: t.Model.Block},
			Network: &results.Network{
				Model: t.Model.Backbone, Block: t.Model.Block, Params: count, MACs: float64(all),
				CPUSeconds: seconds, CPURuns: paperRuns, Batch: 1,
				Input: fmt.Sprintf("%d×%d×3, %d classes", paperSide, paperSide, paperClasses),
			},
			Provenance: provenance(began, time.Since(began).Seconds(), runtime.GOMAXPROCS(0), 0),
		}
		log.printf("%s: %.2f million parameters, %.3f GFLOPs, %.3f s an image", name, float64(count)/1e6, float64(all)/1e9, seconds)
		records = append(records, r)
		if err := o.keep(r); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// Network builds the setup's network for images of the given shape.
func (s *Setup) Network(in nn.Shape, classes int, o nn.Options) (*nn.Network, error) {
	b := nn.NewBuilder()
	root, err := s.build(b, classes, in.C)
	if err != nil {
		return nil, err
	}
	return b.Build(root, in, o)
}

// timeInference is the median time, in seconds, of an inference of one image by all workers.
func (s *Setup) timeInference() (float64, error) {
	c := nn.NewContext(0)
	defer c.Close()
	net, err := s.Network(nn.Shape{N: 1, H: paperSide, W: paperSide, C: 3}, paperClasses, nn.Options{Workers: c.Pool.Workers(), Inference: true})
	if err != nil {
		return 0, err
	}
	x := nn.NewTensor(net.In)
	var took []float64
	for range paperRuns + 1 {
		began := time.Now()
		net.Forward(c, x)
		took = append(took, time.Since(began).Seconds())
	}
	took = took[1:] // the first touches the memory
	slices.Sort(took)
	return took[len(took)/2], nil
}

// PaperSetup is the paper's network by name, with a block at its default place and options.
func PaperSetup(backbone, block string) (Setup, error) {
	s := &Spec{names: Registered()}
	if err := s.Set("model.backbone", backbone); err != nil {
		return Setup{}, err
	}
	if err := s.Set("model.block", block); err != nil {
		return Setup{}, err
	}
	return s.setup(nil), nil
}

// PaperFigures returns what the paper prints of a network with a block, from the first experiment that comes with the program and
// has it; ok is false where none has.
func PaperFigures(backbone, block string) (cell Cell, ok bool) {
	for _, name := range Embedded() {
		file, src, err := Open(name)
		if err != nil {
			continue
		}
		s, err := Load(file, src, Registered())
		if err != nil {
			continue // which a test of the embedded files tells
		}
		for _, cell := range s.Paper {
			if cell.Model == backbone && cell.Block == block {
				return cell, true
			}
		}
	}
	return Cell{}, false
}
