// Command cenet runs the experiments of "Channel Equilibrium Networks for Learning Deep Representation".
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"cenet/experiments"
	"cenet/results"
)

const usage = `cenet reproduces the experiments of "Channel Equilibrium Networks" (Shao et al., ICML 2020).

  ./reproduce.sh NAME|FILE.toml [flags]   train what is missing, write results/NAME/
  ./reproduce.sh list                     the experiments that come with it
  ./reproduce.sh validate FILE...         check experiment files
  ./reproduce.sh render NAME              draw tables and plots again from the records
  ./reproduce.sh summary MODEL [--block B] [--json]
                                          layers, shapes, parameters, GFLOPs at 224×224
  ./reproduce.sh test                     run the tests

Flags of NAME:
  --seeds 1,2,3   other seeds            --workers N   trials at once (0: one a processor)
  --epochs N      other epochs           --out DIR     folder of the results (results)
  --data DIR      folder of the pictures --quick       one seed, one epoch, a few batches
  --fresh         train again            --json        print the records
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit status: 0, 1 for what failed, 2 for what the user got wrong, 130 when interrupted.
func run(args []string, out, errs io.Writer) int {
	if len(args) == 0 || slices.Contains(args, "--help") || slices.Contains(args, "-h") || args[0] == "help" {
		fmt.Fprint(out, usage)
		if len(args) == 0 {
			fmt.Fprintln(out, "\nExperiments:")
			list(out)
		}
		return 0
	}
	var err error
	switch args[0] {
	case "list":
		list(out)
	case "validate":
		err = validate(args[1:], out)
	case "render":
		err = render(args[1:], out)
	case "summary":
		err = summary(args[1:], out)
	case "test":
		err = test(out, errs)
	default:
		err = experiment(args, out, errs)
	}
	var user *userError
	var input *experiments.InputError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &user), errors.As(err, &input):
		fmt.Fprintln(errs, err)
		return 2
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errs, "interrupted; the same command goes on with the trials that are missing")
		return 130
	}
	fmt.Fprintln(errs, err)
	return 1
}

// root is the project's folder, which reproduce.sh names: results and state belong there, wherever the command is called.
func root() string {
	if dir := os.Getenv("CENET_ROOT"); dir != "" {
		return dir
	}
	return "."
}

// userError is what the user got wrong.
type userError struct{ error }

func (e *userError) Unwrap() error { return e.error }

func wrong(err error) error {
	if err == nil {
		return nil
	}
	return &userError{err}
}

func load(name string) (*experiments.Spec, error) {
	file, src, err := experiments.Open(name)
	if err != nil {
		return nil, wrong(err)
	}
	s, err := experiments.Load(file, src, experiments.Registered())
	return s, wrong(err)
}

func list(out io.Writer) {
	for _, name := range experiments.Embedded() {
		s, err := load(name)
		if err != nil {
			fmt.Fprintf(out, "  %-12s %v\n", name, err)
			continue
		}
		fmt.Fprintf(out, "  %-12s %s (%d trials)\n", name, s.Title, s.Count())
	}
}

func validate(files []string, out io.Writer) error {
	if len(files) == 0 {
		return wrong(errors.New("validate: which file?"))
	}
	var all error
	for _, f := range files {
		s, err := load(f)
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		fmt.Fprintf(out, "%s: %d trials\n", f, s.Count())
	}
	return wrong(all)
}

// parse reads flags that may stand before or behind the one other argument.
func parse(f *flag.FlagSet, args []string) (string, error) {
	f.SetOutput(io.Discard)
	var rest []string
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			return "", wrong(err)
		}
		args = f.Args()
		if len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	if len(rest) != 1 {
		return "", wrong(fmt.Errorf("%s: one name is wanted, not %d", f.Name(), len(rest)))
	}
	return rest[0], nil
}

func render(args []string, out io.Writer) error {
	f := flag.NewFlagSet("render", flag.ContinueOnError)
	dir := f.String("out", filepath.Join(root(), "results"), "")
	quick := f.Bool("quick", false, "")
	name, err := parse(f, args)
	if err != nil {
		return err
	}
	s, err := load(name)
	if err != nil {
		return err
	}
	files, err := experiments.Render(s, experiments.Options{Out: *dir, Quick: *quick})
	for _, f := range files {
		fmt.Fprintln(out, "wrote", f)
	}
	return err
}

func experiment(args []string, out, errs io.Writer) error {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	o := experiments.Options{Log: errs}
	f.StringVar(&o.Out, "out", filepath.Join(root(), "results"), "")
	f.IntVar(&o.Workers, "workers", 0, "")
	f.BoolVar(&o.Quick, "quick", false, "")
	f.BoolVar(&o.Fresh, "fresh", false, "")
	asJSON := f.Bool("json", false, "")
	seeds := f.String("seeds", "", "")
	epochs := f.Int("epochs", 0, "")
	data := f.String("data", "", "")
	name, err := parse(f, args)
	if err != nil {
		return err
	}
	if o.Workers < 0 {
		return wrong(fmt.Errorf("--workers is %d, not 0 or more", o.Workers))
	}
	file, src, err := experiments.Open(name)
	if err != nil {
		return wrong(err)
	}
	names := experiments.Registered()
	if *data != "" {
		names.NeedsDir = nil // it comes from the command line
	}
	s, err := experiments.Load(file, src, names)
	if err != nil {
		return wrong(err)
	}
	if *seeds != "" {
		var list []any
		for _, word := range strings.Split(*seeds, ",") {
			n, err := strconv.ParseInt(strings.TrimSpace(word), 10, 64)
			if err != nil {
				return wrong(fmt.Errorf("--seeds: %q is no whole number", word))
			}
			list = append(list, n)
		}
		err = errors.Join(err, s.Set("seeds", list))
	}
	if *epochs != 0 {
		err = errors.Join(err, s.Set("train.epochs", int64(*epochs)))
	}
	if *data != "" {
		err = errors.Join(err, s.Set("data.dir", *data))
	}
	if err = errors.Join(err, s.Check()); err != nil {
		return wrong(err)
	}
	o.State = filepath.Join(root(), ".cache", "state")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	records, err := experiments.Run(ctx, s, o)
	if err != nil {
		return err
	}
	if *asJSON {
		e := json.NewEncoder(out)
		for _, r := range records {
			if err := e.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := results.Summary(s.Layout(o.Quick, s.Trials()), records)
	fmt.Fprintln(out, text)
	return err
}

func summary(args []string, out io.Writer) error {
	f := flag.NewFlagSet("summary", flag.ContinueOnError)
	block := f.String("block", "none", "")
	asJSON := f.Bool("json", false, "")
	name, err := parse(f, args)
	if err != nil {
		return err
	}
	setup, err := experiments.PaperSetup(name, *block)
	if err != nil {
		return wrong(err)
	}
	layers, params, err := setup.Describe(224, 3, 1000)
	if err != nil {
		return err
	}
	count, macs, all := experiments.Totals(layers, params)
	if *asJSON {
		return json.NewEncoder(out).Encode(map[string]any{
			"model": name, "block": *block, "params": count, "macs": macs, "operations": all, "layers": layers,
		})
	}
	for _, l := range layers {
		fmt.Fprintf(out, "%-28s %-16s %-18v %14d\n", l.Path, l.Kind, l.Out, l.MACs+l.Other)
	}
	fmt.Fprintf(out, "\nparams %d, convolution and linear %.3f GFLOPs, all %.3f GFLOPs\n", count, float64(macs)/1e9, float64(all)/1e9)
	return nil
}

// test runs the tests of all packages, with the Go that built the command.
func test(out, errs io.Writer) error {
	c := exec.Command("go", "test", "./...")
	c.Stdout, c.Stderr = out, errs
	return c.Run()
}
