package experiments_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/suite"
	"cenet/nn/dataset"
	"cenet/results"
)

// Every experiment that comes with the program loads, and every case of it that trains does so, on a few images.
func TestEmbedded(t *testing.T) {
	for _, name := range suite.Names().Embedded() {
		s, err := suite.Names().LoadNamed(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Checks != "" {
			continue // checks have tests of their own
		}
		s.Costs = false
		few := map[string]any{"data.train": 40, "data.test": 20, "train.batch": 10, "train.lr": 0.01, "model.width": 0.125}
		if s.Trials()[0].Data.HeldOut > 0 {
			few["data.held_out"] = 20
		}
		if data := s.Trials()[0].Data; dataset.Sources[data.Source].NeedsDir {
			few["data.dir"] = spectest.Images(t, 4, 2)
			if data.Source == "cifar100" { // the folder has fewer classes
				few["data.source"] = "folder"
			}
			if data.Size > 0 {
				few["data.size"], few["data.resize"] = 64, 72
			}
		}
		if s.Given(spec.WeightsKey) != nil {
			few[spec.WeightsKey] = "" // the user has that file
		}
		for key, v := range few {
			if err := s.Set(key, v); err != nil {
				t.Fatal(err)
			}
		}
		dir := t.TempDir()
		page, records, err := suite.Train(context.Background(), s, run.Options{Quick: true, Out: dir, State: filepath.Join(dir, "state")})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if heading := page.Title; strings.Contains(heading, "{") {
			t.Errorf("%s: title %q", name, heading)
		}
		if want := s.Count() / len(s.Seeds); len(records) != want {
			t.Errorf("%s: %d records of %d cases", name, len(records), want)
		}
	}
}

// What has left records says what was fixed before it ran.
func TestFixedBefore(t *testing.T) {
	for _, name := range suite.Names().Embedded() {
		s, err := suite.Names().LoadNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join("..", "results", name, results.RecordsFile)); err == nil && s.Fixed == "" {
			t.Errorf("%s does not say what was fixed", name)
		}
	}
}

// rivals-cifar has the trials of resnet20-cifar, as its heading says.
func TestRivalsShareTrials(t *testing.T) {
	identities := func(name string) []string {
		s, err := suite.Names().LoadNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, trial := range s.Trials() {
			list = append(list, trial.Identity("", ""))
		}
		return list
	}
	all := identities("rivals-cifar")
	for i, id := range identities("resnet20-cifar") {
		if !slices.Contains(all, id) {
			t.Errorf("trial %d of resnet20-cifar is not one of rivals-cifar", i)
		}
	}
}
