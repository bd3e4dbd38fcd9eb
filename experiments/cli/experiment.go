package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"cenet/experiments/mistake"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/suite"
	"cenet/results/terminal"
)

func experiment(c *call) error {
	o := stateOptions()
	ready := runFlags(c, &o)
	asJSON := c.Bool("json", false, "print the records, a line each, instead of the table")
	cost := c.Bool("cost", false, "estimate time and memory from a few steps of each case, and train nothing")
	replay := c.String("case", "", "`FILE` of a case that a check found, to replay")
	c.Func("shard", "`I/N`: train only part I of N of the trials, and draw nothing; for job engines", func(text string) (err error) {
		o.Shard, err = run.ParseShard(text)
		return err
	})
	identities := c.String("trials", "", "`FILE` with identities of trials, a line each: train only these, and draw nothing; --on slurm "+
		"writes one")
	c.BoolVar(&o.Collect, "collect", false, "train nothing: draw tables and plots from the finished trials")
	cluster := clusterFlags(c)
	replace := replaceFlag(c)
	s, err := specFlags(c)()
	if err != nil {
		return err
	}
	o.Replace = *replace
	if *identities != "" {
		if o.Identities, err = run.ReadIdentities(*identities); err != nil {
			return err
		}
	}
	if err := ready(); err != nil {
		return err
	}
	if *replay != "" {
		text, err := suite.Replay(s, *replay)
		fmt.Fprint(c.out, text)
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	if cluster.engine != "" {
		return cluster.submit(ctx, c, s, o)
	}
	if *cost {
		e, err := run.Cost(ctx, s, o)
		if err == nil {
			e.Print(c.out)
		}
		return err
	}
	if s.Checks != "" {
		if o.Partial() || o.Collect {
			return mistake.Errorf("%s is a check: it runs as a whole", s.Name)
		}
		return check(ctx, c, s, o, *asJSON)
	}
	page, records, err := suite.Train(ctx, s, o)
	if err != nil || o.Partial() { // the table needs all trials
		return err
	}
	if *asJSON {
		for _, r := range records {
			err = errors.Join(err, json.NewEncoder(c.out).Encode(r))
		}
		return err
	}
	text, err := terminal.Summary(page, width(c.out))
	fmt.Fprintln(c.out, text)
	fmt.Fprintln(c.errs, whereResults)
	return err
}

// check runs a check.
func check(ctx context.Context, c *call, s *spec.Spec, o run.Options, asJSON bool) error {
	page, err := suite.RunCheck(ctx, s, o)
	if page.Title == "" {
		return err
	}
	if asJSON {
		return errors.Join(err, json.NewEncoder(c.out).Encode(page))
	}
	text, failed := terminal.Summary(page, width(c.out))
	fmt.Fprint(c.out, text)
	fmt.Fprintln(c.errs, whereResults)
	return errors.Join(err, failed)
}

// Longer or larger work asks before it begins.
const (
	longWork = 4 * 3600 // seconds
	muchDisk = 10 << 30 // bytes
)

// confirm asks on a terminal before long work.
func (c *call) confirm(seconds float64, disk int, what string) error {
	if seconds < longWork && disk < muchDisk || !run.Terminal(os.Stdin) || !run.Terminal(c.errs) {
		return nil
	}
	fmt.Fprintf(c.errs, "%s. Begin? [y/N] ", what)
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
		return nil
	}
	return errors.Join(errors.New("not begun; --yes begins without asking"), err)
}

// askOtherCode asks on a terminal whether to retrain or accept results of other code. Without a terminal it returns an error.
func (c *call) askOtherCode(what string) (run.Choice, error) {
	refused := mistake.Errorf("%s; %s trains them again, %s keeps them (for changes that alter no result)", what, run.Retrain, run.Accept)
	if !run.Terminal(os.Stdin) || !run.Terminal(c.errs) {
		return 0, refused
	}
	fmt.Fprintf(c.errs, "%s. Train them again, or keep them (for changes that alter no result)? [t/k, anything else stops] ", what)
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "t":
		return run.TrainAgain, nil
	case "k":
		return run.Keep, nil
	}
	return 0, errors.Join(refused, err)
}
