package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cenet/experiments/mistake"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/suite"
	"cenet/results"
	"cenet/results/page"
	"cenet/results/terminal"
)

// verify trains random records again and compares the bits.
func verify(c *call) error {
	o := stateOptions()
	ready := runFlags(c, &o)
	n := c.Int("draw", 3, "`N` records to pick, by default 3")
	lot := c.Uint64("lot", 0, "seed `NUMBER` of the random choice, by default today's date")
	dir := c.String("data", "", "`DIR` of the images")
	words, err := c.words()
	if err == nil {
		err = ready()
	}
	switch {
	case err != nil:
		return err
	case len(words) > 1:
		return mistake.Errorf("one name is expected, got %d, %s: %s", len(words), strings.Join(words, " and "), c.line)
	case *n < 1:
		return mistake.Errorf("--draw: %d: expected 1 or more", *n)
	case *dir != "" && len(words) == 0:
		return mistake.Errorf("--data: expected the name of an experiment too: without a name, verify uses the embedded images")
	case *lot == 0: // the same all day, so that a stopped run can resume
		*lot, _ = strconv.ParseUint(time.Now().UTC().Format("20060102"), 10, 64)
	}
	list, err := verifiable(words, *dir)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	found, err := run.Verify(ctx, list, o, *n, *lot)
	if err != nil {
		return err
	}
	text, differ, err := verifiedText(found, *lot, width(c.out))
	fmt.Fprint(c.out, text)
	if err == nil && differ > 0 {
		err = fmt.Errorf("%d of %d records have other bits when trained here", differ, len(found))
	}
	return err
}

// verifiable returns the named experiment, or all that train on embedded images.
func verifiable(words []string, dir string) ([]*spec.Spec, error) {
	if len(words) == 0 {
		list, err := suite.All()
		return slices.DeleteFunc(list, func(s *spec.Spec) bool { return s.Checks != "" }), err
	}
	s, err := load(words[0], dir != "")
	switch {
	case err != nil:
		return nil, err
	case s.Checks != "":
		return nil, mistake.Errorf("%s is a check: it has no records", s.Name)
	case dir != "":
		err = s.Change("data.dir", dir)
	}
	return []*spec.Spec{s}, mistake.Of(err)
}

// verifiedText returns a table of the records trained again, and the number that differ.
func verifiedText(found []run.Verified, lot uint64, width int) (text string, differ int, err error) {
	t := &page.Table{Name: "table", Columns: []page.Column{
		{Head: "experiment", Text: true}, {Head: "trial", Text: true}, {Head: "Top-1 (%)"}, {Head: "here"}, {Head: "weights", Text: true},
		{Head: "trained on", Text: true, Wide: true}, {Head: "bits", Text: true},
	}}
	for i := range found {
		v := &found[i]
		bits := v.Differs()
		if bits == "" {
			bits = "the same"
			if v.OtherCode != "" {
				bits += ", by other code (" + v.OtherCode + ")"
			}
		} else {
			differ++
		}
		t.Rows = append(t.Rows, []string{v.Experiment, v.There.Name, fmt.Sprintf("%.2f", 100*v.There.Result.Top1),
			fmt.Sprintf("%.2f", 100*v.Here.Result.Top1),
			fmt.Sprintf("%.12s", v.There.Result.Weights), trainedOn(v.There.Provenance), bits})
	}
	here := found[0].Here.Provenance
	shown := page.Page{
		Title:    fmt.Sprintf("Records picked with seed %d and trained again on %s, %s kernels", lot, trainedOn(here), here.Kernels),
		Sections: []page.Section{{Table: t}},
	}
	text, err = terminal.Summary(shown, width)
	return text, differ, err
}

// trainedOn is the device that a trial ran on.
func trainedOn(p results.Provenance) string {
	if p.Device != "" {
		return p.Device
	}
	return p.CPU
}
