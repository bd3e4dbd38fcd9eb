package study_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/state"
	"cenet/experiments/suite"
)

// studyFiles writes an experiment of tiny networks, and a study of them.
func studyFiles(t *testing.T, check string) (path string) {
	t.Helper()
	dir := t.TempDir()
	networks := filepath.Join(dir, "tiny.toml")
	text := strings.Replace(spectest.Tiny, "seeds = [1]", "seeds = [1, 2]", 1)
	path = filepath.Join(dir, "study.toml")
	if err := errors.Join(os.WriteFile(networks, []byte(text), 0o644),
		os.WriteFile(path, []byte(check+"\n[networks]\nexperiment = \""+networks+"\"\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

func loadPath(t *testing.T, path string) (*spec.Spec, error) {
	t.Helper()
	return suite.Names().LoadNamed(path)
}

// The study trains its networks once, caches its measurements, and its statements hold.
func TestAblation(t *testing.T) {
	path := studyFiles(t, "check = \"ablation\"\ntitle = \"tiny\"\nseeds = [1, 2]\n"+
		"[ablation]\nsite = \"both\"\norders = 2\npoints = 3\nimages = 40\n")
	s, err := loadPath(t, path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	o := run.Options{Out: dir, State: dir}
	page, err := suite.RunCheck(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if n := trained(t, o); n != 6 {
		t.Fatalf("%d records", n)
	}
	if n := len(page.Sections); n != 2 || len(page.Sections[0].Table.Rows) == 0 || len(page.Sections[1].Table.Rows) != 3 {
		t.Errorf("%d sections", n)
	}
	cached, err := filepath.Glob(state.Dir(dir).Study("*"))
	if err != nil || len(cached) != 6 {
		t.Fatalf("cached measurements of %d networks, want 6; %v", len(cached), err)
	}
	if err := errors.Join(os.Remove(cached[0]), os.WriteFile(cached[1], []byte("damaged"), 0o644)); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	o.Log = &log
	again, err := suite.RunCheck(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, section := range page.Sections {
		if section.Table == nil {
			continue
		}
		for k, row := range section.Table.Rows {
			if got := again.Sections[i].Table.Rows[k]; !slices.Equal(got, row) {
				t.Errorf("%q, and the second time %q", row, got)
			}
		}
	}
	if n := strings.Count(log.String(), "ETA"); n != 2*11 { // ten sites, and all together, for the two networks whose measurements were lost
		t.Errorf("%d lines of progress:\n%s", n, &log)
	}
	if n := trained(t, o); n != 6 {
		t.Errorf("trained again: %d records", n)
	}
}

// Invalid settings are refused before anything is trained. The message names a valid value.
func TestAblationRefused(t *testing.T) {
	for name, c := range map[string]struct{ settings, networks, want string }{
		"site":     {`site = "stage7/unit0"`, "", "stage1/unit0"},
		"value":    {`value = "max"`, "", "mean"},
		"orders":   {`orders = 900000`, "", "at most"},
		"backbone": {`site = "stem"`, `backbone = "resnet18"`, "resnet20"},
	} {
		path := studyFiles(t, "check = \"ablation\"\ntitle = \"tiny\"\nseeds = [1]\n[ablation]\n"+c.settings)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(text, c.networks...), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := loadPath(t, path)
		dir := t.TempDir()
		o := run.Options{Out: dir, State: dir, Memory: 1 << 26}
		if err == nil {
			_, err = suite.RunCheck(context.Background(), s, o)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if n := trained(t, o); n > 0 {
			t.Errorf("%s: trained %d networks", name, n)
		}
	}
}

// trained is the number of finished trials.
func trained(t *testing.T, o run.Options) int {
	t.Helper()
	done, err := state.Dir(o.State).AllFinished(t.Errorf)
	if err != nil {
		t.Fatal(err)
	}
	return len(done)
}
