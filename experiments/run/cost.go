package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/median"
	"cenet/nn/train"
	"cenet/results"
)

// Cost counts the trial's own network, and the paper's own with the same settings.
func (t *Task) Cost() (*results.Cost, error) {
	count := func(s spec.Setup, in nn.Shape, classes int) (params int, all float64, err error) {
		b := nn.NewBuilder()
		root, err := network.Build(&s, b, classes, in.C)
		if err != nil {
			return 0, 0, err
		}
		layers, list, err := b.Describe(root, in)
		if err != nil {
			return 0, 0, mistake.Errorf("%s: %w", t, err)
		}
		params, _, operations := network.Totals(layers, list)
		return params, float64(operations), nil
	}
	var c results.Cost
	var own, paper error
	c.Params, c.MACs, own = count(t.Setup, t.Input(1), len(t.Images.Train.Classes))
	c.PaperParams, c.PaperMACs, paper = count(t.Setup.Paper(), nn.Shape{N: 1, H: network.PaperSide, W: network.PaperSide, C: 3},
		network.PaperClasses)
	return &c, errors.Join(own, paper)
}

// Networks are the tasks whose networks' costs the experiment measures, the first with each backbone, block and precision; nil: none.
func (p *Plan) Networks() (list []*Task) {
	if !p.spec.Costs {
		return nil
	}
	seen := map[[3]string]bool{}
	for _, t := range p.Tasks {
		if name := [3]string{t.Model.Backbone, t.Model.Block, t.Train.Precision}; !seen[name] {
			seen[name] = true
			list = append(list, t)
		}
	}
	return list
}

// networkCosts describes the paper's own networks of tasks, and times their inference of one image where this machine has not yet done so,
// by what is finished.
func networkCosts(ctx context.Context, networks []*Task, done map[string]results.Record, log *Progress) ([]results.Record, error) {
	var records []results.Record
	for _, t := range networks {
		o := t.Options
		name := t.Model.Backbone + " " + t.Model.Block
		settings, precision := map[string]any{results.ModelKey: t.Model.Backbone, results.BlockKey: t.Model.Block}, ""
		if p := network.Precision(&t.Setup); p != nn.Float32 {
			precision = p.String()
			name += " " + precision
			settings[spec.PrecisionKey] = precision
		}
		words := []string{"network", speed, name, state.Numerics, kernel.Family(), state.Processor()}
		gpu := o.Devices.GPU()
		if gpu != "" {
			words = append(words, gpu)
		}
		sum := sha256.Sum256([]byte(strings.Join(words, "\n")))
		identity := hex.EncodeToString(sum[:])
		code, err := t.code()
		if err != nil {
			return nil, err
		}
		if r, ok := done[identity]; ok && r.Provenance.Code == code {
			records = append(records, r)
			continue
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		began := time.Now()
		setup := t.Setup.Paper()
		layers, params, err := network.Describe(setup, nn.Shape{N: 1, H: network.PaperSide, W: network.PaperSide, C: 3}, network.PaperClasses)
		if err != nil {
			return nil, err
		}
		count, _, all := network.Totals(layers, params)
		onCPU, err := timeInference(&setup, nil)
		if err != nil {
			return nil, err
		}
		var onGPU timed
		if gpu != "" {
			d := o.Devices.Take()
			onGPU, err = timeInference(&setup, d)
			o.Devices.Give(d)
			if err != nil {
				return nil, err
			}
		}
		r := results.Record{
			Kind: results.KindNetwork, Name: name, Identity: identity,
			Settings: settings,
			Network: &results.Network{
				Model: t.Model.Backbone, Block: t.Model.Block, Precision: precision, Params: count, MACs: float64(all),
				CPUSeconds: onCPU.median, CPURuns: network.PaperRuns, Batch: 1, GPUSeconds: onGPU.median, GPU: gpu,
				CPULow: onCPU.low, CPUHigh: onCPU.high, GPULow: onGPU.low, GPUHigh: onGPU.high,
				Input: fmt.Sprintf("%d×%d×3, %d classes", network.PaperSide, network.PaperSide, network.PaperClasses),
			},
			Provenance: state.Provenance(began, time.Since(began).Seconds(), runtime.GOMAXPROCS(0), 0),
		}
		r.Provenance.Code = code
		log.Printf("%s: %.2f million parameters, %.3f GFLOPs, %.3f s an image", name, float64(count)/1e6, float64(all)/1e9, onCPU.median)
		records = append(records, r)
		if err := o.dir().Keep(r); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// timed is the median of some times in seconds, with the ends of its 95 % interval.
type timed struct{ median, low, high float64 }

// timeInference times inferences of one image by all workers, or on a device.
func timeInference(s *spec.Setup, d graph.Device) (timed, error) {
	c := nn.NewContext(0)
	defer c.Close()
	net, err := network.New(s, nn.Shape{N: 1, H: network.PaperSide, W: network.PaperSide, C: 3}, network.PaperClasses,
		nn.Options{Workers: c.Pool.Workers(), Inference: true, Lazy: d != nil})
	if err != nil {
		return timed{}, err
	}
	x, out := nn.NewTensor(net.In), nn.NewTensor(net.Out)
	infer := func() error {
		net.Forward(c, x)
		return nil
	}
	if d != nil {
		e, err := train.Open(d, net, nil, nil)
		if err != nil {
			return timed{}, err
		}
		defer e.Close()
		infer = func() error { return e.Infer(out.Data, x.Data) }
	}
	var took []float64
	for range network.PaperRuns + 1 {
		began := time.Now()
		if err := infer(); err != nil {
			return timed{}, err
		}
		took = append(took, time.Since(began).Seconds())
	}
	took = took[1:] // the first touches the memory
	low, high := median.Interval(took)
	return timed{median.Of(took), low, high}, nil
}

// speed is raised by hand when inference gets faster or is timed otherwise, so that it is timed again.
const speed = "3"
