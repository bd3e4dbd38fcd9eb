package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"cenet/experiments/device"
	"cenet/experiments/mistake"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/suite"
)

// root is the project's folder, as set by reproduce.sh. Results and state are there, whatever the working directory.
func root() string {
	if dir := os.Getenv("CENET_ROOT"); dir != "" {
		return dir
	}
	return "."
}

// stateOptions has the folders of state and fetched data.
func stateOptions() run.Options {
	return run.Options{State: filepath.Join(root(), ".cache", "state"), Data: fetched(), Code: sources}
}

// fetched is the folder of fetched data sets.
func fetched() string { return filepath.Join(root(), ".cache", "data") }

// resultsFolder is the default folder of results.
func resultsFolder() string { return filepath.Join(root(), "results") }

func outFlag(c *call, o *run.Options) {
	c.StringVar(&o.Out, "out", resultsFolder(), "`DIR` for results, by default results")
}

// replaceFlag adds the flag that allows fewer results to replace more.
func replaceFlag(c *call) *bool {
	return c.Bool(strings.TrimPrefix(report.Replace, "--"), false, "allow fewer results to replace more: finished trials, trained "+
		"networks, a longer run")
}

// runFlags adds the flags of commands that train. It returns a function that checks them and completes the options.
func runFlags(c *call, o *run.Options) func() error {
	o.Log = c.errs
	outFlag(c, o)
	c.IntVar(&o.Workers, "workers", 0, "`N` trials at once, by default one per processor; the last trials share the processors")
	c.BoolVar(&o.Quick, "quick", false, "a test run with one seed, one epoch and a few batches; its results are separate and marked")
	c.BoolVar(&o.Fresh, "fresh", false, "train finished trials again")
	c.BoolVar(&o.Adopt, strings.TrimPrefix(run.Adopt, "--"), false, "count trials as finished that another machine has left in DIR of results")
	c.DurationVar(&o.Save, "save", 20*time.Second, "`TIME` between two checkpoints of a trial, 20s by default: a crash loses at most this")
	devices := deviceFlag(c)
	each := c.Int("per-device", 1, "`N` trials at once on each device: a small network leaves most of a GPU idle")
	yes := c.Bool("yes", false, "do not ask before long work")
	retrain := c.Bool(strings.TrimPrefix(run.Retrain, "--"), false, "train trials again whose results come from other code")
	accept := c.Bool(strings.TrimPrefix(run.Accept, "--"), false, "keep results of other code and record them as this code's: for "+
		"changes that alter no result")
	return func() error {
		o.OtherCode = c.askOtherCode
		switch {
		case *retrain && *accept:
			return mistake.Errorf("%s and %s exclude each other", run.Retrain, run.Accept)
		case *retrain:
			o.OtherCode = func(string) (run.Choice, error) { return run.TrainAgain, nil }
		case *accept:
			o.OtherCode = func(string) (run.Choice, error) { return run.Keep, nil }
		}
		switch {
		case o.Adopt && o.Fresh:
			return mistake.Errorf("%s and --fresh exclude each other", run.Adopt)
		case o.Workers < 0:
			return mistake.Errorf("--workers: %d: expected 0 or more", o.Workers)
		case *each < 1 || *each > 1 && device.IsCPU(*devices):
			return mistake.Errorf("--per-device: %d: expected 1 or more, with --device", *each)
		case o.Save <= 0:
			return mistake.Errorf("--save: %v: expected a time above 0", o.Save)
		}
		if !*yes {
			o.Confirm = c.confirm
		}
		var err error
		o.Devices, err = device.Find(*devices)
		if on := c.Lookup("on"); err != nil && on != nil && on.Value.String() != "" { // only the nodes have the device
			fmt.Fprintf(c.errs, "%v here: the time of trials is estimated on the CPU\n", err)
			return nil
		}
		o.Devices.Share(*each)
		return err
	}
}

// deviceFlag adds the flag for the device.
func deviceFlag(c *call) *string {
	return c.String("device", device.CPU, "`NAME` of the device: cpu, gpu for every GPU, or a part of a device's name, see "+
		"./reproduce.sh devices")
}

// specFlags adds the flags that change settings. It returns a function that reads all flags and loads the named experiment with these
// changes.
func specFlags(c *call) func() (*spec.Spec, error) {
	var changes []change
	add := func(key, name, usage string, parse func(string) (any, error)) {
		c.Func(name, usage, func(text string) error {
			v, err := parse(text)
			changes = append(changes, change{key, v})
			return err
		})
	}
	add("seeds", "seeds", "`LIST` of seeds instead of the file's: 1,2,3", func(text string) (any, error) {
		return spec.Value("[" + text + "]")
	})
	add("train.epochs", "epochs", "`N` epochs instead of the file's", spec.Value)
	add("data.dir", "data", "`DIR` of the images", func(text string) (any, error) { return text, nil })
	const usage = "`KEY=VALUE` changes a setting, written as in the file; KEY=A,B sweeps both, [A,B] is one list; may be given several " +
		"times. Results with changed settings are in NAME/changed/SETTINGS"
	c.Func("set", usage, func(text string) error {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("expected KEY=VALUE")
		}
		v, err := spec.Value(value)
		changes = append(changes, change{strings.TrimSpace(key), v})
		return err
	})
	return func() (*spec.Spec, error) {
		name, err := c.one()
		if err != nil {
			return nil, err
		}
		s, err := load(name, slices.ContainsFunc(changes, func(c change) bool { return c.key == "data.dir" }))
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			err = errors.Join(err, s.Change(c.key, c.value))
		}
		c.warn(s)
		return s, mistake.Of(errors.Join(err, s.Check()))
	}
}

// warn prints the warnings about an experiment's file or the command line.
func (c *call) warn(s *spec.Spec) {
	for _, line := range s.Warnings {
		fmt.Fprintln(c.errs, "warning:", line)
	}
}

// load reads an experiment's file. With withDir, the file need not name its folder of images: the command line does.
func load(name string, withDir bool) (*spec.Spec, error) {
	names := suite.Names()
	if withDir {
		names.NeedsDir = nil
	}
	s, err := names.LoadNamed(name)
	return s, mistake.Of(err)
}

// change is a setting from the command line.
type change struct {
	key   string
	value any
}

// listFlag adds a flag with a comma-separated list, which replaces the default.
func listFlag[T any](flags *flag.FlagSet, to *[]T, name, usage string, parse func(string) (T, error)) {
	flags.Func(name, usage, func(text string) error {
		*to = nil
		for _, word := range strings.Split(text, ",") {
			v, err := parse(strings.TrimSpace(word))
			if err != nil {
				return err
			}
			*to = append(*to, v)
		}
		return nil
	})
}

// positive parses a positive number.
func positive(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1<<12 {
		return 0, fmt.Errorf("%q: expected a number from 1 to 4096", text)
	}
	return n, nil
}
