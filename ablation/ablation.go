// Package ablation measures what a trained network loses when channels are taken from it, one more at a time.
//
// A site is a unit's output after its addition and ReLU, or the stem's: where all channels of a site are taken away, nothing but a
// constant reaches the rest of the network. What is before a site is computed once for all orders and shares; the network
// runs from the site on only.
//
// References:
//
//	Morcos et al.: On the importance of single directions for generalization (2018), section 3.2.
package ablation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cenet/nn"
	"cenet/nn/stream"
)

// What replaces an ablated channel.
const (
	Zero = "zero"
	Mean = "mean" // of the channel, over the images on which accuracy is measured
)

// A Batch is images with their labels.
type Batch struct {
	X      nn.Tensor
	Labels []int
}

// A Subject is a trained network with images on which its accuracy is measured.
type Subject struct {
	net     *nn.Network
	c       *nn.Context
	batches []Batch
	images  int
}

// New returns a subject. The network's batches hold the images; c, in evaluation, is the subject's alone.
func New(net *nn.Network, c *nn.Context, batches []Batch) *Subject {
	s := &Subject{net: net, c: c, batches: batches}
	for _, b := range batches {
		s.images += b.X.N
	}
	if s.images == 0 {
		panic("ablation: no images")
	}
	c.Train = false
	return s
}

// Sites returns the paths of the network's sites in their order.
func (s *Subject) Sites() []string { return SitesOf(s.net) }

// SitesOf returns the paths of a network's sites in their order: taps between the layers of its root, but for those after a block.
func SitesOf(net *nn.Network) []string {
	var list []string
	for _, t := range net.Places() {
		if !strings.HasSuffix(t.Path, "/block") {
			list = append(list, t.Path)
		}
	}
	return list
}

func (s *Subject) tap(site string) (*nn.Tap, error) {
	for _, t := range s.net.Places() {
		if t.Path == site {
			return t, nil
		}
	}
	return nil, fmt.Errorf("ablation: no site %q; sites: %s", site, strings.Join(s.Sites(), ", "))
}

// A Site is one site with its activations on all images.
type Site struct {
	*Subject
	Path     string
	Channels int
	// Magnitude and Average are the means of |activation| and of the activation itself of each channel, over images and pixels.
	Magnitude, Average []float64

	tap    *nn.Tap
	values []nn.Tensor // of each batch
	work   nn.Tensor
}

// Site runs the network up to a site and keeps its activations. The error names the sites that there are.
func (s *Subject) Site(path string) (*Site, error) {
	t, err := s.tap(path)
	if err != nil {
		return nil, err
	}
	site := &Site{Subject: s, Path: path, tap: t}
	t.Observe = func(x nn.Tensor) {
		site.values = append(site.values, nn.Tensor{Shape: x.Shape, Data: slices.Clone(x.Data)})
	}
	for _, b := range s.batches {
		s.net.Forward(s.c, b.X)
	}
	t.Observe = nil
	site.work = nn.NewTensor(site.values[0].Shape)
	site.Channels = site.work.C
	site.Magnitude, site.Average = make([]float64, site.Channels), make([]float64, site.Channels)
	rows := 0
	for _, x := range site.values {
		rows += x.Rows()
		for i, v := range x.Data {
			c := i % x.C
			site.Average[c] += float64(v)
			if v < 0 {
				v = -v
			}
			site.Magnitude[c] += float64(v)
		}
	}
	for c := range site.Channels {
		site.Magnitude[c] /= float64(rows)
		site.Average[c] /= float64(rows)
	}
	return site, nil
}

// in is what replaces an ablated channel.
func (s *Site) in(channel int, value string) float32 {
	switch value {
	case Zero:
		return 0
	case Mean:
		return float32(s.Average[channel])
	}
	panic("ablation: unknown value")
}

// ablate sets channels of an activation of the site.
func (s *Site) ablate(x nn.Tensor, channels []int, value string) {
	for _, c := range channels {
		v := s.in(c, value)
		for i := c; i < len(x.Data); i += x.C {
			x.Data[i] = v
		}
	}
}

// right counts the images that an output classifies correctly; of equal outputs the first class counts.
func right(y nn.Tensor, labels []int) int {
	n := 0
	for i := range y.N {
		row := y.Data[i*y.C : (i+1)*y.C]
		best := 0
		for k, v := range row {
			if v > row[best] {
				best = k
			}
		}
		if best == labels[i] {
			n++
		}
	}
	return n
}

// Accuracy is the share of images that the network classifies correctly as it is.
func (s *Subject) Accuracy() float64 {
	n := 0
	for _, b := range s.batches {
		n += right(s.net.Forward(s.c, b.X), b.Labels)
	}
	return float64(n) / float64(s.images)
}

// Curve returns the accuracy where the first counts[i] channels of an order are ablated; counts ascend.
func (s *Site) Curve(ctx context.Context, order, counts []int, value string) ([]float64, error) {
	correct := make([]int, len(counts))
	for i, b := range s.batches {
		x := s.work.First(b.X.N)
		copy(x.Data, s.values[i].Data)
		done := 0
		for k, n := range counts {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			s.ablate(x, order[done:n], value)
			done = n
			correct[k] += right(s.net.Rest(s.c, s.tap, x), b.Labels)
		}
	}
	return s.shares(correct), nil
}

func (s *Subject) shares(correct []int) []float64 {
	out := make([]float64, len(correct))
	for k, n := range correct {
		out[k] = float64(n) / float64(s.images)
	}
	return out
}

// Importance returns, for each channel of the site, the accuracy that is lost when it alone is ablated; below 0 where the
// network does better without it.
func (s *Site) Importance(ctx context.Context, value string) ([]float64, error) {
	lost := make([]float64, s.Channels)
	plain := s.Accuracy()
	for c := range lost {
		at, err := s.Curve(ctx, []int{c}, []int{1}, value)
		if err != nil {
			return nil, err
		}
		lost[c] = plain - at[0]
	}
	return lost, nil
}

// Together returns the accuracy where, of every site, the first channels of its order are ablated, as many as the shares say. It
// runs the whole network.
func (s *Subject) Together(ctx context.Context, sites []*Site, orders [][]int, shares []float64, value string) ([]float64, error) {
	correct := make([]int, len(shares))
	defer func() {
		for _, site := range sites {
			site.tap.Replace = nil
		}
	}()
	for k, share := range shares {
		for j, site := range sites {
			channels := orders[j][:Count(share, site.Channels)]
			site.tap.Replace = func(x nn.Tensor) nn.Tensor {
				y := site.work.First(x.N)
				copy(y.Data, x.Data)
				site.ablate(y, channels, value)
				return y
			}
		}
		for _, b := range s.batches {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			correct[k] += right(s.net.Forward(s.c, b.X), b.Labels)
		}
	}
	return s.shares(correct), nil
}

// Whole is Curve at one count by a whole forward pass with masked channels: what Curve must equal.
func (s *Site) Whole(order []int, count int, value string) float64 {
	share, err := s.Together(context.Background(), []*Site{s}, [][]int{order}, []float64{float64(count) / float64(s.Channels)}, value)
	if err != nil {
		panic("ablation: a context without an end has ended")
	}
	return share[0]
}

// Count is the number of channels that a share of them comes to.
func Count(share float64, channels int) int { return int(float64(share*float64(channels)) + 0.5) }

// Counts returns about the given number of counts from 0 to all channels, evenly spaced, none twice.
func Counts(points, channels int) []int {
	var list []int
	for i := range points {
		list = append(list, Count(float64(i)/float64(points-1), channels))
	}
	return slices.Compact(list)
}

// Orders of ablation.
const (
	Random              = "random"
	GammaAscending      = "gamma-ascending"  // the smallest |γ| first, as pruning would
	GammaDescending     = "gamma-descending" // the largest |γ| first
	MagnitudeAscending  = "magnitude-ascending"
	MagnitudeDescending = "magnitude-descending"
)

// Shuffled returns a random order of the given number of channels: the i-th of a seed and a site, the same for every network.
func Shuffled(seed uint64, site string, i, channels int) []int {
	r := stream.New(seed, "ablation "+site, uint64(i))
	order := make([]int, channels)
	for k := range order {
		j := r.IntN(k + 1)
		order[k] = order[j]
		order[j] = k
	}
	return order
}

// By returns the channels in the ascending order of their keys, or in the descending one; channels of equal keys by their index.
func By(keys []float64, descending bool) []int {
	order := make([]int, len(keys))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := keys[a], keys[b]
		if descending {
			x, y = y, x
		}
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return order
}
