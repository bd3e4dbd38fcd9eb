package run

import (
	"errors"
	"fmt"
	"io/fs"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/experiments/weights"
	"cenet/nn"
	"cenet/results"
)

// Trials are those of an experiment, or of its quick run, with the hashes of the files of weights that they start from. The error is a
// mistake.Error.
func Trials(s *spec.Spec, o Options) ([]spec.Trial, error) {
	trials := s.Trials()
	if o.Quick {
		trials = spec.Quick(trials)
	}
	for i := range trials {
		start := &trials[i].Start
		if start.Path == "" {
			continue
		}
		var err error
		if start.Hash, err = weights.Hash(start.Path); err != nil {
			return nil, ofWeights(err)
		}
	}
	return trials, nil
}

// ofWeights is an error about a file of weights that a trial starts from.
func ofWeights(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w; --set %[1]s=FILE names another", spec.WeightsKey, err)
	}
	return fmt.Errorf("%s: %w", spec.WeightsKey, err)
}

// CheckedTrials are Trials whose files of weights are opened, and fit the networks. No image is read.
func CheckedTrials(s *spec.Spec, o Options, say func(format string, args ...any)) ([]spec.Trial, error) {
	trials, err := Trials(s, o)
	if err != nil {
		return nil, err
	}
	tasks := make([]*Task, len(trials))
	for i, t := range trials {
		tasks[i] = &Task{Trial: t}
	}
	return trials, checkStarts(tasks, say)
}

// checkStarts checks that tasks can start from their files of weights and freeze what they name, and says what is read. The images of a
// task may be nil.
func checkStarts(tasks []*Task, say func(format string, args ...any)) error {
	seen := map[string]bool{}
	for _, task := range tasks {
		t := &task.Trial
		if t.Start.Path == "" && t.Train.Freeze == "" || seen[t.CaseKey()] {
			continue
		}
		seen[t.CaseKey()] = true
		classes, channels := 2, 3 // any will do if the file does not tell: it lacks more than these
		if task.Images != nil {
			classes, channels = len(task.Images.Train.Classes), task.Images.Train.Channels
		} else if in, out, err := (&weights.Trained{Network: network.Of(&t.Setup), Weights: t.Start.Path}).Ends(); err == nil {
			classes, channels = out, in
		}
		b := nn.NewBuilder()
		if _, err := network.Build(&t.Setup, b, classes, channels); err != nil {
			return err
		}
		net := b.Parameters(nn.Options{})
		if _, err := frozen(t, net); err != nil {
			return err
		}
		lines, err := start(t, net)
		if err != nil {
			return err
		}
		for _, line := range lines {
			say("%s", line)
		}
	}
	return nil
}

// start sets the network to the file of weights that the trial starts from, if it has one, and returns lines on what is read.
func start(t *spec.Trial, net *nn.Network) ([]string, error) {
	if t.Start.Path == "" {
		return nil, nil
	}
	lines, err := weights.Start(network.Of(&t.Setup), net, t.Start.Path, t.Start.Hash)
	if err != nil {
		return nil, ofWeights(err)
	}
	return lines, nil
}

// frozen are the paths of the parameters that the trial does not train.
func frozen(t *spec.Trial, net *nn.Network) (map[string]bool, error) {
	paths, err := weights.Frozen(network.Of(&t.Setup), net.Params, t.Train.Freeze)
	if err != nil {
		return nil, fmt.Errorf("train.freeze: %w", err)
	}
	return paths, nil
}

// startRecord is the file of weights that the trial starts from, as its record has it.
func (t *Task) startRecord() *results.Start {
	if t.Start.Path == "" {
		return nil
	}
	return &results.Start{File: t.Model.Weights, SHA256: t.Start.Hash}
}
