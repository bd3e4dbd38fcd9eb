package run

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/state"
	"cenet/results"
)

var (
	soak       = flag.Duration("soak", 5*time.Second, "how long to repeat trials")
	soakReport = flag.String("soak-report", "", "folder to write what the soak saw to")
)

// held is what a process holds on to between two trials.
type held struct {
	minutes    float64 // since the first trial
	trials     int     // that ended so far
	memory     float64 // resident, MiB
	goroutines int
	files      int // open
}

// look waits for what is on its way out, gives memory that is free back to the system, and looks. Where the system does not tell of
// memory or files they are 0.
func look(began time.Time, trials, goroutines int) held {
	for end := time.Now().Add(time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	debug.FreeOSMemory()
	h := held{minutes: time.Since(began).Minutes(), trials: trials, goroutines: runtime.NumGoroutine()}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
		h.memory = float64(pages*os.Getpagesize()) / (1 << 20)
	}
	open, _ := os.ReadDir("/proc/self/fd")
	h.files = len(open)
	return h
}

// Trials can be repeated for as long as anyone likes: on images in memory, on images that are streamed, and interrupted in the middle
// and gone on with. Behind the first round of the three, memory, goroutines and open files stay what they are, and so do the results.
//
//	./reproduce.sh test --soak 30
//
// goes on for thirty minutes and writes results/soak/.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of training")
	}
	images := spectest.Images(t, 40, 4)
	load := func(set map[string]any) *spec.Spec {
		s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), Names())
		if err != nil {
			t.Fatal(err)
		}
		s.Costs = false
		for key, v := range set {
			if err := s.Set(key, v); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	inMemory := load(nil)
	streamed := load(map[string]any{"data.source": "folder", "data.dir": images, "data.train": 0, "data.test": 0, "data.memory_limit": 1})
	want := map[string]*results.Result{} // by identity
	began, trials, interruptions := time.Now(), 0, 0
	random := rand.New(rand.NewPCG(1, 0))
	repeat := func(s *spec.Spec, interrupted bool) {
		dir, err := os.MkdirTemp("", "soak") // t.TempDir would keep them all
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		var told bytes.Buffer
		o := Options{Workers: 2, Out: filepath.Join(dir, "out"), State: filepath.Join(dir, "state"), Save: time.Millisecond, Log: &told}
		if interrupted {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(random.IntN(400))*time.Millisecond)
			_, err := Run(ctx, s, o)
			cancel()
			if errors.Is(err, context.DeadlineExceeded) {
				interruptions++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		records, err := Run(context.Background(), s, o)
		if err != nil {
			t.Fatalf("%v: %s", err, &told)
		}
		for _, r := range records {
			if want[r.Identity] == nil {
				want[r.Identity] = r.Result
			} else if d := want[r.Identity].Diff(r.Result); d != "" {
				t.Errorf("repeated, %s differs: %s", r.Identity, d)
			}
			trials++
		}
	}
	var seen []held
	for goroutines := runtime.NumGoroutine(); len(seen) < 3 || time.Since(began) < *soak; {
		repeat(inMemory, false)
		repeat(streamed, false)
		repeat(inMemory, true)
		seen = append(seen, look(began, trials, goroutines))
	}

	first, last := seen[1], seen[len(seen)-1]
	for _, h := range seen[1:] {
		if h.goroutines > first.goroutines || h.files > first.files {
			t.Errorf("after %d trials %d goroutines and %d files, after %d they were %d and %d",
				h.trials, h.goroutines, h.files, first.trials, first.goroutines, first.files)
			break
		}
	}
	// The memory of a process moves a little from round to round: the halves are compared by their medians.
	behind := seen[1:]
	early, late := median(behind[:len(behind)/2]), median(behind[len(behind)/2:])
	if late > 1.05*early+4 {
		t.Errorf("%.1f MiB resident in the first half of the soak, %.1f in the second", early, late)
	}
	t.Logf("%d trials, %d interruptions: %+v to %+v; memory %.1f, then %.1f MiB", trials, interruptions, first, last, early, late)
	if *soakReport == "" {
		return
	}
	if _, err := results.RenderPage(*soakReport, soakPage(began, seen, interruptions, early, late)); err != nil {
		t.Fatal(err)
	}
}

// median is that of the memory.
func median(seen []held) float64 {
	sorted := slices.SortedFunc(slices.Values(seen), func(a, b held) int { return cmp.Compare(a.memory, b.memory) })
	return sorted[len(sorted)/2].memory
}

// soakPage shows what was seen: ten moments as a table, all as charts.
func soakPage(began time.Time, seen []held, interruptions int, early, late float64) results.Page {
	table := &results.Table{Name: "table", Columns: []results.Column{
		{Head: "minutes"}, {Head: "trials"}, {Head: "resident memory (MiB)"}, {Head: "goroutines"}, {Head: "open files"}}}
	rows := map[int]bool{}
	for i := range 11 {
		rows[i*(len(seen)-1)/10] = true
	}
	for _, i := range slices.Sorted(maps.Keys(rows)) {
		h := seen[i]
		table.Rows = append(table.Rows, []string{fmt.Sprintf("%.1f", h.minutes), strconv.Itoa(h.trials), fmt.Sprintf("%.1f", h.memory),
			strconv.Itoa(h.goroutines), strconv.Itoa(h.files)})
	}
	var memory, goroutines, files results.Line
	for _, h := range seen {
		for line, y := range map[*results.Line]float64{&memory: h.memory, &goroutines: float64(h.goroutines), &files: float64(h.files)} {
			line.X, line.Y = append(line.X, h.minutes), append(line.Y, y)
		}
	}
	none := 0.0
	chart := results.Chart{Name: "soak", Title: "What a process holds between trials", Panels: []results.Panel{
		{X: "time (minutes)", Y: "resident memory (MiB)", Least: &none, Lines: []results.Line{memory}},
		{X: "time (minutes)", Y: "goroutines (solid), open files (dashed)", Least: &none, Lines: []results.Line{goroutines, files}},
	}}
	last := seen[len(seen)-1]
	return results.Page{
		Title: "Soak",
		About: []string{
			"What one process holds on to while it repeats small trials: on images in memory, on streamed images, interrupted and gone on with.",
			fmt.Sprintf("Command: `./reproduce.sh test --soak %.0f`", soak.Minutes()),
		},
		Sections: []results.Section{{
			Head: "Between trials",
			Text: []string{fmt.Sprintf("%d trials in %.0f minutes, all repetitions with the same bits; %d interruptions. Median of the resident memory in the first half %.1f MiB, in the second %.1f.",
				last.trials, last.minutes, interruptions, early, late)},
			Table: table, Charts: []results.Chart{chart},
		}},
		Machine: state.Machine(began),
	}
}
