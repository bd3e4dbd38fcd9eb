package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/results"
)

// Records that are trained again have the same bits. A record with other bits is reported, with the first difference.
func TestVerify(t *testing.T) {
	root := t.TempDir()
	t.Setenv("CENET_ROOT", root)
	file := filepath.Join(root, "small.toml")
	text := strings.Replace(good, "seeds = [1]", "seeds = [1, 2]", 1)
	text = strings.Replace(text, "[model]", "train = 80\ntest = 40\n[model]\nwidth = 0.25", 1)
	text = strings.Replace(text, "epochs = 1", "epochs = 2", 1)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	mustBeRefused(t, "no records", []string{"verify", file}, "no records that could be drawn", "`./reproduce.sh "+file+"` makes them")
	mustBeRefused(t, "none to draw", []string{"verify", file, "--draw", "0"}, "--draw: 0: expected 1 or more")
	mustBeRefused(t, "a check", []string{"verify", "nash"}, "nash is a check: it has no records")
	mustBeRefused(t, "images of no name", []string{"verify", "--data", root}, "--data: expected the name of an experiment too")
	call := func(want int, args ...string) (out, errs string) {
		t.Helper()
		var o, e bytes.Buffer
		if status := Run(args, &o, &e); status != want {
			t.Fatalf("%v: exit status %d, want %d: %s", args, status, want, e.String())
		}
		return o.String(), e.String()
	}
	call(0, file)
	path := filepath.Join(root, "results", "small", "records.jsonl")
	committed, err := results.ReadRecords(path)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := call(0, "verify", file, "--draw", "2", "--lot", "7")
	if n := strings.Count(out, "the same"); n != 2 {
		t.Errorf("%d of 2 records are the same:\n%s", n, out)
	}
	if again, _ := call(0, "verify", file, "--draw", "2", "--lot", "7"); again != out {
		t.Errorf("the same lot draws otherwise:\n%s%s", out, again)
	}
	if left, _ := os.ReadDir(filepath.Join(root, ".cache", "state", "verify")); len(left) > 0 {
		t.Errorf("%s is left of a verification that has ended", left[0].Name())
	}
	for name, change := range map[string]func(r *results.Result){
		"differ in the weights at the end": func(r *results.Result) { r.Weights = strings.Repeat("0", 64) },
		"differ from epoch 2 on":           func(r *results.Result) { r.Epochs[1].TrainLoss += 1e-9 },
		"end otherwise, after 2 epochs":    func(r *results.Result) { r.Failure = "the loss is not finite" },
	} {
		var changed []results.Record
		for _, r := range committed {
			result := *r.Result
			result.Epochs = append([]results.Epoch{}, r.Result.Epochs...)
			if r.Settings["model.block"] == "ce" {
				change(&result)
			}
			r.Result = &result
			changed = append(changed, r)
		}
		if err := results.WriteRecords(path, changed); err != nil {
			t.Fatal(err)
		}
		out, errs := call(1, "verify", file, "--draw", "9")
		if strings.Count(out, name) != 2 || strings.Count(out, "the same") != 2 || !strings.Contains(errs, "2 of 4 records have other bits") {
			t.Errorf("%s: %s%s", name, out, errs)
		}
	}
	if err := os.WriteFile(file, []byte(strings.Replace(text, "lr = 0.1", "lr = 0.2", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	mustBeRefused(t, "records of other settings", []string{"verify", file}, "no records that could be drawn")
}
