package suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/trained"
	"cenet/nn/dataset"
	"cenet/nn/durable"
	"cenet/results/folder"
)

// maxMinutes is how long an experiment of All may take on two cores.
const maxMinutes = 60

// All returns the built-in experiments that need only embedded images and take an hour at most. Experiments that train come first,
// sorted by name, then checks, which measure trained networks.
func All() ([]*spec.Spec, error) {
	var train, check []*spec.Spec
	for _, name := range Names().Embedded() {
		s, err := embeddedSpec(name)
		if err != nil {
			return nil, err
		}
		if s.Expect.Minutes > maxMinutes || s.Topic.ScaleOf != "" {
			continue
		}
		training := []*spec.Spec{s} // the experiments that train networks
		if s.OnNetworks() {
			if training, err = trained.Experiments(s); err != nil {
				return nil, err
			}
		}
		switch {
		case slices.ContainsFunc(training, needsDir):
		case s.Checks != "":
			check = append(check, s)
		default:
			train = append(train, s)
		}
	}
	return append(train, check...), nil
}

// needsDir reports whether an experiment trains on images that are not embedded.
func needsDir(s *spec.Spec) bool {
	return s.Checks == "" &&
		slices.ContainsFunc(s.Trials(), func(t spec.Trial) bool { return dataset.Sources[t.Data.Source].NeedsDir })
}

// A Forecast estimates how long all experiments take.
type Forecast struct {
	Parts   []Part
	Seconds float64
}

// A Part is the estimate for one experiment. It does not count trials that an earlier part trains.
type Part struct {
	Name            string
	Trials, Missing int  // 0 for a check
	Check           bool // trains nothing
	Done            bool // a check whose page was made by this program from the present networks
	Seconds         float64
}

// Print writes a line for each experiment.
func (f *Forecast) Print(out io.Writer) {
	for _, p := range f.Parts {
		what := fmt.Sprintf("%d trials, %d to train", p.Trials, p.Missing)
		switch {
		case p.Check && p.Done:
			what = "check, done"
		case p.Check:
			what = "check"
		}
		took := "–"
		if p.Seconds > 0 {
			took = "about " + run.Span(p.Seconds)
		}
		fmt.Fprintf(out, "  %-14s %-30s %s\n", p.Name, what, took)
	}
	if f.Seconds > 0 {
		fmt.Fprintf(out, "%d experiments: about %s, until %s\n", len(f.Parts), run.Span(f.Seconds),
			time.Now().Add(time.Duration(f.Seconds*float64(time.Second))).Format("15:04"))
	} else {
		fmt.Fprintf(out, "%d experiments: nothing to train\n", len(f.Parts))
	}
}

// forecast measures the speed of each case with missing trials. For checks it uses the minutes in their files.
func forecast(ctx context.Context, list []*spec.Spec, o run.Options, log *run.Progress) (*Forecast, error) {
	f := &Forecast{}
	var missing []*run.Task
	begun := map[string]int{} // identity → the part that trains it
	o.Images = o.Opener(log.Printf)
	for i, s := range list {
		p := Part{Name: s.Name, Check: s.Checks != ""}
		if p.Check {
			if p.Done = checkDone(o, s); !p.Done && !o.Quick {
				p.Seconds = 60 * s.Expect.Minutes
			}
			f.Parts = append(f.Parts, p)
			continue
		}
		plan, err := run.NewPlan(s, &o, log.Printf)
		if err != nil {
			return nil, err
		}
		p.Trials = len(plan.Tasks)
		for _, t := range plan.Missing {
			if _, ok := begun[t.ID]; ok {
				continue
			}
			begun[t.ID] = i
			p.Missing++
			if _, err := t.Cost(); err == nil { // a task that cannot run is reported when its turn comes
				missing = append(missing, t)
			}
		}
		f.Parts = append(f.Parts, p)
	}
	e, err := run.EstimateTrials(ctx, missing, o, !o.Quick)
	if err != nil {
		return nil, err
	}
	if e.Err != nil {
		return nil, e.Err
	}
	each := map[string]float64{}
	for _, c := range e.Cases {
		each[c.Key] = c.Seconds / float64(max(1, e.AtOnce))
	}
	for _, t := range missing {
		f.Parts[begun[t.ID]].Seconds += each[t.CaseKey()]
	}
	for _, p := range f.Parts {
		f.Seconds += p.Seconds
	}
	return f, nil
}

// CostAll estimates how long RunAll takes.
func CostAll(ctx context.Context, o run.Options) (f *Forecast, err error) {
	list, err := All()
	if err != nil {
		return nil, err
	}
	log, err := run.NewProgress("all", o)
	if err != nil {
		return nil, err
	}
	defer func() { log.Close(err) }()
	o.Estimate = true
	return forecast(ctx, list, o, log)
}

// RunAll runs all experiments of All, those with trials first, writes the overview and returns its path. Trials that experiments share
// are trained once. If an experiment fails, the others still run, and the errors are joined at the end.
func RunAll(ctx context.Context, o run.Options) (string, error) {
	list, err := All()
	if err != nil {
		return "", err
	}
	return runAll(ctx, list, o)
}

func runAll(ctx context.Context, list []*spec.Spec, o run.Options) (path string, err error) {
	log, err := run.NewProgress("all", o)
	if err != nil {
		return "", err
	}
	defer func() { log.Close(err) }()
	f, err := forecast(ctx, list, o, log)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	f.Print(&text)
	for line := range strings.Lines(text.String()) {
		log.Printf("%s", strings.TrimRight(line, "\n"))
	}
	if o.Confirm != nil {
		if err := o.Confirm(f.Seconds, 0, fmt.Sprintf("%d experiments, about %s", len(f.Parts), run.Span(f.Seconds))); err != nil {
			return "", err
		}
		o.Confirm = nil // ask only once
	}
	var failed []error
	for i, s := range list {
		if f.Parts[i].Done {
			continue
		}
		written, err := runOne(ctx, s, o)
		o.Fresh = false // do not train shared trials twice
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		if err != nil {
			log.Printf("%s: %v", s.Name, err)
			failed = append(failed, fmt.Errorf("%s: %w", s.Name, err))
			continue
		}
		if s.Checks != "" && written {
			if err := keepCheck(o, s); err != nil {
				return "", err
			}
		}
	}
	path, err = WriteOverview(o)
	if err == nil {
		log.Printf("wrote %s", path)
		if !o.Quick { // the page has no quick runs
			var page string
			if page, err = WritePage(o); err == nil {
				log.Printf("wrote %s", page)
			}
		}
	}
	return path, errors.Join(append(failed, err)...)
}

// finishedChecks is the file with the state of each check when its page was made.
func finishedChecks(o run.Options) string { return filepath.Join(o.State, "checks.json") }

// checkState is a hash of everything that determines the page of a check: the program, the settings and the trained networks.
func checkState(o run.Options, s *spec.Spec) (string, error) {
	h := sha256.New()
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	program, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer program.Close()
	if _, err := io.Copy(h, program); err != nil {
		return "", err
	}
	fmt.Fprintln(h, s.Name, s.Settings(), s.Seeds)
	if !s.OnNetworks() {
		return hex.EncodeToString(h.Sum(nil)), nil
	}
	experiments, err := trained.Experiments(s)
	if err != nil {
		return "", err
	}
	done, err := o.Known(func(string, ...any) {})
	if err != nil {
		return "", err
	}
	sources := o.Opener(nil)
	var identities []string
	for _, e := range experiments {
		trials, err := run.Trials(e, o)
		if err != nil {
			return "", err
		}
		for _, t := range trials {
			print, err := sources.Fingerprint(t.Data)
			if err != nil {
				return "", err
			}
			if id := t.Identity(print, o.Version()); done[id].Identity != "" {
				identities = append(identities, id)
			}
		}
	}
	slices.Sort(identities)
	fmt.Fprintln(h, identities)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// checkDone reports whether the page of a check exists and was made by this program from the present networks. Quick checks always run.
func checkDone(o run.Options, s *spec.Spec) bool {
	if o.Quick || o.Fresh {
		return false
	}
	if _, err := folder.ReadPage(s.Folder(o.Out, o.Quick)); err != nil {
		return false
	}
	state, err := checkState(o, s)
	return err == nil && checkStates(o)[s.Folder(o.Out, o.Quick)] == state
}

// checkStates reads the states of finished checks; none if the file cannot be read.
func checkStates(o run.Options) map[string]string {
	list := map[string]string{}
	text, err := os.ReadFile(finishedChecks(o))
	if err != nil || json.Unmarshal(text, &list) != nil || list == nil {
		return map[string]string{}
	}
	return list
}

// keepCheck stores the state of a check whose page was just made.
func keepCheck(o run.Options, s *spec.Spec) error {
	if o.Quick {
		return nil
	}
	state, err := checkState(o, s)
	if err != nil {
		return err
	}
	list := checkStates(o)
	list[s.Folder(o.Out, o.Quick)] = state
	text, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	return durable.WriteBytes(finishedChecks(o), append(text, '\n'))
}

// runOne runs an experiment and reports whether it wrote the page.
func runOne(ctx context.Context, s *spec.Spec, o run.Options) (written bool, err error) {
	if s.Checks != "" {
		_, written, err = runCheck(ctx, s, o)
		return written, err
	}
	_, _, err = Train(ctx, s, o)
	return err == nil, err
}
