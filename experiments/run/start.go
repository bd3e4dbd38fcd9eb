package run

import (
	"errors"
	"fmt"
	"io/fs"

	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/report"
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
	return trials, checkStarts(trials, say, func(t *spec.Trial) (classes, channels int) {
		v := weights.Trained{Network: network.Of(&t.Setup), Weights: t.Start.Path}
		if channels, classes, err := v.Ends(); err == nil {
			return classes, channels
		}
		return 2, 3 // any will do: the file lacks more than these
	})
}

// checkStarts checks that trials can start from their files of weights and freeze what they name, and says what is read. ends are the
// numbers of classes and of the images' channels.
func checkStarts(trials []spec.Trial, say func(format string, args ...any), ends func(*spec.Trial) (classes, channels int)) error {
	seen := map[string]bool{}
	for i := range trials {
		t := &trials[i]
		if seen[t.CaseKey()] || t.Start.Path == "" && t.Train.Freeze == "" {
			continue
		}
		seen[t.CaseKey()] = true
		b := nn.NewBuilder()
		classes, channels := ends(t)
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

// startChanged is an error where the results of the trials are of another file of weights than there is now.
func startChanged(s *spec.Spec, o Options, trials []spec.Trial) error {
	recorded, err := report.Read(s, o.Out, o.Quick)
	if err != nil || o.Quick {
		return nil // what is damaged is reported when it is replaced
	}
	for _, t := range trials {
		was := recorded.Trials[t.String()].Start
		if was != nil && t.Start.Hash != "" && was.SHA256 != t.Start.Hash {
			return mistake.Errorf("model.weights: %s has changed since the results in %s: its SHA-256 was %.12s… and is %.12s…; "+
				"--out DIR keeps both, %s replaces them", t.Start.Path, recorded.Dir, was.SHA256, t.Start.Hash, report.Replace)
		}
	}
	return nil
}
