package spec_test

import (
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/suite"
)

// A key of an earlier version works, and a warning names the line and the key of now; both at once are one too many.
func TestRenamedKeys(t *testing.T) {
	const file = "check = \"ablation\"\ntitle = \"t\"\nseeds = [1]\n[ablation]\npictures = 7\n"
	s, err := spec.Load("old.toml", []byte(file), suite.Names())
	if err != nil {
		t.Fatal(err)
	}
	if n := s.CheckSettings.Added.Int("ablation.images"); n != 7 {
		t.Errorf("%d images, want 7", n)
	}
	if len(s.Warnings) != 1 || !strings.HasPrefix(s.Warnings[0], "old.toml:5: ablation.pictures: is called ablation.images now") {
		t.Errorf("warnings %q", s.Warnings)
	}
	if err := s.Change("ablation.pictures", 9); err != nil || s.CheckSettings.Added.Int("ablation.images") != 9 || len(s.Warnings) != 2 {
		t.Errorf("%v, %q", err, s.Warnings)
	}
	if command := s.Command(); !strings.Contains(command, "ablation.images=9") {
		t.Errorf("command %s", command)
	}
	_, err = spec.Load("old.toml", []byte(file+"images = 8\n"), suite.Names())
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "is given on line") {
		t.Errorf("the old and the new key: %v", err)
	}
	s, err = spec.Load("new.toml", []byte(strings.Replace(file, "pictures", "images", 1)), suite.Names())
	if err != nil || s.Warnings != nil {
		t.Errorf("%v, warnings %q", err, s.Warnings)
	}
}

// A name of another library's is taken for ours, and the trial is the same.
func TestAliasedValues(t *testing.T) {
	ours := spectest.Load(t, suite.Names(), map[string]any{"model.backbone": "mobilenetv2", "model.rectifier": "leaky"})
	theirs := spectest.Load(t, suite.Names(), map[string]any{"model.backbone": "mobilenet_v2", "model.rectifier": "leaky_relu"})
	a, b := ours.Trials()[0], theirs.Trials()[0]
	if a.Identity("", "") != b.Identity("", "") {
		t.Errorf("%v and %v", a.Settings(), b.Settings())
	}
}
