package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
)

// An image that turns out to be broken while a run goes on ends it with an input error that names it.
func TestImageBreaks(t *testing.T) {
	dir := spectest.Images(t, 4, 2)
	path := filepath.Join(dir, "train", "cat", "0.png")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0xff // between the header and the end, which are all that is looked at before
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), spectest.Names())
	if err != nil {
		t.Fatal(err)
	}
	for key, v := range map[string]any{
		"data.source": "folder", "data.dir": dir, "data.train": 40, "data.test": 20, "data.size": 16, "data.crop": 0,
		"data.crop_mode": "resized", "data.normalise": "imagenet", "train.batch": 20,
	} {
		if err := s.Set(key, v); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	_, err = trainSpec(context.Background(), s, Options{Workers: 2, Out: out, State: out})
	var input *mistake.Error
	if !errors.As(err, &input) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want an input error of one line that names %s", err, path)
	}
}
