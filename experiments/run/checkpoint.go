package run

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cenet/experiments/network"
	"cenet/nn"
	"cenet/nn/train"
)

// betweenSaves is how much of a trial a crash may cost, unless the options say otherwise.
const betweenSaves = 20 * time.Second

// checkpoint is a trial's file of weights, from which an interrupted run goes on. It stays when the trial is finished.
type checkpoint struct {
	train.Checkpoint
	path  string
	every time.Duration
	at    time.Time // when it was last saved
}

// restore puts network and optimizer where an earlier run left them and returns the position, that of the beginning where
// there is none or where the file is damaged.
func (c *checkpoint) restore(fresh bool, say func(format string, args ...any)) (train.Position, error) {
	if err := os.MkdirAll(filepath.Dir(c.path), 0o777); err != nil {
		return train.Position{}, err
	}
	if fresh {
		return train.Position{}, nil
	}
	at, err := c.Load(c.path)
	var damage *train.DamageError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return train.Position{}, nil
	case errors.As(err, &damage):
		say("%v; its trial begins anew", err)
		return train.Position{}, nil
	}
	return at, err
}

// save writes the checkpoint where the last is old enough, or now.
func (c *checkpoint) save(at train.Position, now bool) error {
	if !now && time.Since(c.at) < c.every {
		return nil
	}
	c.at = time.Now()
	return c.Save(c.path, at)
}

// ErrNotTrained says that a trial has no checkpoint of its end.
var ErrNotTrained = errors.New("run: not trained")

// Trained builds the trial's trained network for batches of the given number of images, with blocks from a factory: see Network and
// Restore.
func (t *Task) Trained(batch int, blocks nn.Factory, workers int, whole bool) (*nn.Network, error) {
	net, err := t.Network(batch, blocks, nn.Options{Workers: workers})
	if err != nil {
		return nil, err
	}
	return net, t.Restore(net, whole)
}

// hasNetwork reports whether the network of the trial's end is there.
func (t *Task) hasNetwork() (bool, error) {
	_, err := t.Trained(t.Train.Batch, network.Factory(&t.Setup), 1, !t.Options.Quick)
	if errors.Is(err, ErrNotTrained) {
		return false, nil
	}
	return err == nil, err
}

// Restore sets the network from the trial's checkpoint. The error is ErrNotTrained without one. With whole, it also is for a checkpoint
// that is damaged or was written before the last epoch.
func (t *Task) Restore(net *nn.Network, whole bool) error {
	sgd, err := t.sgd(net)
	if err != nil {
		return err
	}
	saved := train.Checkpoint{Net: net, Identity: t.ID, SGD: sgd}
	at, err := saved.Load(t.Options.dir().Checkpoint(t.ID))
	var damage *train.DamageError
	if errors.Is(err, fs.ErrNotExist) || whole && (errors.As(err, &damage) || err == nil && at.Epoch < t.Train.Epochs) {
		return ErrNotTrained
	}
	return err
}
