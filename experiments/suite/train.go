package suite

import (
	"context"
	"fmt"
	"strings"

	"cenet/experiments/mistake"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/results"
	"cenet/results/page"
)

// Train trains the missing trials of an experiment and writes its tables and plots into its folder of results. It returns the page that it
// wrote, and the records. A run of a part of the trials writes no page.
func Train(ctx context.Context, s *spec.Spec, o run.Options) (p page.Page, records []results.Record, err error) {
	there, err := report.Begin(s, o.Out, o.Quick)
	if err != nil {
		return p, nil, err
	}
	log, err := run.NewProgress(s.Name, o)
	if err != nil {
		return p, nil, err
	}
	defer func() { log.Close(err) }()
	plan, err := run.NewPlan(s, &o, log.Printf)
	if err != nil {
		return p, nil, err
	}
	if err := refuse(there, plan); err != nil {
		return p, nil, err
	}
	if !o.Collect {
		if err := plan.Keep(report.Heading(s)); err != nil {
			return p, nil, err
		}
	}
	all := len(plan.Tasks)
	records, err = plan.Train(ctx, log)
	if err != nil {
		return p, records, err
	}
	if o.Partial() {
		log.Printf("%s: %d trials trained here; --collect renders the tables when all are", s.Name, len(records))
	} else if p, err = report.Write(s, o.Out, o.Quick, o.Replace, records, log.Printf); err != nil {
		return p, records, err
	}
	if o.Collect {
		if finished := plan.Finished(); finished < all {
			err = fmt.Errorf("%s: %d of %d trials are missing", s.Name, all-finished, all)
		}
		return p, records, err
	}
	var failed []string
	for _, r := range records {
		if r.Result != nil && r.Result.Failure != "" {
			failed = append(failed, r.Name+": "+r.Result.Failure)
		}
	}
	if failed != nil {
		err = fmt.Errorf("%d of %d trials failed: %s", len(failed), all, strings.Join(failed, "; "))
	}
	return p, records, err
}

// refuse returns an error if tables of a plan must not replace what is recorded.
func refuse(there *report.Recorded, plan *run.Plan) error {
	o := plan.Options
	if err := there.OtherImages(plan.Images()); err != nil || o.Replace {
		return err
	}
	finished := 0 // when the run ends
	for _, t := range plan.Tasks {
		if err := there.OtherStart(&t.Trial); err != nil {
			return err
		}
		if !o.Collect || t.Record != nil && t.Record.Result.Failure == "" {
			finished++
		}
	}
	if o.Partial() {
		return nil
	}
	return mistake.Of(there.Losses(finished, len(plan.Networks())))
}
