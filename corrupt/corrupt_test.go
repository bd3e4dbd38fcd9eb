package corrupt

import (
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"testing"

	"cenet/nn/dataset"
)

func made(n, classes int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i * 7 % classes
	}
	return labels
}

// The effective rate lies in the binomial interval about the expected one: four standard deviations.
func TestEffectiveRate(t *testing.T) {
	const n, classes = 10000, 10
	labels := made(n, classes)
	for _, kind := range Kinds() {
		for _, rate := range []float64{0, 0.2, 0.4, 0.6, 0.8, 1} {
			for seed := range uint64(5) {
				out, r := Labels(labels, classes, "print", kind, rate, seed)
				wrong := 0
				for i := range out {
					if out[i] < 0 || out[i] >= classes {
						t.Fatalf("label %d", out[i])
					}
					if out[i] != labels[i] {
						wrong++
					}
				}
				if got := float64(wrong) / n; got != r.Effective {
					t.Errorf("%s %v: %v reported, %v are wrong", kind, rate, r.Effective, got)
				}
				for _, c := range []struct {
					name      string
					got, want float64
				}{{"effective", r.Effective, expected(kind, rate, classes)}, {"replaced", r.Replaced, rate}} {
					if math.Abs(c.got-c.want) > 4*math.Sqrt(c.want*(1-c.want)/n) {
						t.Errorf("%s %v, seed %d: %s rate %v, expected %v", kind, rate, seed, c.name, c.got, c.want)
					}
				}
			}
		}
	}
}

// Every class is drawn alike in place of every other.
func TestSymmetric(t *testing.T) {
	const n, classes = 100000, 10
	labels := made(n, classes)
	out, _ := Labels(labels, classes, "", Symmetric, 1, 3)
	var count [classes][classes]float64
	for i := range out {
		count[labels[i]][out[i]]++
	}
	var chi float64
	for _, row := range count {
		for _, v := range row {
			const want = n / classes / classes
			chi += (v - want) * (v - want) / want
		}
	}
	// 90 degrees of freedom: mean 90, standard deviation 13.4.
	if chi > 90+5*13.4 {
		t.Errorf("χ² = %v", chi)
	}
	out, _ = Labels(labels, classes, "", Pairwise, 1, 3)
	for i := range out {
		if out[i] != (labels[i]+1)%classes {
			t.Fatalf("pairwise: %d for %d", out[i], labels[i])
		}
	}
}

// The labels are these, on every machine; they differ with the seed and with the images, and what a rate replaces a higher one
// replaces by the same.
func TestDeterministic(t *testing.T) {
	labels := made(1000, 10)
	at := func(print string, rate float64, seed uint64) []int {
		out, _ := Labels(labels, 10, print, Symmetric, rate, seed)
		return out
	}
	const want = "f20077652526ca1b"
	if got := fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, at("p", 0.4, 1))))[:16]; got != want {
		t.Errorf("labels %s, want %s", got, want)
	}
	if !slices.Equal(at("p", 0.4, 1), at("p", 0.4, 1)) {
		t.Error("twice the same call, other labels")
	}
	if slices.Equal(at("p", 0.4, 1), at("p", 0.4, 2)) || slices.Equal(at("p", 0.4, 1), at("q", 0.4, 1)) {
		t.Error("neither seed nor images matter")
	}
	low, high := at("p", 0.2, 1), at("p", 0.6, 1)
	for i := range low {
		if low[i] != labels[i] && low[i] != high[i] {
			t.Fatalf("label %d: %d at 0.2, %d at 0.6", i, low[i], high[i])
		}
	}
	if !slices.Equal(at("p", 0, 1), labels) {
		t.Error("rate 0 changes labels")
	}
}

// Images and test labels stay as they are, and so does what was handed in.
func TestData(t *testing.T) {
	train := &dataset.Set{Height: 1, Width: 1, Channels: 1, Pixels: make([]uint8, 50), Labels: made(50, 3), Classes: []string{"a", "b", "c"}}
	test := &dataset.Set{Height: 1, Width: 1, Channels: 1, Pixels: make([]uint8, 20), Labels: made(20, 3), Classes: train.Classes}
	before := slices.Clone(train.Labels)
	d := &dataset.Data{Name: "made", Train: train, Test: test}
	out, r := Data(d, d.Fingerprint(), Symmetric, 0.8, 1)
	if out.Test != test || !slices.Equal(test.Labels, made(20, 3)) || &out.Train.Pixels[0] != &train.Pixels[0] {
		t.Error("images or test labels were touched")
	}
	if !slices.Equal(train.Labels, before) || slices.Equal(out.Train.Labels, before) || r.Effective == 0 {
		t.Error("the labels handed in were changed, or none was")
	}
}

func TestRefused(t *testing.T) {
	for name, f := range map[string]func(){
		"rate":  func() { Labels(nil, 2, "", Symmetric, 1.1, 0) },
		"NaN":   func() { Labels(nil, 2, "", Symmetric, math.NaN(), 0) },
		"kind":  func() { Labels(nil, 2, "", "odd", 0, 0) },
		"class": func() { Labels(nil, 0, "", Symmetric, 0, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// expected is the effective rate to expect of a kind at a nominal rate: a draw from all classes hits the true one now and then.
func expected(kind string, rate float64, classes int) float64 {
	if kind == Symmetric {
		return rate * (1 - 1/float64(classes))
	}
	return rate
}
