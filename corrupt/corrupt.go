// Package corrupt replaces training labels by wrong ones, to see how a network learns despite them and how far it learns them by
// heart.
//
// References:
//
//	Zhang et al.: Understanding deep learning requires rethinking generalization (2017), section 2.2: with some probability a
//	label is replaced by one drawn from all classes alike.
//	Patrini et al.: Making deep neural networks robust to label noise (2017), section 5: labels of one class are taken for
//	those of one other.
package corrupt

import (
	"cenet/nn/dataset"
	"cenet/nn/stream"
)

// Kinds of corruption.
const (
	Symmetric = "symmetric" // the new label is drawn from all classes, the true one among them
	Pairwise  = "pairwise"  // the new label is the class that follows the true one, the first class after the last
)

// Kinds lists the kinds of corruption.
func Kinds() []string { return []string{Symmetric, Pairwise} }

// A Report says how many labels were replaced.
type Report struct {
	Kind      string
	Nominal   float64 // probability with which a label is replaced
	Replaced  float64 // share of labels that were replaced, some of them by themselves
	Effective float64 // share of labels that are wrong
}

// Labels returns corrupted copies of labels, indices into the given number of classes. The result follows from the labels, the images'
// fingerprint, rate, kind and seed. A label that is
// replaced at one rate is replaced at every higher one too, by the same. It panics
// where the rate is outside [0, 1], the kind is not one of Kinds, or there is no class.
func Labels(labels []int, classes int, print, kind string, rate float64, seed uint64) ([]int, Report) {
	switch {
	case !(rate >= 0 && rate <= 1):
		panic("corrupt: rate outside [0, 1]")
	case kind != Symmetric && kind != Pairwise:
		panic("corrupt: unknown kind")
	case classes < 1:
		panic("corrupt: no class")
	}
	s := stream.New(seed, "corrupt "+kind+" "+print)
	out := make([]int, len(labels))
	replaced, wrong := 0, 0
	for i, label := range labels {
		// Both are drawn for every label, so that the draws of the next one do not depend on the rate.
		draw, other := s.Float64(), s.IntN(classes)
		out[i] = label
		if draw >= rate {
			continue
		}
		if kind == Pairwise {
			other = (label + 1) % classes
		}
		replaced++
		if out[i] = other; other != label {
			wrong++
		}
	}
	r := Report{Kind: kind, Nominal: rate}
	if n := float64(len(labels)); n > 0 {
		r.Replaced, r.Effective = float64(replaced)/n, float64(wrong)/n
	}
	return out, r
}

// Data returns data whose training labels are corrupted, see Labels. The images, shared, and the test labels stay as they are.
func Data(d *dataset.Data, print, kind string, rate float64, seed uint64) (*dataset.Data, Report) {
	train := *d.Train
	var r Report
	train.Labels, r = Labels(d.Train.Labels, len(train.Classes), print, kind, rate, seed)
	out := *d
	out.Train = &train
	return &out, r
}
