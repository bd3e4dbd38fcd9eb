package run

import (
	"math"
	"strings"

	"cenet/nn"
	"cenet/nn/train"
	"cenet/results"
)

// scales are the parameters of a network that a Probe is of, by their paths.
type scales map[string]bool

// find returns a factory of the same blocks that finds the scales of the last BatchNorm of each unit; the stem has no unit.
func (s scales) find(block nn.Factory) nn.Factory {
	return func(b *nn.Builder, site nn.Site) nn.Layer {
		if site.Last && !site.Stem() && site.Norm != nil {
			s[site.Norm.Gamma.Path] = true
		}
		if block == nil {
			return nil
		}
		return block(b, site)
	}
}

// probe looks at the network, which was built with the factory of find; nil where it has none of the BatchNorms, or a scale is not finite.
func (s scales) probe(net *nn.Network) *train.Probe {
	p := &train.Probe{}
	count := 0
	for _, param := range net.Params {
		if !s[param.Path] {
			continue
		}
		for _, g := range param.Data {
			size := math.Abs(float64(g))
			p.Gamma += size
			p.GammaMost = max(p.GammaMost, size)
			count++
		}
	}
	if count == 0 || math.IsNaN(p.Gamma) || math.IsInf(p.Gamma, 0) {
		return nil
	}
	p.Gamma /= float64(count)
	var sum float64
	least, blocks := math.Inf(1), 0
	for _, buffer := range net.Buffers {
		if strings.HasSuffix(buffer.Path, "/running_scale") {
			scale := float64(buffer.Data[0])
			sum += scale
			least = min(least, scale)
			blocks++
		}
	}
	if mean := sum / float64(blocks); blocks > 0 && !math.IsNaN(mean) && !math.IsInf(mean, 0) {
		p.Scale, p.ScaleLeast = &mean, &least
	}
	return p
}

// recordOf is an epoch as records have it.
func recordOf(e train.Epoch) results.Epoch {
	r := results.Epoch{
		Epoch: e.Epoch, LR: e.LR, TrainLoss: results.Loss(e.TrainLoss), TrainTop1: e.TrainTop1,
		TestLoss: results.Loss(e.TestLoss), TestTop1: e.TestTop1, TestTop5: e.TestTop5, FitTop1: e.FitTop1,
	}
	if p := e.Probe; p != nil {
		probe := results.Probe(*p)
		r.Probe = &probe
	}
	return r
}
