package run

import (
	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/report"
	"cenet/experiments/spec"
	"cenet/experiments/weights"
	"cenet/nn"
	"cenet/results"
)

// Trials are those of an experiment, or of its quick run, with the hashes of the files of weights that they start from. The error is an
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
			return nil, err
		}
	}
	return trials, nil
}

// checkStart checks before any work that trials can start from their files of weights and freeze what they name, and says what is read.
func (w *Plan) checkStart(o Options, say func(format string, args ...any)) error {
	seen := map[string]bool{}
	for i := range w.Missing {
		t := &w.Missing[i]
		if seen[t.CaseKey()] || t.Start.Path == "" && t.Train.Freeze == "" {
			continue
		}
		seen[t.CaseKey()] = true
		b := nn.NewBuilder()
		set := w.Task(*t, o).Images.Train
		if _, err := network.Build(&t.Setup, b, len(set.Classes), set.Channels); err != nil {
			return err
		}
		net := b.Parameters(nn.Options{})
		if _, err := weights.Frozen(&t.Setup, net.Params, t.Train.Freeze); err != nil {
			return err
		}
		if t.Start.Path == "" {
			continue
		}
		lines, err := weights.Start(&t.Setup, net, t.Start.Path, t.Start.Hash)
		if err != nil {
			return err
		}
		for _, line := range lines {
			say("%s", line)
		}
	}
	return nil
}

// start sets the network to the file of weights that the trial starts from, if it has one.
func (t *Task) start(net *nn.Network) error {
	if t.Start.Path == "" {
		return nil
	}
	_, err := weights.Start(&t.Setup, net, t.Start.Path, t.Start.Hash)
	return err
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
