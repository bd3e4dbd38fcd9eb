package run

import (
	"os"
	"path/filepath"
	"testing"

	"cenet/experiments"
	"cenet/experiments/report"
	"cenet/experiments/spectest"
	"cenet/nn/dataset"
	"cenet/results"
)

// Every committed record that has the settings of a trial of its experiment, on the images that come with the program, has the trial's
// identity: no change of the program has changed that.
func TestCommittedIdentities(t *testing.T) {
	n := spectest.Names()
	n.Files = experiments.Files
	o := Options{State: t.TempDir()}
	sources := o.Opener(nil)
	found := 0
	for _, name := range n.Embedded() {
		names := n
		s, err := names.LoadNamed(name)
		if err != nil || s.Checks != "" { // of folders, or without trials
			continue
		}
		records, err := results.ReadRecords(filepath.Join("..", "..", "results", name, results.RecordsFile))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		embedded := true
		for _, trial := range s.Trials() {
			embedded = embedded && !dataset.Sources[trial.Data.Source].NeedsDir
		}
		if !embedded {
			continue
		}
		own, err := byIdentity(s, o, sources.Fingerprint)
		if err != nil {
			t.Fatal(err)
		}
		records, _ = report.Matching(s, false, records)
		for _, r := range records {
			if r.Kind != results.KindTrial {
				continue
			}
			if _, ok := own[r.Identity]; !ok {
				t.Errorf("%s: %s has another identity now", name, r.Name)
			}
			found++
		}
	}
	if found == 0 {
		t.Error("no committed record")
	}
}
