package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cenet/experiments/bench"
	"cenet/experiments/device"
	"cenet/experiments/mistake"
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
	asJSON := c.Bool("json", false, "print each figure as a JSON object as it comes, instead of the tables")
	c.DurationVar(&o.Time, "time", time.Second, "`TIME` of one measurement")
	c.IntVar(&o.Rounds, "rounds", 3, "`N` measurements; the result is their median")
	listFlag(c.FlagSet, &o.Modes, "mode", "`LIST` of "+strings.Join(bench.Modes, ", ")+", by default all", func(text string) (string, error) {
		if !slices.Contains(bench.Modes, text) {
			return "", fmt.Errorf("unknown mode %q; %s", text, mistake.NearestOf(text, bench.Modes))
		}
		return text, nil
	})
	listFlag(c.FlagSet, &o.Only, "only", "`LIST` of networks or kernels, by default all",
		func(text string) (string, error) { return text, nil })
	listFlag(c.FlagSet, &o.Workers, "workers", "`LIST` of numbers of workers, by default 1 and the number of processors", positive)
	listFlag(c.FlagSet, &o.Batches, "batch", "`LIST` of batch sizes in inference, by default 1,8; with --device also in training", positive)
	listFlag(c.FlagSet, &o.Trained, "train-batch", "`LIST` of numbers of images at once in training, by default 64", positive)
	write := c.Bool("write", false, "add the tables to results/bench.md, with the date and the machine; rows measured again are replaced")
	replace := replaceFlag(c)
	memoryOf := c.String("memory-of", "", "`QUESTION` of a benchmark that runs this process to measure its memory")
	if err := c.none(); err != nil {
		return err
	}
	if *memoryOf != "" {
		text, err := bench.MemoryOf(*memoryOf)
		fmt.Fprintln(c.out, text)
		return err
	}
	if o.Rounds < 1 || o.Time <= 0 {
		return mistake.Errorf("--rounds %d, --time %v: expected values above 0", o.Rounds, o.Time)
	}
	path := filepath.Join(root(), "results", "bench.md")
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
	var sections []bench.Section // written before
	if *write {
		if sections, err = c.measured(path, &o, *replace); err != nil {
			return err
		}
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
		return mistake.Of(err)
	}
	if *asJSON {
		return err
	}
	text, failed := bench.Tables(figures)
	fmt.Fprint(c.out, text)
	if failed != nil || !*write || len(figures) == 0 {
		return errors.Join(err, failed)
	}
	// Figures are kept even if others could not be measured.
	return errors.Join(err, c.writeBench(bench.With(bench.Section{Command: c.command(), Machine: state.Machine(began), Figures: figures},
		sections), path))
}

// measured returns what earlier runs have measured. Without replace, it refuses to measure anew what another command did.
func (c *call) measured(path string, o *bench.Options, replace bool) ([]bench.Section, error) {
	sections, err := bench.ReadSections(sectionsOf(path))
	if err != nil {
		return nil, err
	}
	figure, by, err := o.Replaces(sections, c.command())
	if err != nil {
		return nil, mistake.Of(err)
	}
	if figure != "" && !replace {
		return nil, mistake.Errorf("%s is not changed: its figure of %s is from `%s`; the same flags update it, %s replaces it",
			path, figure, by, report.Replace)
	}
	return sections, nil
}

// writeBench adds a run to the page of the benchmark, and to the file that the page is drawn from.
func (c *call) writeBench(sections []bench.Section, path string) error {
	page, err := bench.Page(sections)
	if err != nil {
		return err
	}
	if err := durable.WriteBytes(sectionsOf(path), bench.Lines(sections)); err != nil {
		return err
	}
	if err := durable.WriteBytes(path, []byte(page)); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "wrote", path)
	return nil
}

// sectionsOf is the file that a page of the benchmark is drawn from.
func sectionsOf(path string) string { return strings.TrimSuffix(path, ".md") + ".jsonl" }

// command is the call as typed, without the flag --replace.
func (c *call) command() string {
	words := []string{"./reproduce.sh", c.Name()}
	for _, w := range c.args {
		if strings.TrimLeft(w, "-") != strings.TrimPrefix(report.Replace, "--") {
			words = append(words, spec.ShellQuote(w))
		}
	}
	return strings.Join(words, " ")
}
