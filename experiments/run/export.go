package run

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/experiments/weights"
)

// Export writes the network of every finished trial of an experiment to a safetensors file in a folder, under PyTorch's names and with what
// evaluates it, and returns the files. Each has the trial's name and the first digits of its identity: a file of that name is of that
// network, and stays.
func Export(s *spec.Spec, o Options, dir string) (files []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, mistake.Of(err)
	}
	sources := o.Opener(nil)
	trials, err := Trials(s, o)
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		data, err := sources.Open(t.Data)
		if err != nil {
			return nil, err
		}
		task := NewTask(t, data, o)
		net, err := task.Trained(2, network.Factory(&t.Setup), 1, true)
		if errors.Is(err, ErrNotTrained) {
			continue
		}
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, task.fileName()+".safetensors")
		if err := weights.Write(network.Of(&t.Setup), net, task.about(), path); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	if files == nil {
		return nil, mistake.Errorf("%s has no finished trial with a checkpoint: %s trains them", s.Name, s.Command())
	}
	return files, nil
}

// fileName names the file of the trial's network. What a setting's value has of other characters or beyond the length of a file's name is
// left out: the digits of the identity tell the files apart.
func (t *Task) fileName() string {
	const digits, most = 8, 200
	name := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), strings.ContainsRune("-_.,=+", r):
			return r
		}
		return '_'
	}, t.String())
	name = strings.TrimLeft(name, ".-") // a dot would hide it, a dash make it an option
	return strings.ToValidUTF8(name[:min(len(name), most)], "") + "-" + t.ID[:digits]
}

// about is what the file of the trial's network says in addition to the weights.
func (t *Task) about() *weights.About {
	norm := t.Images.Normalisation()
	resize := 0
	if t.Data.Size != 0 {
		resize = cmp.Or(t.Data.Resize, t.Data.Size)
	}
	return &weights.About{
		Settings: network.Settings(t.Settings()), Classes: t.Images.Train.Classes,
		Channels: t.Images.Train.Channels, Height: t.Images.Train.Height, Width: t.Images.Train.Width, Resize: resize, Pad: t.Data.Pad,
		Mean: norm.Mean, Deviation: norm.Std, Trial: t.Experiment + ": " + t.String(), Identity: t.ID,
	}
}
