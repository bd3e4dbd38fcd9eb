package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/results"
	"cenet/results/layout"
)

// A plan asks for a pilot by the command that trains it, and with that says how many seeds decide what, also where the file has another
// seed.
func TestPlan(t *testing.T) {
	root := t.TempDir()
	t.Setenv("CENET_ROOT", root)
	file := filepath.Join(root, "small.toml")
	text := strings.Replace(good, "seeds = [1]", "seeds = [3]", 1)
	text = strings.Replace(text, "[model]", "train = 400\ntest = 200\n[model]\nwidth = 0.25", 1)
	text = strings.Replace(text, "epochs = 1", "epochs = 4", 1) // above chance: networks at chance plan nothing
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	pilot := []string{file, "--seeds", "1,2"}
	mustBeRefused(t, "no pilot", []string{"plan", file}, "small: no comparison has two finished seeds in common",
		"`./reproduce.sh "+strings.Join(pilot, " ")+"` trains a pilot")
	call := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if status := Run(args, &out, &errs); status != 0 {
			t.Fatalf("%v: exit status %d: %s", args, status, errs.String())
		}
		return out.String()
	}
	call(file, "--seeds", "1")
	mustBeRefused(t, "one seed", []string{"plan", file}, "no comparison has two finished seeds in common")
	call(pilot...)

	records, err := results.ReadRecords(filepath.Join(root, "results", "small", "changed", "seeds=1,2", "records.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	difference := map[string]float64{} // CE less none, by seed
	var seconds float64
	for _, r := range records {
		sign := 1.0
		if r.Settings["model.block"] == "none" {
			sign = -1
		}
		difference[strings.Fields(r.Name)[2]] += 100 * sign * r.Result.Top1
		seconds += r.Provenance.Seconds * float64(max(1, r.Provenance.Workers))
	}
	if len(records) != 4 || len(difference) != 2 {
		t.Fatalf("%d records, %d seeds", len(records), len(difference))
	}
	sd := math.Abs(difference["1"]-difference["2"]) / math.Sqrt2
	var p layout.SeedPlan
	if err := json.Unmarshal([]byte(call("plan", file, "--json", "--workers", "2")), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Comparisons) != 1 || p.Comparisons[0].Claim != "CE > baseline" || p.Freedom != 1 || math.Abs(p.SD-sd) > 1e-9 ||
		p.Finished != 4 || p.Workers != 2 {
		t.Errorf("%+v, want a deviation of %v", p, sd)
	}
	if f := p.FileSeeds; f.Seeds != 1 || f.Difference != nil || f.Trials != 2 || math.Abs(f.Time-max(seconds/4, p.Seconds)) > 1e-6 ||
		f.Left != f.Time {
		t.Errorf("seeds of the file: %+v, want %v s", f, seconds/4)
	}
	table := call("plan", file)
	for _, want := range []string{"CE > baseline", "0.50 pp", "2.00 pp", "file's seeds"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	five := call("plan", file, "--seeds", "1,2,3,4,5", "--json")
	if err := json.Unmarshal([]byte(five), &p); err != nil || p.FileSeeds.Seeds != 5 || p.FileSeeds.Difference == nil || p.Finished != 4 {
		t.Errorf("other seeds: %v: %s", err, five)
	}
}
