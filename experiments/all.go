package experiments

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cenet/nash"
	"cenet/nn/dataset"
	"cenet/results"
)

// overviewFile is the page of all experiments, in the folder of results.
const overviewFile = "README.md"

// All returns the experiments on the pictures that come with the program, those with trials first: checks look at the networks of
// others.
func All() ([]*Spec, error) {
	var trained, checks []*Spec
	for _, name := range Embedded() {
		file, src, err := Open(name)
		if err != nil {
			return nil, err
		}
		names := Registered()
		names.NeedsDir = nil // those that read a folder are left out
		s, err := Load(file, src, names)
		switch {
		case err != nil:
			return nil, err
		case s.Checks != "":
			checks = append(checks, s)
		case !readsFolder(s):
			trained = append(trained, s)
		}
	}
	checks = slices.DeleteFunc(checks, func(s *Spec) bool {
		return Checks[s.Checks].studies && !slices.ContainsFunc(trained, func(t *Spec) bool { return t.Name == s.CheckSettings.Networks.Experiment })
	})
	return append(trained, checks...), nil
}

// readsFolder tells whether some trial has pictures that do not come with the program.
func readsFolder(s *Spec) bool {
	return slices.ContainsFunc(s.Trials(), func(t Trial) bool { return dataset.Sources[t.Data.Source].NeedsDir })
}

// RunAll runs All, what they share once, and writes the overview. It says at the start how long it will take. An experiment that
// fails does not end the others; the error names all that failed.
func RunAll(ctx context.Context, o Options) error {
	specs, err := All()
	if err != nil {
		return err
	}
	if err := announce(ctx, specs, o); err != nil {
		return err
	}
	var failed []error
	for _, s := range specs {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := Run(ctx, s, o); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			failed = append(failed, fmt.Errorf("%s: %w", s.Name, err))
		}
	}
	return errors.Join(errors.Join(failed...), WriteOverview(o))
}

// announce says which trials are missing, each once, and how long they and the checks will take.
func announce(ctx context.Context, specs []*Spec, o Options) error {
	log, err := newProgress("all", o)
	if err != nil {
		return err
	}
	defer log.close()
	var missing []Trial
	seen := map[string]bool{}
	var sources *opener
	checks := 0.0
	for _, s := range specs {
		if s.Checks != "" {
			checks += s.Expect.Minutes * 60
			continue
		}
		w, err := plan(s, &o, log.say)
		if err != nil {
			return err
		}
		n := 0
		for _, t := range w.missing {
			if id := t.Identity(w.sources.sets[t.Data.opened()].print, t.version(o)); !seen[id] {
				seen[id] = true
				missing = append(missing, t)
				n++
			}
		}
		if sources == nil {
			sources = w.sources
		}
		for d, v := range w.sources.sets {
			sources.sets[d] = v
		}
		log.printf("%s: %d trials, %d finished, %d to train that no experiment before it has", s.Name, len(w.trials), len(w.records), n)
	}
	if o.Quick || sources == nil {
		return nil
	}
	// A case that cannot run must not keep the others from being estimated: its experiment tells when it is run.
	var possible []Trial
	for _, t := range missing {
		if _, err := t.cost(sources.sets[t.Data.opened()]); err == nil {
			possible = append(possible, t)
		}
	}
	estimated, err := estimate(ctx, possible, sources, o, true)
	if err != nil {
		return err
	}
	log.printf("all: %d trials to train, checks on top: about %s, to about %s", len(possible), Span(estimated.Seconds+checks),
		time.Now().Add(time.Duration((estimated.Seconds+checks)*float64(time.Second))).Format("15:04"))
	return nil
}

// WriteOverview writes the page of all experiments from what lies in the folder of results.
func WriteOverview(o Options) error {
	specs, err := All()
	if err != nil {
		return err
	}
	var list []results.Done
	for _, s := range specs {
		d := results.Done{Name: s.Name, Title: s.Heading()}
		d.Claims, err = s.claims(o)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			d.Missing = "not run"
		case err != nil:
			return fmt.Errorf("%s: %w", s.Name, err)
		case len(d.Claims) == 0:
			d.Missing = "see [its page](" + s.Name + "/table.md)"
		}
		list = append(list, d)
	}
	text, err := results.Overview([]string{
		"What became of each claim, from the records and pages beside this one. Networks are small ones on Fashion-MNIST; the paper's are trained on ImageNet at full width. " +
			"Each experiment's page says what is the same measurement and what is scaled down.",
		"Differences are in percentage points (pp) of Top-1 unless they say otherwise, paired by seed, ± half the width of the 95 % confidence interval (Student's t). " +
			"Reproduced: the interval lies above 0. Not reproduced: it lies below 0, or inside ±0.2 pp. Otherwise undecidable at this scale. “–”: the paper shows it without a figure.",
		"Command: `./reproduce.sh all`",
	}, list)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(o.Out, overviewFile), []byte(text))
}

// claims are those of the experiment's records or page.
func (s *Spec) claims(o Options) ([]results.Claim, error) {
	dir := s.folder(o)
	if s.Checks != "" {
		page, err := results.ReadPage(dir)
		if err != nil {
			return nil, err
		}
		return page.Claims(), nil
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	records, err := results.ReadRecords(filepath.Join(dir, recordsFile))
	if err != nil {
		return nil, err
	}
	return results.Claims(s.Layout(o.Quick, records), records)
}

// statementsClaim is the claim of a check that verifies statements.
func statementsClaim(title string, findings []nash.Finding) results.Claim {
	confirmed := 0
	for i := range findings {
		if findings[i].Confirmed() {
			confirmed++
		}
	}
	verdict := "confirmed"
	if confirmed < len(findings) {
		verdict = "NOT CONFIRMED"
	}
	return results.Claim{Claim: title, Paper: "–", Ours: fmt.Sprintf("%d of %d statements as the theory says", confirmed, len(findings)), Verdict: verdict}
}
