package nash

import (
	"context"
	"fmt"
	"math"
)

// A Share says how often (1) holds at T steps.
type Share struct {
	Steps            int // or Exact
	Correlation      float64
	Signed           bool    // γ and what channels have in common have signs by chance; else all are positive
	Cases, Channels  float64 // shares of cases in which all channels satisfy it, and of channels
	Smallest         float64 // |γ̂_c|/|γ_c|
	casesN, channelN int
}

// A LayerShare is a Share of the groups of a layer of a network.
type LayerShare struct {
	Layer    string
	Groups   int
	Left     int     // channels left out for γ = 0 or no variance
	Variance float64 // smallest (P_3 Σ P_3)_cc/γ_c²
	Shares   []Share
}

// ratios returns |γ̂_c|/|γ_c| of the channels in which γ is not 0, or so small that γ̂ is rounding.
func ratios(scale, gamma []float64) []float64 {
	var out []float64
	size := math.Sqrt(squared(gamma))
	for c, g := range gamma {
		if math.Abs(g) > 1e-4*size {
			out = append(out, math.Abs(scale[c])/math.Abs(g))
		}
	}
	return out
}

func least(x []float64) float64 {
	out := math.Inf(1)
	for _, v := range x {
		out = min(out, v)
	}
	return out
}

// shares are empty shares of one ensemble.
func (p Proposition1) shares(correlation float64, signed bool) []Share {
	var list []Share
	for _, steps := range append(append([]int{}, p.Steps...), Exact) {
		if steps != 0 {
			list = append(list, Share{Steps: steps, Correlation: correlation, Signed: signed, Smallest: math.Inf(1)})
		}
	}
	return list
}

// add counts a case. Cases and Channels are numbers until finishShares.
func (s *Share) add(ratios []float64) {
	all := true
	for _, r := range ratios {
		s.channelN++
		if r >= 1-1e-9 {
			s.Channels++
		} else {
			all = false
		}
		s.Smallest = min(s.Smallest, r)
	}
	s.casesN++
	if all {
		s.Cases++
	}
}

func joinShares(shares, other []Share) {
	for i := range shares {
		s, o := &shares[i], &other[i]
		s.casesN += o.casesN
		s.channelN += o.channelN
		s.Cases += o.Cases
		s.Channels += o.Channels
		s.Smallest = min(s.Smallest, o.Smallest)
	}
}

// finishShares turns numbers into shares and leaves out those of no case.
func finishShares(shares []Share) []Share {
	var list []Share
	for _, s := range shares {
		if s.channelN == 0 {
			continue
		}
		s.Cases /= float64(s.casesN)
		s.Channels /= float64(s.channelN)
		list = append(list, s)
	}
	return list
}

// networks examines Σ and γ of the layers' groups.
func (p Proposition1) networks(ctx context.Context, l *Ledger, r *Proposition1Result) error {
	for i := range p.Layers {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		layer := &p.Layers[i]
		share := LayerShare{Layer: layer.Name, Variance: math.Inf(1), Shares: p.shares(0, false)}
		for j := range layer.Groups() {
			rho, gamma, left := layer.Correlation(j)
			share.Left += left
			if len(gamma) < 2 {
				continue
			}
			share.Groups++
			in := &scaling{rho, gamma, 0, fmt.Sprintf("%s, group %d", layer.Name, j)}
			if p.examine(l, share.Shares, in, true) {
				r.Border++
			}
			s := NewSpectrum(rho, gamma, p.Formulas.Trace(gamma))
			for c, after := range s.Variances(p.powers(s, 3)) {
				share.Variance = min(share.Variance, after/(gamma[c]*gamma[c]))
			}
		}
		share.Shares = finishShares(share.Shares)
		if share.Groups > 0 {
			r.Layers = append(r.Layers, share)
		}
	}
	return nil
}
