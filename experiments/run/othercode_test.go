package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cenet/experiments/code"
	"cenet/experiments/spectest"
	"cenet/results"
)

// What other code computed is found with the files that have changed, is refused without a decision, and is then trained again or kept.
func TestOtherCode(t *testing.T) {
	dir := t.TempDir()
	s := spectest.Load(t, spectest.Names(), map[string]any{"model.width": 0.25})
	o := Options{Workers: 2, Out: filepath.Join(dir, "results"), State: filepath.Join(dir, "state"), Save: time.Millisecond}
	of := func(files map[string]string) func() (code.Set, error) {
		return func() (code.Set, error) { return files, nil }
	}
	var asked []string
	answer := func(c Choice, err error) func(string) (Choice, error) {
		return func(what string) (Choice, error) {
			asked = append(asked, what)
			return c, err
		}
	}
	took := map[string]float64{} // seconds of a trial, which training it again changes
	run := func(wantAsked int, wantTrained bool) map[string]results.Record {
		t.Helper()
		asked = nil
		records, err := trainSpec(context.Background(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(asked) != wantAsked {
			t.Errorf("asked %q, want %d questions", asked, wantAsked)
		}
		list := map[string]results.Record{}
		for _, r := range records {
			if trained := took[r.Identity] != r.Provenance.Seconds; trained != wantTrained {
				t.Errorf("%s: trained again %v, want %v", r.Name, trained, wantTrained)
			}
			took[r.Identity], list[r.Identity] = r.Provenance.Seconds, r
		}
		return list
	}

	// Recorded before fingerprints were kept.
	before := run(0, true)
	o.Code, o.OtherCode = of(map[string]string{"nn/conv.go": "1", "nn/eca.go": "1", "experiments/study/gamma.go": "1"}), answer(Keep, nil)
	run(1, false)
	if want := "tiny: 3 finished and 0 begun of its 3 trials were computed by other code (recorded before fingerprints of the code were " +
		"kept)"; asked[0] != want {
		t.Errorf("asked %q, want %q", asked[0], want)
	}
	run(0, false)

	// A study, and another block's file, change nothing of these trials.
	o.Code = of(map[string]string{"nn/conv.go": "1", "nn/eca.go": "2", "experiments/study/gamma.go": "2"})
	run(0, false)

	o.Code, o.OtherCode = of(map[string]string{"nn/conv.go": "2", "nn/eca.go": "2", "nn/pool.go": "1"}), answer(0, errors.New("refused"))
	if _, err := trainSpec(context.Background(), s, o); err == nil || err.Error() != "refused" ||
		!strings.HasSuffix(asked[0], "(nn/conv.go, nn/pool.go changed since)") {
		t.Errorf("%q, %v", asked, err)
	}
	state, err := Status(s, o)
	if err != nil || !strings.Contains(state.Trials[0].State, "by other code (nn/conv.go, nn/pool.go changed since)") {
		t.Errorf("status does not tell: %v, %v", state, err)
	}
	o.OtherCode = nil
	if _, err := trainSpec(context.Background(), s, o); err == nil || !strings.Contains(err.Error(), "by other code") {
		t.Errorf("there was no question, and the old figures are taken: %v", err)
	}
	if e, err := Cost(context.Background(), s, o); err != nil || e.Trials != 3 {
		t.Errorf("an estimate counts %v as missing, %v", e, err)
	}
	o.OtherCode = answer(TrainAgain, nil)
	again := run(1, true)
	run(0, false)
	for identity, r := range again {
		if r.Provenance.Code == "" || r.Result.Weights != before[identity].Result.Weights {
			t.Errorf("%s: %+v", r.Name, r.Provenance)
		}
	}

	// A checkpoint of other code is asked for, too.
	for identity := range again {
		if err := os.Remove(o.dir().Record(identity)); err != nil {
			t.Fatal(err)
		}
		break
	}
	o.Code, o.OtherCode = of(map[string]string{"nn/conv.go": "3"}), answer(Keep, nil)
	asked = nil
	if _, err := trainSpec(context.Background(), s, o); err != nil || len(asked) != 1 ||
		!strings.Contains(asked[0], "2 finished and 1 begun of its 3 trials") {
		t.Errorf("asked %q, %v", asked, err)
	}
}
