package run

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

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
