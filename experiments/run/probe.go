package run

import (
	"math"
	"strings"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/train"
	"cenet/results"
)

// scales are the parameters of a network that a Probe is of.
type scales struct {
	gammas map[string]bool // by their paths
}

// buildProbed builds the setup's network, and finds the scales of the last BatchNorm of each unit; the stem has no unit.
func buildProbed(s *spec.Setup, b *nn.Builder, classes, inputs int) (nn.Layer, *scales, error) {
	found := &scales{gammas: map[string]bool{}}
	block := network.Factory(s)
	root, err := network.BuildWith(s, b, classes, inputs, func(b *nn.Builder, site nn.Site) nn.Layer {
		if site.Last && !site.Stem() && site.Norm != nil {
			found.gammas[site.Norm.Gamma.Path] = true
		}
		if block == nil {
			return nil
		}
		return block(b, site)
	})
	return root, found, err
}

// probe looks at the network, which was built from what buildProbed returned; nil where it has none of the BatchNorms, or a scale is not finite.
func (s *scales) probe(net *nn.Network) *train.Probe {
	p := &train.Probe{}
	count := 0
	for _, param := range net.Params {
		if !s.gammas[param.Path] {
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
		Epoch: e.Epoch, LR: e.LR, TrainLoss: e.TrainLoss, TrainTop1: e.TrainTop1,
		TestLoss: e.TestLoss, TestTop1: e.TestTop1, TestTop5: e.TestTop5, FitTop1: e.FitTop1,
	}
	if p := e.Probe; p != nil {
		probe := results.Probe(*p)
		r.Probe = &probe
	}
	return r
}
