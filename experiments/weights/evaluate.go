package weights

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"cenet/experiments/mistake"
	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/train"
)

// Evaluate returns the loss and the accuracies on the images of a folder, dir/test/CLASS, dir/val/CLASS or dir/CLASS, and their number.
// Classes are those of the network by name, if it knows all of them; else they are numbered in the order of their names. An output that is
// not finite is an error.
func (v *Trained) Evaluate(dir string, w View, tested func(done, all int)) (s train.Score, n int, err error) {
	channels, classes, err := v.Ends()
	if err != nil {
		return s, 0, err
	}
	if err := w.Check(channels); err != nil {
		return s, 0, mistake.Of(err)
	}
	data, err := dataset.OpenTest(dir, w.options())
	if err != nil {
		return s, 0, mistake.Of(err)
	}
	v.say(data.Notes...)
	if err := v.number(data.Test, dir, classes); err != nil {
		return s, 0, mistake.Of(err)
	}
	if err := w.fit(data, channels); err != nil {
		return s, 0, err
	}
	in := train.Input(data.Test, min(batch, data.Test.Len()), w.Pad)
	c := nn.NewContext(0)
	defer c.Close()
	net, err := v.network(in, classes, nn.Options{Workers: c.Pool.Workers(), Inference: true})
	if err != nil {
		return s, 0, err
	}
	v.taken(w)
	loss := nn.NewCrossEntropy(in.N, classes, 0)
	t := train.New(net, loss, nil, data, w.Pad, train.Config{Tested: tested, Finite: true})
	defer t.Close()
	if v.Device != nil {
		e, err := train.Open(v.Device, net, loss, nil)
		if err != nil {
			return s, 0, mistake.Of(err)
		}
		t.On(e)
	}
	s, err = t.Evaluate(context.Background(), c)
	if bad := (*train.NotFiniteError)(nil); errors.As(err, &bad) {
		err = v.notFinite(bad.Layer)
	}
	return s, data.Test.Len(), err
}

// number gives the images of a folder the network's numbers of their classes.
func (v *Trained) number(set *dataset.Set, dir string, classes int) error {
	if v.About != nil && len(v.About.Classes) == classes {
		numbers := make([]int, len(set.Classes))
		for i, name := range set.Classes {
			numbers[i] = slices.Index(v.About.Classes, name)
		}
		if !slices.Contains(numbers, -1) {
			for i, label := range set.Labels {
				set.Labels[i] = numbers[label]
			}
			set.Classes = v.About.Classes
			return nil
		}
	}
	if n := len(set.Classes); n != classes {
		return fmt.Errorf("%s has %d classes, %s %d", dir, n, v.Weights, classes)
	}
	if v.About != nil {
		v.say(fmt.Sprintf("%s has the classes %s, %s was trained on %s: they are taken in this order", dir, short(set.Classes), v.Weights,
			short(v.About.Classes)))
	}
	return nil
}

// taken tells how images are prepared for a network whose file does not say it.
func (v *Trained) taken(w View) {
	if v.About == nil {
		v.say(fmt.Sprintf("%s does not say how images were prepared; taken: %v", v.Weights, w))
	}
}

// short names the first of some classes.
func short(classes []string) string {
	const most = 5
	if len(classes) > most {
		return strings.Join(classes[:most], ", ") + " …"
	}
	return strings.Join(classes, ", ")
}

// A Guess is a class with the probability that a network gives it.
type Guess struct {
	Class int
	P     float64
}

// Predict returns for each image the classes with the largest probabilities, at most n. An output that is not finite is an error.
func (v *Trained) Predict(paths []string, w View, n int) (guesses [][]Guess, err error) {
	channels, classes, err := v.Ends()
	if err != nil {
		return nil, err
	}
	if err := w.Check(channels); err != nil {
		return nil, mistake.Of(err)
	}
	data, err := dataset.OpenImages(paths, w.options())
	if err != nil {
		return nil, mistake.Of(err)
	}
	if err := w.fit(data, channels); err != nil {
		return nil, err
	}
	set := data.Test
	in := train.Input(set, 1, w.Pad)
	c := nn.NewContext(0)
	defer c.Close()
	net, err := v.network(in, classes, nn.Options{Workers: c.Pool.Workers(), Inference: true})
	if err != nil {
		return nil, err
	}
	infer, done, err := v.inference(net, c)
	if err != nil {
		return nil, err
	}
	defer done()
	v.taken(w)
	loader := dataset.NewLoader(set, data.Normalisation(), w.Pad)
	defer loader.Close()
	order := make([]int, set.Len())
	for i := range order {
		order[i] = i
	}
	loader.Begin(dataset.Pass{Order: order})
	x := nn.NewTensor(in)
	for i, path := range paths {
		if _, err := loader.FillOne(x.Data, i); err != nil {
			return nil, mistake.Of(err)
		}
		y, err := infer(x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		guesses = append(guesses, most(y, n))
	}
	return guesses, nil
}

// most returns the n classes with the largest probabilities.
func most(logits []float32, n int) []Guess {
	largest, sum := slices.Max(logits), 0.0
	var list []Guess
	for class, v := range logits {
		p := math.Exp(float64(v - largest))
		sum += p
		list = append(list, Guess{class, p})
	}
	slices.SortStableFunc(list, func(a, b Guess) int { return cmp.Compare(b.P, a.P) })
	list = list[:min(n, len(list))]
	for i := range list {
		list[i].P /= sum
	}
	return list
}
