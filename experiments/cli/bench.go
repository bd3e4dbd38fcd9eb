package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"cenet/experiments/bench"
	"cenet/experiments/device"
	"cenet/experiments/report"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/nn/durable"
)

// benchmark measures kernels and networks.
func benchmark(c *call) error {
	o := bench.Options{Log: c.errs, Modes: bench.Modes, Workers: []int{1, bench.Processors()}}
	on := deviceFlag(c)
	peer := c.Bool("peer", false, "run PyTorch in turn with us, and print the ratios")
	python := c.String("python", "python3", "`PROGRAM` that has PyTorch and torchvision, for --peer")
	asJSON := c.Bool("json", false, "print one JSON object a figure, as they come, in place of the tables")
	c.DurationVar(&o.Time, "time", time.Second, "`TIME` of one measurement")
	c.IntVar(&o.Rounds, "rounds", 3, "`N` measurements, of which the median counts")
	listFlag(c.FlagSet, &o.Modes, "mode", "`LIST` of "+strings.Join(bench.Modes, ", ")+", by default all", func(text string) (string, error) {
		if !slices.Contains(bench.Modes, text) {
			return "", fmt.Errorf("unknown mode %q; nearest: %q (known: %s)", text, spec.Nearest(text, bench.Modes), strings.Join(bench.Modes, ", "))
		}
		return text, nil
	})
	listFlag(c.FlagSet, &o.Only, "only", "`LIST` of networks or kernels, by default all", func(text string) (string, error) { return text, nil })
	listFlag(c.FlagSet, &o.Workers, "workers", "`LIST` of numbers of workers, by default 1 and one a processor", positive)
	listFlag(c.FlagSet, &o.Batches, "batch", "`LIST` of numbers of images at once in inference, by default 1,8; with --device in training, too", positive)
	listFlag(c.FlagSet, &o.Trained, "train-batch", "`LIST` of numbers of images at once in training, by default 64", positive)
	write := c.Bool("write", false, "write the tables to results/bench.md, too, with the date and the machine")
	replace := replaceFlag(c)
	memoryOf := c.String("memory-of", "", "`QUESTION` of a bench that runs this process to measure its memory")
	if err := c.none(); err != nil {
		return err
	}
	if *memoryOf != "" {
		text, err := bench.MemoryOf(*memoryOf)
		fmt.Fprintln(c.out, text)
		return err
	}
	if o.Rounds < 1 || o.Time <= 0 {
		return wrong(fmt.Errorf("--rounds %d and --time %v are not both positive", o.Rounds, o.Time))
	}
	path := filepath.Join(root(), "results", "bench.md")
	if *write && !*replace {
		if err := c.sameCommand(path); err != nil {
			return err
		}
	}
	devices, err := device.Find(*on)
	if err != nil {
		return err
	}
	if o.Device = devices.Take(); o.Device == nil && o.Batches == nil {
		o.Batches = []int{1, 8}
	}
	if *peer {
		o.Python = *python
	}
	ctx, stop := untilSignal()
	defer stop()
	began := time.Now()
	var figures []bench.Figure
	err = bench.Run(ctx, o, func(f bench.Figure) error {
		figures = append(figures, f)
		if *asJSON {
			return json.NewEncoder(c.out).Encode(f)
		}
		return nil
	})
	var unknown *bench.UnknownError
	if errors.As(err, &unknown) {
		return wrong(err)
	}
	if *asJSON {
		return err
	}
	text, failed := bench.Tables(figures)
	fmt.Fprint(c.out, text)
	if err = errors.Join(err, failed); err != nil || !*write {
		return err
	}
	page, err := bench.Page(figures, "./reproduce.sh "+c.command(), state.Machine(began))
	if err != nil {
		return err
	}
	if err := durable.WriteBytes(path, []byte(page)); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "wrote", path)
	return nil
}

// command is the call as a person types it, without the flag that lets it replace results.
func (c *call) command() string {
	words := []string{c.Name()}
	for _, w := range c.args {
		if strings.TrimLeft(w, "-") != strings.TrimPrefix(report.Replace, "--") {
			words = append(words, spec.ShellQuote(w))
		}
	}
	return strings.Join(words, " ")
}

// commandLine is the line of a page that says which command made it.
var commandLine = regexp.MustCompile("(?m)^Command: `\\./reproduce\\.sh ([^`]*)`$")

// sameCommand refuses to write over a page that another call has made: this one measures other things.
func (c *call) sameCommand(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil // there is none
	}
	m := commandLine.FindSubmatch(text)
	if m == nil || string(m[1]) == c.command() {
		return nil
	}
	return wrong(fmt.Errorf("%s is not changed: `./reproduce.sh %s` made it, and other flags measure other things; the same flags renew it, %s writes here all the same",
		path, m[1], report.Replace))
}
