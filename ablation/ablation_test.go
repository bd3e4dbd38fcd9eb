package ablation

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/model"
	"cenet/nn/stream"
)

// subject is an untrained network with random γ, which ablation need not know, and images labelled by what it says of them.
func subject(t *testing.T, backbone string, blocks nn.Factory) *Subject {
	t.Helper()
	b := nn.NewBuilder()
	root, err := model.Backbones[backbone].New(b, model.Spec{Classes: 5, Inputs: 2, Width: 0.125, Small: true, Block: blocks})
	if err != nil {
		t.Fatal(err)
	}
	net, err := b.Build(root, nn.Shape{N: 8, H: 16, W: 16, C: 2}, nn.Options{Seed: 3, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := stream.New(1, "test")
	for _, p := range net.Params {
		if strings.HasSuffix(p.Path, "gamma") || strings.HasSuffix(p.Path, "beta") {
			for i := range p.Data {
				p.Data[i] += float32(0.3 * r.Normal())
			}
		}
	}
	c := nn.NewContext(1)
	t.Cleanup(c.Close)
	var batches []Batch
	for _, n := range []int{8, 8, 5} {
		x := nn.NewTensor(nn.Shape{N: n, H: 16, W: 16, C: 2})
		for i := range x.Data {
			x.Data[i] = float32(r.Normal())
		}
		y := net.Forward(c, x)
		labels := make([]int, n)
		for i := range labels {
			row := y.Data[i*5 : (i+1)*5]
			labels[i] = slices.Index(row, slices.Max(row))
			if i%4 == 3 {
				labels[i] = (labels[i] + 1) % 5 // some are wrong
			}
		}
		batches = append(batches, Batch{x, labels})
	}
	return New(net, c, batches)
}

// Ablation from the site on gives, at every site, share and value, what a whole forward pass with masked channels gives; at 0 % the plain
// accuracy; at 100 % that of a constant input to the rest, which takes all images for the same class.
func TestBruteForce(t *testing.T) {
	ctx := context.Background()
	with := func(b *nn.Builder, s nn.Site) nn.Layer {
		return ce.New(b, s, ce.Official())
	}
	for name, s := range map[string]*Subject{
		"resnet18": subject(t, "resnet18", nil), "resnet18 CE": subject(t, "resnet18", with), "mobilenetv2": subject(t, "mobilenetv2", nil),
		"shufflenetv2-1.0": subject(t, "shufflenetv2-1.0", nil),
	} {
		plain := s.Accuracy()
		if plain != 16.0/21 {
			t.Fatalf("%s: accuracy %v", name, plain)
		}
		changed := false
		for _, path := range s.Sites() {
			site, err := s.Site(path)
			if err != nil {
				t.Fatal(err)
			}
			order := Shuffled(1, path, 0, site.Channels)
			counts := Counts(5, site.Channels)
			for _, value := range []string{Zero, Mean} {
				curve, err := site.Curve(ctx, order, counts, value)
				if err != nil {
					t.Fatal(err)
				}
				for k, n := range counts {
					if whole := site.Whole(order, n, value); whole != curve[k] {
						t.Errorf("%s %s, %s, %d channels: %v, by the whole network %v", name, path, value, n, curve[k], whole)
					}
					changed = changed || curve[k] != plain
				}
				if curve[0] != plain {
					t.Errorf("%s %s: %v at 0 %%, want %v", name, path, curve[0], plain)
				}
				if want := site.constant(value); curve[len(curve)-1] != want {
					t.Errorf("%s %s, %s: %v at 100 %%, that of a constant is %v", name, path, value, curve[len(curve)-1], want)
				}
			}
		}
		if !changed {
			t.Errorf("%s: no ablation changes anything", name)
		}
	}
}

// constant is the accuracy of a constant input to the rest.
func (s *Site) constant(value string) float64 {
	x := nn.NewTensor(nn.Shape{N: 1, H: s.work.H, W: s.work.W, C: s.Channels})
	for i := range x.Data {
		x.Data[i] = s.in(i%s.Channels, value)
	}
	y := s.net.Rest(s.c, s.tap, x)
	class := slices.Index(y.Data[:y.C], slices.Max(y.Data[:y.C]))
	n := 0
	for _, b := range s.batches {
		for _, label := range b.Labels {
			if label == class {
				n++
			}
		}
	}
	return float64(n) / float64(s.images)
}

// Of several sites together each loses its share, and none stays replaced.
func TestTogether(t *testing.T) {
	s := subject(t, "resnet18", nil)
	var sites []*Site
	var orders [][]int
	for _, path := range s.Sites() {
		site, err := s.Site(path)
		if err != nil {
			t.Fatal(err)
		}
		sites = append(sites, site)
		orders = append(orders, By(site.Magnitude, true))
	}
	plain := s.Accuracy()
	got, err := s.Together(context.Background(), sites, orders, []float64{0, 1}, Zero)
	if err != nil {
		t.Fatal(err)
	}
	last := sites[len(sites)-1]
	if got[0] != plain || got[1] != last.constant(Zero) {
		t.Errorf("%v, want %v and %v", got, plain, last.constant(Zero))
	}
	if s.Accuracy() != plain {
		t.Error("the network stays ablated")
	}
	lost, err := last.Importance(context.Background(), Zero)
	if err != nil {
		t.Fatal(err)
	}
	for c, v := range lost {
		if want := plain - last.Whole([]int{c}, 1, Zero); v != want {
			t.Errorf("channel %d loses %v, want %v", c, v, want)
		}
	}
	if _, err := s.Site("stage9/unit0"); err == nil || !strings.Contains(err.Error(), "stage1/unit0") {
		t.Errorf("a site that is not there: %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := last.Curve(ended, orders[0], []int{1}, Zero); err == nil {
		t.Error("goes on when the context has ended")
	}
}

func TestOrders(t *testing.T) {
	for i := range 20 {
		order := Shuffled(7, "stem", i, 9)
		sorted := slices.Clone(order)
		slices.Sort(sorted)
		if !slices.Equal(sorted, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}) {
			t.Fatalf("%v is no order", order)
		}
		if i > 0 && slices.Equal(order, Shuffled(7, "stem", 0, 9)) {
			t.Errorf("order %d is the first one", i)
		}
	}
	if got := By([]float64{2, 1, 3, 1}, false); !slices.Equal(got, []int{1, 3, 0, 2}) {
		t.Errorf("ascending %v", got)
	}
	if got := By([]float64{2, 1, 3, 1}, true); !slices.Equal(got, []int{2, 0, 1, 3}) {
		t.Errorf("descending %v", got)
	}
	if got := Counts(5, 3); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("counts %v", got)
	}
}

func TestMeasures(t *testing.T) {
	x := []float64{0, 0.5, 1}
	for _, c := range []struct{ got, want float64 }{
		{Area(x, []float64{0.8, 0.8, 0.8}), 1},
		{Area(x, []float64{0.8, 0.4, 0}), 0.5},
		{At(x, []float64{0.8, 0.4, 0}, 0.25), 0.6},
		{At(x, []float64{0.8, 0.4, 0}, 0.5), 0.4},
		{Gini([]float64{1, 1, 1, 1}), 0},
		{Gini([]float64{0, 0, 5, -1}), 0.75},
		{Gini([]float64{1, 3}), 0.25},
	} {
		if math.Abs(c.got-c.want) > 1e-15 {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
	if !math.IsNaN(Gini([]float64{0, -1})) || !math.IsNaN(Area(x, []float64{0, 0, 0})) {
		t.Error("what is not defined is a number")
	}
}
