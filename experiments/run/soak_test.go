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
	"cenet/results/chart"
	"cenet/results/folder"
	"cenet/results/page"
)

var (
	soak       = flag.Duration("soak", 5*time.Second, "how long to repeat trials")
	soakReport = flag.String("soak-report", "", "folder to write what the soak saw to")
)

// held is what a process holds on to between two trials.
type held struct {
	minutes    float64 // since the first trial
	trials     int     // that ended so far
	memory     float64 // anonymous, resident, MiB
	heap       float64 // of it what Go's heap holds, MiB
	goroutines int
	files      int // open
}

// look waits for what is on its way out, gives memory that is free back to the system, and looks. Where the system does not tell of
// memory or files they are 0. Pages of files, of the program for one, are no part of the memory: the system drops and reads them as it
// likes.
func look(began time.Time, trials, goroutines int) held {
	for end := time.Now().Add(time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	debug.FreeOSMemory()
	h := held{minutes: time.Since(began).Minutes(), trials: trials, goroutines: runtime.NumGoroutine(), memory: anonymous()}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	h.heap = float64(stats.HeapAlloc) / (1 << 20)
	open, _ := os.ReadDir("/proc/self/fd")
	h.files = len(open)
	return h
}

// anonymous is the resident memory of this process that is no file's, in MiB.
func anonymous() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0
	}
	kib, _ := strconv.Atoi(words[0])
	return float64(kib) / 1024
}

// inUse is what the heap profile holds, in bytes by the function of ours that allocated it, or by the outermost one.
func inUse() map[string]int64 {
	records := make([]runtime.MemProfileRecord, 1000)
	for {
		n, ok := runtime.MemProfile(records, false)
		if ok {
			records = records[:n]
			break
		}
		records = make([]runtime.MemProfileRecord, 2*n)
	}
	bytes := map[string]int64{}
	for _, r := range records {
		frames := runtime.CallersFrames(r.Stack())
		var name string
		for more := true; more && !strings.HasPrefix(name, "cenet/"); {
			var f runtime.Frame
			f, more = frames.Next()
			name = f.Function
		}
		bytes[name] += r.InUseBytes()
	}
	return bytes
}

// grown lists the three functions that hold more than before by most.
func grown(before, after map[string]int64) string {
	var names []string
	for name := range after {
		if after[name] > before[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(after[b]-before[b], after[a]-before[a]), cmp.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %.1f MiB", name, float64(after[name]-before[name])/(1<<20))
	}
	return strings.Join(names[:min(3, len(names))], ", ")
}

// many rounds are enough for means of the resident memory to say something: what the runtime keeps of free memory moves by half from round
// to round. Fewer are judged by the heap alone, which moves by what the pools hold.
const many = 90

// rise is how much more memory the last third of what was seen holds than the second, as a part of that.
func rise(seen []held) float64 {
	n := len(seen)
	return memory(seen[2*n/3:])/memory(seen[n/3:2*n/3]) - 1
}

// risesTooMuch tells whether that is more than a twentieth, by few rounds of the heap and 2 MiB.
func risesTooMuch(seen []held) bool {
	n := len(seen)
	if n < many {
		return heap(seen[2*n/3:]) > 1.05*heap(seen[n/3:2*n/3])+2
	}
	return rise(seen) > 0.05
}

// Memory that grows by a tenth from third to third is refused, and so is what grows at the end alone; what moves up and down is not.
func TestSoakRefusesGrowth(t *testing.T) {
	for name, c := range map[string]struct {
		n            int
		memory, heap func(i int) float64
		refused      bool
	}{
		"steady":        {300, func(i int) float64 { return 16 + 3*float64(i%3) }, constant, false},
		"grows once":    {300, func(i int) float64 { return 16 + min(2, float64(i)) }, constant, false},
		"grows":         {300, func(i int) float64 { return 16 + float64(i)/60 }, constant, true},
		"grows at last": {300, func(i int) float64 { return 16 + max(0, float64(i-200))/30 }, constant, true},
		"unknown":       {300, func(i int) float64 { return 0 }, constant, false},
		"few, moves":    {3, func(i int) float64 { return 8 + 4*float64(i) }, func(i int) float64 { return 2 + float64(i) }, false},
		"few, grows":    {3, constant, func(i int) float64 { return 2 + 3*float64(i) }, true},
	} {
		var seen []held
		for i := range c.n {
			seen = append(seen, held{memory: c.memory(i), heap: c.heap(i)})
		}
		if got := risesTooMuch(seen); got != c.refused {
			t.Errorf("%s: it is refused: %v; memory rises by %.1f%%", name, got, 100*rise(seen))
		}
	}
}

func constant(int) float64 { return 16 }

// memory is the mean of it, 1 where the system does not tell of any.
func memory(seen []held) float64 {
	if m := mean(seen, func(h held) float64 { return h.memory }); m > 0 {
		return m
	}
	return 1
}

func heap(seen []held) float64 { return mean(seen, func(h held) float64 { return h.heap }) }

func mean(seen []held, of func(held) float64) float64 {
	var sum float64
	for _, h := range seen {
		sum += of(h)
	}
	return sum / float64(len(seen))
}

// Trials can be repeated for as long as anyone likes: on images in memory, on images that are streamed, and interrupted in the middle
// and gone on with. After the first round of the three, memory, goroutines and open files stay what they are, and so do the results.
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
		s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), spectest.Names())
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
		var printed bytes.Buffer
		o := Options{Workers: 2, Out: filepath.Join(dir, "out"), State: filepath.Join(dir, "state"), Save: time.Millisecond, Log: &printed}
		if interrupted {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(random.IntN(400))*time.Millisecond)
			_, err := trainSpec(ctx, s, o)
			cancel()
			if errors.Is(err, context.DeadlineExceeded) {
				interruptions++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		records, err := trainSpec(context.Background(), s, o)
		if err != nil {
			t.Fatalf("%v: %s", err, &printed)
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
	var before map[string]int64 // what the heap held after the first round
	for goroutines := runtime.NumGoroutine(); len(seen) < 3 || time.Since(began) < *soak; {
		repeat(inMemory, false)
		repeat(streamed, false)
		repeat(inMemory, true)
		seen = append(seen, look(began, trials, goroutines))
		if before == nil {
			before = inUse()
		}
	}

	first, last := seen[1], seen[len(seen)-1]
	for _, h := range seen[1:] {
		if h.goroutines > first.goroutines || h.files > first.files {
			t.Errorf("after %d trials %d goroutines and %d files, after %d they were %d and %d",
				h.trials, h.goroutines, h.files, first.trials, first.goroutines, first.files)
			break
		}
	}
	// What grows with every trial grows in the last third too; what a first trial needs once is there before the second.
	grew := grown(before, inUse())
	if risesTooMuch(seen) {
		second, third := seen[len(seen)/3:2*len(seen)/3], seen[2*len(seen)/3:]
		t.Errorf("%.1f MiB of memory, %.1f of it the heap, in the second third of the soak, %.1f and %.1f in the last; since the first round "+
			"the heap grew by %s",
			memory(second), heap(second), memory(third), heap(third), grew)
	}
	t.Logf("%d trials, %d interruptions: %+v to %+v; memory rises by %.1f%%; the heap grew by %s", trials, interruptions, first, last,
		100*rise(seen), grew)
	if *soakReport == "" {
		return
	}
	if _, err := folder.RenderPage(*soakReport, soakPage(began, seen, interruptions, grew)); err != nil {
		t.Fatal(err)
	}
}

// soakPage shows what was seen: ten moments as a table, all as charts.
func soakPage(began time.Time, seen []held, interruptions int, grew string) page.Page {
	table := &page.Table{Name: "table", Columns: []page.Column{
		{Head: "minutes"}, {Head: "trials"}, {Head: "anonymous memory (MiB)"}, {Head: "of it the heap (MiB)"}, {Head: "goroutines"},
		{Head: "open files"}}}
	rows := map[int]bool{}
	for i := range 11 {
		rows[i*(len(seen)-1)/10] = true
	}
	for _, i := range slices.Sorted(maps.Keys(rows)) {
		h := seen[i]
		table.Rows = append(table.Rows, []string{fmt.Sprintf("%.1f", h.minutes), strconv.Itoa(h.trials), fmt.Sprintf("%.1f", h.memory),
			fmt.Sprintf("%.1f", h.heap), strconv.Itoa(h.goroutines), strconv.Itoa(h.files)})
	}
	var memories, heaps, goroutines, files chart.Line
	for _, h := range seen {
		for line, y := range map[*chart.Line]float64{&memories: h.memory, &heaps: h.heap, &goroutines: float64(h.goroutines),
			&files: float64(h.files)} {
			line.X, line.Y = append(line.X, h.minutes), append(line.Y, y)
		}
	}
	none := 0.0
	held := chart.Chart{Name: "soak", Title: "What a process holds between trials", Panels: []chart.Panel{
		{X: "time (minutes)", Y: "anonymous memory (solid), heap (dashed), MiB", Least: &none, Lines: []chart.Line{memories, heaps}},
		{X: "time (minutes)", Y: "goroutines (solid), open files (dashed)", Least: &none, Lines: []chart.Line{goroutines, files}},
	}}
	n := len(seen)
	last := seen[n-1]
	return page.Page{
		Title: "Soak",
		About: []string{
			"What one process holds on to while it repeats small trials: on images in memory, on streamed images, interrupted and gone on with.",
			"This page is a log of one run of the command below. It has no records, so `render` does not draw it again.",
		},
		Facts: page.Command(fmt.Sprintf("./reproduce.sh test --soak %.0f", soak.Minutes())),
		Sections: []page.Section{{
			Head: "Between trials",
			Text: []string{fmt.Sprintf("%d trials in %.0f minutes, all repetitions with the same bits; %d interruptions. Mean of the anonymous, "+
				"resident memory in the second third %.1f MiB, in the last %.1f: %+.1f%%, of which 5%% are allowed (rounds fewer than %d are judged "+
				"by the heap). Since the first round the live heap grew by %s (sampled).",
				last.trials, last.minutes, interruptions, memory(seen[n/3:2*n/3]), memory(seen[2*n/3:]), 100*rise(seen), many, grew)},
			Table: table, Charts: []chart.Chart{held},
		}},
		Machine: state.Machine(began),
	}
}
