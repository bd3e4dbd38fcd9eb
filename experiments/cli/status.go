package cli

import (
	"cmp"
	"fmt"
	"path/filepath"

	"cenet/experiments/mistake"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
)

// status prints the progress of each trial in the state folder and in the results.
func status(c *call) error {
	o := stateOptions()
	outFlag(c, &o)
	c.BoolVar(&o.Quick, "quick", false, "the status of a run with --quick")
	s, err := specFlags(c)()
	if err != nil {
		return err
	}
	recorded, err := report.Read(s, o.Out, o.Quick)
	if err != nil {
		return err
	}
	state, err := run.Status(s, o)
	if err != nil {
		return err
	}
	var changed error // files of weights, since the results are recorded
	for _, t := range state.Trials {
		text, name := t.State, t.String()
		changed = cmp.Or(changed, recorded.OtherStart(&t.Trial))
		if r, ok := recorded.Trials[name]; ok {
			text += "; recorded"
			switch {
			case r.Result.Failure != "":
				text += " as failed"
			case t.Weights == "":
				text += fmt.Sprintf(": top-1 %.2f %%", 100*r.Result.Top1)
			case t.Weights != r.Result.Weights:
				text += fmt.Sprintf(" with other weights: top-1 %.2f %%", 100*r.Result.Top1)
			}
		}
		fmt.Fprintf(c.out, "%-32s %s\n", name, text)
	}
	if changed != nil {
		fmt.Fprintln(c.out, changed)
	}
	if s.Checks == "" {
		fmt.Fprintf(c.out, "%s: %v; %s\n", s.Name, state, recordedText(s, recorded))
	} else {
		fmt.Fprintf(c.out, "%s: a check, which runs each time; %s\n", s.Name, recordedText(s, recorded))
	}
	fmt.Fprintln(c.out, whereResults)
	return nil
}

// recordedText summarises the results of an experiment.
func recordedText(s *spec.Spec, r *report.Recorded) string {
	dir := r.Dir
	if short, err := filepath.Rel(root(), dir); err == nil {
		dir = short
	}
	switch {
	case s.Checks != "" && r.Page == nil:
		return "no page in " + dir
	case s.Checks != "":
		text := "page in " + dir
		if n := len(r.Page.Networks); n > 0 {
			text += fmt.Sprintf(", on %d trained networks", n)
		}
		return text
	case len(r.Trials)+r.Others == 0:
		return "nothing recorded in " + dir
	}
	text := fmt.Sprintf("%d of %d recorded in %s", len(r.Trials), s.Count(), dir)
	if r.Others > 0 {
		text += fmt.Sprintf(", and %d with other settings than the file", r.Others)
	}
	return text
}

func render(c *call) error {
	o := run.Options{}
	outFlag(c, &o)
	c.BoolVar(&o.Quick, "quick", false, "the records of a run with --quick")
	replace := replaceFlag(c)
	s, err := specFlags(c)()
	if err != nil {
		return err
	}
	files, err := report.Render(s, o.Out, o.Quick, *replace)
	for _, f := range files {
		fmt.Fprintln(c.out, "wrote", f)
	}
	return err
}

// export writes trained networks.
func export(c *call) error {
	o := stateOptions()
	dir := c.String("to", "weights", "`DIR` to write to, by default weights")
	c.BoolVar(&o.Quick, "quick", false, "the networks of a run with --quick")
	s, err := specFlags(c)()
	if err != nil {
		return err
	}
	if err := checkFolder("to", *dir); err != nil {
		return mistake.Of(err)
	}
	files, err := run.Export(s, o, *dir)
	for _, f := range files {
		fmt.Fprintln(c.out, "wrote", f)
	}
	return err
}
