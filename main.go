// Command cenet runs the experiments of "Channel Equilibrium Networks for Learning Deep Representation".
package main

import (
	"bufio"
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
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cenet/experiments"
	"cenet/experiments/bench"
	"cenet/experiments/slurm"
	"cenet/nn/dataset"
	"cenet/results"
)

// A command is one of the words that may stand first on the command line.
type command struct {
	name  string
	args  string // what follows the name
	about string
	run   func(c *call) error
}

// commands in the order of the usage. What is none of them names an experiment.
var commands = []command{
	{"", "NAME|FILE.toml", "train what is missing of an experiment, or run its check; write tables and plots to results/NAME/", experiment},
	{"all", "", "run every experiment on the pictures that come with it, and write one page of all claims, results/README.md", all},
	{"list", "", "the experiments that come with it: title, cost, state", list},
	{"validate", "FILE...", "check experiment files", validate},
	{"status", "NAME|FILE.toml", "how many of its trials are finished, under way, failed or missing", status},
	{"render", "NAME|FILE.toml", "draw an experiment's tables and plots again from its records", render},
	{"summary", "MODEL", "layers, shapes, parameters and GFLOPs of a network at 224×224", summary},
	{"schema", "", "the JSON Schema of experiment files, for editors", schema},
	{"fetch", "NAME", "download a data set that its authors distribute, checked by its SHA-256", fetch},
	{"eval", "", "top-1 and top-5 of a network with given weights on a folder of pictures", eval},
	{"predict", "PICTURE...", "the most probable classes of pictures by a network with given weights", predict},
	{"forward", "", "run a network with given weights on pictures in a .npy file", forward},
	{"gradients", "", "gradients of a network with given weights on pictures and classes in .npy files, under PyTorch's names", gradients},
	{"stats", "", "scales and shifts of the BatchNorms of a network with given weights, by layer: a table and plots", stats},
	{"export", "NAME|FILE.toml", "write the networks that an experiment has trained as safetensors, under PyTorch's names", export},
	{"bench", "", "how fast kernels and networks are on this machine, by themselves or beside PyTorch", benchmark},
	{"test", "[--faults KILLS | --soak MINUTES | FLAGS OF go test]", "run the tests; or kill so many processes, and write results/faults.md; or repeat trials for so long, and write results/soak/", test},
}

// call is one call of a command.
type call struct {
	*flag.FlagSet
	line      string // how the command is called
	args      []string
	out, errs io.Writer
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit status: 0, 1 for what failed, 2 for what the user got wrong, 129, 130 and 143 when interrupted.
func run(args []string, out, errs io.Writer) int {
	if len(args) == 0 || slices.Contains([]string{"--help", "-help", "-h", "help"}, args[0]) {
		usage(out)
		return 0
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name != "" && c.name == args[0] })
	if i < 0 {
		if name := nearestCommand(args[0]); name != "" {
			fmt.Fprintf(errs, "unknown command or experiment %q; nearest: %q; --help lists them\n", args[0], name)
			return 2
		}
		i = 0
	} else {
		args = args[1:]
	}
	cmd := commands[i]
	c := &call{flag.NewFlagSet(cmd.name, flag.ContinueOnError), cmd.line(), args, out, errs}
	c.SetOutput(io.Discard)
	err := cmd.run(c)

	var user *userError
	var input *experiments.InputError
	var stopped *interrupted
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		cmd.help(out, c.FlagSet)
		return 0
	case errors.As(err, &user), errors.As(err, &input):
		fmt.Fprintln(errs, err)
		return 2
	case errors.As(err, &stopped):
		fmt.Fprintf(errs, "%v; the same command goes on from there\n", err)
		return 128 + int(stopped.signal)
	}
	fmt.Fprintln(errs, err)
	return 1
}

// nearestCommand is the command that a word is nearest to, where it is no experiment and nearer to none; else "".
func nearestCommand(word string) string {
	var names []string
	for _, c := range commands[1:] {
		names = append(names, c.name)
	}
	known := append(experiments.Embedded(), names...)
	if slices.Contains(known, word) || strings.ContainsAny(word, "./-") {
		return ""
	}
	if nearest := experiments.Nearest(word, known); slices.Contains(names, nearest) {
		return nearest
	}
	return ""
}

// usage lists commands and experiments.
func usage(out io.Writer) {
	fmt.Fprint(out, "cenet reproduces the experiments of \"Channel Equilibrium Networks\" (Shao et al., ICML 2020).\n\n")
	for _, c := range commands {
		fmt.Fprintf(out, "  %-42s %s\n", c.line(), c.about)
	}
	fmt.Fprint(out, "\nEach takes --help. Experiments:\n\n")
	listTo(out)
}

// line is how the command is called.
func (c *command) line() string {
	return strings.Join(strings.Fields("./reproduce.sh "+c.name+" "+c.args), " ")
}

// help is what the command's --help prints.
func (c *command) help(out io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(out, "%s: %s\n", c.line(), c.about)
	flags.VisitAll(func(f *flag.Flag) {
		value, about := flag.UnquoteUsage(f)
		fmt.Fprintf(out, "  %-16s %s\n", strings.TrimSpace("--"+f.Name+" "+value), about)
	})
}

// one reads the flags, which may stand before or behind the one other argument, and returns that.
func (c *call) one() (string, error) {
	words, err := c.words()
	switch {
	case err == nil && len(words) == 0:
		err = wrong(fmt.Errorf("a name is missing: %s", c.line))
	case err == nil && len(words) > 1:
		err = wrong(fmt.Errorf("one name is expected, got %d, %s: %s", len(words), strings.Join(words, " and "), c.line))
	}
	if err != nil {
		return "", err
	}
	return words[0], nil
}

// words reads the flags and returns the other arguments.
func (c *call) words() ([]string, error) {
	var words []string
	for args := c.args; len(args) > 0; {
		if err := c.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, wrong(c.flagError(err))
		}
		args = c.Args()
		if len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	return words, nil
}

// flagError says what is wrong with a flag, in place of the error that the library has for it.
func (c *call) flagError(err error) error {
	text := err.Error()
	var known []string
	c.VisitAll(func(f *flag.Flag) { known = append(known, "--"+f.Name) })
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		if len(known) == 0 {
			return fmt.Errorf("unknown flag --%s: %s takes none", name, c.line)
		}
		name = "--" + strings.TrimLeft(name, "-")
		return fmt.Errorf("unknown flag %s; nearest: %s (known: %s)", name, experiments.Nearest(name, known), strings.Join(known, ", "))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		value, about := flag.UnquoteUsage(c.Lookup(name))
		return fmt.Errorf("--%s: %s expected: %s", name, value, about)
	}
	parts := regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-([^:]*): (.*)$`).FindStringSubmatch(text)
	if parts == nil {
		return fmt.Errorf("%v; --help lists the flags", err)
	}
	value, name, reason := parts[1], parts[2], parts[3]
	if g, ok := c.Lookup(name).Value.(flag.Getter); ok {
		switch g.Get().(type) {
		case bool:
			reason = "expected true or false"
		case time.Duration:
			reason = "expected a time, as in 20s or 5m"
		default:
			reason = "expected a whole number"
		}
	}
	return fmt.Errorf("--%s: %s: %s", name, value, reason)
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

// interrupted is a run that a signal ended.
type interrupted struct{ signal syscall.Signal }

func (e *interrupted) Error() string { return "stopped by " + e.signal.String() }

// untilSignal returns a context that ends with an interrupted error when a signal asks the process to end. A second one
// ends it at once.
func untilSignal() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(&interrupted{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

func list(c *call) error {
	words, err := c.words()
	if err != nil {
		return err
	}
	if err := none(c, words); err != nil {
		return err
	}
	listTo(c.out)
	return nil
}

func listTo(out io.Writer) {
	for _, name := range experiments.Embedded() {
		s, err := load(name)
		if err != nil {
			fmt.Fprintf(out, "  %-16s %v\n", name, err)
			continue
		}
		fmt.Fprintf(out, "  %-16s %s (%s", name, s.Heading(), s.Extent())
		if s.Expect.Minutes > 0 {
			fmt.Fprintf(out, ", %s on two cores", experiments.Span(60*s.Expect.Minutes))
		}
		if state, err := experiments.Glance(s, stateOptions()); err != nil {
			fmt.Fprintf(out, "; %v", err)
		} else if state != nil {
			fmt.Fprintf(out, "; %v", state)
		}
		fmt.Fprintln(out, ")")
	}
}

func validate(c *call) error {
	files, err := c.words()
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return wrong(fmt.Errorf("a file is missing: %s", c.line))
	}
	var all error
	for _, f := range files {
		s, err := load(f)
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		fmt.Fprintf(c.out, "%s: %s\n", f, s.Extent())
	}
	return all
}

func render(c *call) error {
	o := experiments.Options{}
	outFlag(c, &o)
	c.BoolVar(&o.Quick, "quick", false, "the records of a run with --quick")
	name, err := c.one()
	if err != nil {
		return err
	}
	s, err := load(name)
	if err != nil {
		return err
	}
	files, err := experiments.Render(s, o)
	for _, f := range files {
		fmt.Fprintln(c.out, "wrote", f)
	}
	return err
}

// stateOptions say where state and fetched data lie.
func stateOptions() experiments.Options {
	return experiments.Options{State: filepath.Join(root(), ".cache", "state"), Data: fetched()}
}

// fetched is the folder of data sets that were fetched.
func fetched() string { return filepath.Join(root(), ".cache", "data") }

func outFlag(c *call, o *experiments.Options) {
	c.StringVar(&o.Out, "out", filepath.Join(root(), "results"), "`DIR` of the results, by default results")
}

func experiment(c *call) error {
	o := stateOptions()
	o.Log = c.errs
	outFlag(c, &o)
	c.IntVar(&o.Workers, "workers", 0, "`N` trials at once, by default one a processor; a lone trial uses all")
	c.BoolVar(&o.Quick, "quick", false, "one seed, one epoch, a few batches: does it run? Kept apart, and marked")
	c.BoolVar(&o.Fresh, "fresh", false, "train again what is finished")
	asJSON := c.Bool("json", false, "print the records, a line each, in place of the table")
	c.DurationVar(&o.Save, "save", 20*time.Second, "`TIME` between two checkpoints of a trial, 20s by default: as much as a crash may cost")
	cost := c.Bool("cost", false, "tell how much time and memory it will take, by some steps of each case, and train nothing")
	again := c.String("case", "", "`FILE` of a case that a check found, to examine again")
	c.Func("shard", "`I/N`: train the part I of N of the trials alone, and draw nothing; for engines that run each part somewhere", func(text string) (err error) {
		o.Shard, err = experiments.ParseShard(text)
		return err
	})
	identities := c.String("trials", "", "`FILE` of the identities of trials, a line each: train these alone, and draw nothing; --on slurm writes one")
	collect := c.Bool("collect", false, "train nothing: draw tables and plots from the trials that are finished")
	yes := c.Bool("yes", false, "do not ask before long work")
	cluster := clusterFlags(c)
	changed := changeFlags(c)
	name, err := c.one()
	if err != nil {
		return err
	}
	if *identities != "" {
		if o.Identities, err = experiments.ReadIdentities(*identities); err != nil {
			return err
		}
	}
	if !*yes {
		o.Confirm = c.confirm
	}
	if o.Workers < 0 {
		return wrong(fmt.Errorf("--workers: %d: expected 0 or more", o.Workers))
	}
	if o.Save <= 0 {
		return wrong(fmt.Errorf("--save: %v: expected a time above 0", o.Save))
	}
	s, err := changed(name)
	if err != nil {
		return err
	}
	if *again != "" {
		text, err := experiments.Again(s, *again)
		fmt.Fprint(c.out, text)
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	if cluster.engine != "" {
		return cluster.submit(ctx, c, s, o)
	}
	if *cost {
		e, err := experiments.Cost(ctx, s, o)
		if err == nil {
			e.Print(c.out)
		}
		return err
	}
	if s.Checks != "" {
		if o.Shard.N > 0 || o.Identities != nil || *collect {
			return wrong(fmt.Errorf("%s is a check: it runs as a whole", name))
		}
		return check(ctx, c, s, o, *asJSON)
	}
	run := experiments.Run
	if *collect {
		run = func(context.Context, *experiments.Spec, experiments.Options) ([]results.Record, error) {
			return experiments.Collect(s, o)
		}
	}
	records, err := run(ctx, s, o)
	if err != nil {
		return err
	}
	if o.Shard.N > 0 || o.Identities != nil { // the table is that of all
		return nil
	}
	if *asJSON {
		e := json.NewEncoder(c.out)
		for _, r := range records {
			if err := e.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := results.Summary(s.Layout(o.Quick, records), records)
	fmt.Fprintln(c.out, text)
	return err
}

// What work takes before a person is asked whether to begin it.
const (
	longWork = 4 * 3600 // seconds
	muchDisk = 10 << 30 // bytes
)

// confirm asks on a terminal before long work.
func (c *call) confirm(seconds float64, disk int, what string) error {
	if seconds < longWork && disk < muchDisk || !experiments.Terminal(os.Stdin) || !experiments.Terminal(c.errs) {
		return nil
	}
	fmt.Fprintf(c.errs, "%s. Begin? [y/N] ", what)
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
		return nil
	}
	return errors.Join(errors.New("not begun; --yes begins without a question"), err)
}

// A cluster says on which engine to run trials, and how.
type cluster struct {
	engine, partition string
	time              time.Duration
	most              int
	dry               bool
}

// mostTasks is the largest array that Slurm takes unless it is told otherwise.
const mostTasks = 1000

func clusterFlags(c *call) *cluster {
	v := &cluster{}
	c.StringVar(&v.engine, "on", "", "`ENGINE` that is to run the missing trials: slurm. They share the folders of state and results, which all nodes must see")
	c.StringVar(&v.partition, "partition", "", "`NAME` of Slurm's partition, by default the cluster's own")
	c.DurationVar(&v.time, "time", 0, "`TIME` that Slurm gives a task, by default twice what it is estimated to take")
	c.IntVar(&v.most, "array-size", mostTasks, "`N` tasks at most: each trains every N-th of the missing trials")
	c.BoolVar(&v.dry, "dry-run", false, "print Slurm's scripts, and submit nothing")
	return v
}

// submit hands the missing trials to the engine.
func (v *cluster) submit(ctx context.Context, c *call, s *experiments.Spec, o experiments.Options) error {
	switch {
	case v.engine != "slurm":
		return wrong(fmt.Errorf("--on %q: expected slurm; --shard I/N is for any other engine", v.engine))
	case v.most < 1:
		return wrong(fmt.Errorf("--array-size %d: expected 1 or more", v.most))
	case v.time < 0:
		return wrong(fmt.Errorf("--time %v: expected a time above 0", v.time))
	}
	left, err := experiments.Missing(ctx, s, o)
	if err != nil {
		return err
	}
	if left.Running > 0 {
		fmt.Fprintf(c.errs, "%s: %d trials are under way, and stay where they are\n", s.Name, left.Running)
	}
	n := len(left.Identities)
	if n == 0 {
		fmt.Fprintf(c.out, "%s: nothing to submit; --collect draws the tables\n", s.Name)
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	here, err := filepath.Abs(root())
	if err != nil {
		return err
	}
	j := slurm.Job{
		Name: s.Name, Program: program, Args: v.args(c), Env: map[string]string{"CENET_ROOT": here}, Trials: left.Identities,
		Folder: filepath.Join(here, ".cache", "state", "slurm", s.Name+"-"+time.Now().UTC().Format("20060102-150405.000")),
		Tasks:  min(n, v.most), CPUs: max(1, o.Workers), Memory: left.Estimate.Memory + programMemory, Time: v.time, Partition: v.partition,
	}
	each := (n + j.Tasks - 1) / j.Tasks
	if j.Time == 0 {
		j.Time = 10*time.Minute + time.Duration(2*float64(each)*left.Estimate.Longest()*float64(time.Second))
	}
	if v.dry {
		fmt.Fprintf(c.out, "# %s\n%s\n# %s\n%s", "array.sh", j.Array(), "tables.sh, behind it", j.Tables())
		return nil
	}
	if o.Confirm != nil {
		if err := o.Confirm(left.Estimate.Seconds, left.Estimate.Disk, fmt.Sprintf("%d trials, %v", n, left.Estimate)); err != nil {
			return err
		}
	}
	array, tables, err := j.Submit(ctx)
	if err == nil {
		fmt.Fprintf(c.out, "%s: %d trials in %d tasks, at most %v and %s each: job %s, and %s for the tables\n%s\n",
			s.Name, n, j.Tasks, j.Time.Round(time.Minute), experiments.Bytes(j.Memory), array, tables, j.Folder)
	}
	return err
}

// programMemory is what the program takes beside networks and pictures, in bytes.
const programMemory = 256 << 20

// args are those of the call without the cluster's.
func (v *cluster) args(c *call) []string {
	own := map[string]bool{"on": true, "partition": true, "time": true, "array-size": true, "dry-run": false, "workers": true, "yes": false} // with a value?
	args := []string{"--yes"}
	for i := 0; i < len(c.args); i++ {
		name, _, inside := strings.Cut(strings.TrimLeft(c.args[i], "-"), "=")
		value, ours := own[name]
		if !ours || !strings.HasPrefix(c.args[i], "-") {
			args = append(args, c.args[i])
		} else if value && !inside {
			i++
		}
	}
	return args
}

// all runs every experiment, or draws the page of all claims again.
func all(c *call) error {
	o := stateOptions()
	o.Log = c.errs
	outFlag(c, &o)
	c.IntVar(&o.Workers, "workers", 0, "`N` trials at once, by default one a processor; a lone trial uses all")
	c.BoolVar(&o.Quick, "quick", false, "one seed, one epoch, a few batches: does it run? Kept apart, and marked")
	c.BoolVar(&o.Fresh, "fresh", false, "train again what is finished")
	c.DurationVar(&o.Save, "save", 20*time.Second, "`TIME` between two checkpoints of a trial, 20s by default: as much as a crash may cost")
	cost := c.Bool("cost", false, "tell how long it will take, by some steps of each case, and run nothing")
	render := c.Bool("render", false, "draw the page again from what experiments have left, and run nothing")
	yes := c.Bool("yes", false, "do not ask before long work")
	words, err := c.words()
	switch {
	case err != nil:
		return err
	case len(words) > 0:
		return wrong(fmt.Errorf("all takes no arguments, got %s", strings.Join(words, " ")))
	case o.Workers < 0:
		return wrong(fmt.Errorf("--workers: %d: expected 0 or more", o.Workers))
	case o.Save <= 0:
		return wrong(fmt.Errorf("--save: %v: expected a time above 0", o.Save))
	}
	if !*yes {
		o.Confirm = c.confirm
	}
	ctx, stop := untilSignal()
	defer stop()
	switch {
	case *cost:
		f, err := experiments.CostAll(ctx, o)
		if err == nil {
			f.Print(c.out)
		}
		return err
	case *render:
		path, err := experiments.WriteOverview(o)
		if err == nil {
			fmt.Fprintln(c.out, "wrote", path)
		}
		return err
	}
	path, err := experiments.RunAll(ctx, o)
	if path != "" {
		fmt.Fprintln(c.out, path)
	}
	return err
}

// check runs an experiment that is a check.
func check(ctx context.Context, c *call, s *experiments.Spec, o experiments.Options, asJSON bool) error {
	page, err := experiments.RunCheck(ctx, s, o)
	if page.Title == "" {
		return err
	}
	if asJSON {
		return errors.Join(err, json.NewEncoder(c.out).Encode(page))
	}
	text, failed := results.PageSummary(page)
	fmt.Fprint(c.out, text)
	return errors.Join(err, failed)
}

// changeFlags adds the flags that change settings, and returns what loads an experiment with these changes.
func changeFlags(c *call) func(name string) (*experiments.Spec, error) {
	var changes []change
	add := func(key, name, usage string, parse func(string) (any, error)) {
		c.Func(name, usage, func(text string) error {
			v, err := parse(text)
			changes = append(changes, change{key, v})
			return err
		})
	}
	add("seeds", "seeds", "`LIST` of seeds in place of the file's: 1,2,3", func(text string) (any, error) {
		return experiments.Value("[" + text + "]")
	})
	add("train.epochs", "epochs", "`N` epochs in place of the file's", experiments.Value)
	add("data.dir", "data", "`DIR` of the pictures", func(text string) (any, error) { return text, nil })
	c.Func("set", "`KEY=VALUE` in place of the file's, as it would stand there; may be given several times", func(text string) error {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("expected KEY=VALUE")
		}
		v, err := experiments.Value(value)
		changes = append(changes, change{strings.TrimSpace(key), v})
		return err
	})
	return func(name string) (*experiments.Spec, error) {
		file, src, err := experiments.Open(name)
		if err != nil {
			return nil, wrong(err)
		}
		names := experiments.Registered()
		if slices.ContainsFunc(changes, func(c change) bool { return c.key == "data.dir" }) {
			names.NeedsDir = nil // it comes from the command line
		}
		s, err := experiments.Load(file, src, names)
		if err != nil {
			return nil, wrong(err)
		}
		for _, c := range changes {
			err = errors.Join(err, s.Set(c.key, c.value))
		}
		return s, wrong(errors.Join(err, s.Check()))
	}
}

// change is a setting that the command line gives.
type change struct {
	key   string
	value any
}

func status(c *call) error {
	o := stateOptions()
	c.BoolVar(&o.Quick, "quick", false, "of a run with --quick")
	changed := changeFlags(c)
	name, err := c.one()
	if err != nil {
		return err
	}
	s, err := changed(name)
	if err != nil {
		return err
	}
	state, err := experiments.Status(s, o)
	if err != nil {
		return err
	}
	if s.Checks != "" {
		fmt.Fprintf(c.out, "%s: a check, which keeps nothing and always runs\n", name)
		return nil
	}
	for _, t := range state.Trials {
		fmt.Fprintf(c.out, "%-32s %s\n", t.Name, t.State)
	}
	fmt.Fprintf(c.out, "%s: %v\n", name, state)
	return nil
}

func schema(c *call) error {
	words, err := c.words()
	if err != nil {
		return err
	}
	if err := none(c, words); err != nil {
		return err
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	return e.Encode(experiments.Schema(experiments.Registered()))
}

func fetch(c *call) error {
	dir := c.String("data", fetched(), "`DIR` to put it into, by default .cache/data")
	name, err := c.one()
	if err != nil {
		return err
	}
	if known := dataset.Fetchable(); !slices.Contains(known, name) {
		return wrong(fmt.Errorf("fetch: unknown data set %q; nearest: %q (known: %s)", name, experiments.Nearest(name, known), strings.Join(known, ", ")))
	}
	ctx, stop := untilSignal()
	defer stop()
	shown := int64(-1)
	path, err := dataset.Fetch(ctx, name, *dir, func(done, total int64) {
		if percent := 100 * done / max(1, total); percent/5 != shown/5 || shown < 0 {
			shown = percent
			fmt.Fprintf(c.errs, "%s: %d of %d MB, %d %%\n", name, done>>20, total>>20, percent)
		}
	})
	if err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	fmt.Fprintln(c.out, path)
	return nil
}

func summary(c *call) error {
	block := c.String("block", "none", "channel `BLOCK` at its usual place")
	asJSON := c.Bool("json", false, "print one JSON object")
	name, err := c.one()
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
	paper, _ := experiments.PaperFigures(name, *block)
	if *asJSON {
		return json.NewEncoder(c.out).Encode(map[string]any{
			"model": name, "block": *block, "params": count, "macs": macs, "operations": all, "layers": layers, "paper_gflops": paper.GFLOPs,
		})
	}
	for _, l := range layers {
		fmt.Fprintf(c.out, "%-28s %-16s %-18v %14d\n", l.Path, l.Kind, l.Out, l.MACs+l.Other)
	}
	fmt.Fprintf(c.out, "\nparams %d, convolution and linear %.3f GFLOPs, all %.3f GFLOPs\n", count, float64(macs)/1e9, float64(all)/1e9)
	if paper.GFLOPs != nil {
		fmt.Fprintf(c.out, "the paper: %.2f GFLOPs, ours is %+.3f from that\n", *paper.GFLOPs, float64(all)/1e9-*paper.GFLOPs)
	}
	return nil
}

// networkFlags adds the flags that say which network and weights, and returns what reads them, and arguments where the command takes some.
func networkFlags(c *call, arguments bool) func() (*experiments.Trained, []string, error) {
	backbone := c.String("model", "", "`NAME` of the backbone")
	block := c.String("block", "none", "channel `BLOCK` at its usual place")
	weights := c.String("weights", "", "`FILE` with PyTorch's names: safetensors, or a state dictionary of torch.save")
	width := c.Float64("width", 1, "`FACTOR` of the number of channels")
	stem := c.String("stem", "imagenet", "`KIND` of the first layers: imagenet, or small for small pictures")
	return func() (*experiments.Trained, []string, error) {
		words, err := c.words()
		if err == nil && !arguments {
			err = none(c, words)
		}
		if err != nil {
			return nil, nil, err
		}
		for _, f := range [][2]string{{"model", *backbone}, {"weights", *weights}} {
			if f[1] == "" {
				return nil, nil, wrong(fmt.Errorf("%s: --%s is missing", c.Name(), f[0]))
			}
		}
		setup, err := experiments.PaperSetup(*backbone, *block)
		if err != nil {
			return nil, nil, wrong(err)
		}
		if !(*width > 0 && *width <= 16) {
			return nil, nil, wrong(fmt.Errorf("--width is %v, expected above 0 and at most 16", *width))
		}
		if *stem != "imagenet" && *stem != "small" {
			return nil, nil, wrong(fmt.Errorf("--stem is %q, expected imagenet or small", *stem))
		}
		setup.Model.Width, setup.Model.Stem = *width, *stem
		return &experiments.Trained{Setup: setup, Weights: *weights}, words, nil
	}
}

// none refuses arguments.
func none(c *call, words []string) error {
	if len(words) > 0 {
		return wrong(fmt.Errorf("%s takes no arguments, got %s", c.Name(), strings.Join(words, " ")))
	}
	return nil
}

// viewFlags adds the flags that say how pictures are brought into a network's form.
func viewFlags(c *call) *experiments.View {
	w := &experiments.View{Normalise: dataset.ByImageNet, Batch: 32}
	c.IntVar(&w.Size, "size", 224, "`SIDE` of what is cut out of the centre of pictures")
	c.IntVar(&w.Resize, "resize", 256, "`SIDE` to which their shorter side is resized before")
	return w
}

// eval tells a network's accuracy.
func eval(c *call) error {
	view, flags := viewFlags(c), networkFlags(c, false)
	dir := c.String("data", "", "`DIR` of the pictures: DIR/test/CLASS, DIR/val/CLASS or DIR/CLASS")
	trained, _, err := flags()
	if err == nil && *dir == "" {
		err = wrong(errors.New("eval: --data is missing"))
	}
	if err != nil {
		return err
	}
	began, told := time.Now(), time.Now()
	score, n, err := trained.Evaluate(*dir, *view, func(done, all int) {
		if time.Since(told) > 2*time.Second && done < all {
			told = time.Now()
			left := time.Duration(float64(time.Since(began)) / float64(done) * float64(all-done))
			fmt.Fprintf(c.errs, "%d of %d pictures  ETA %v\n", done, all, left.Round(time.Second))
		}
	})
	if err == nil {
		fmt.Fprintf(c.out, "top-1 %.2f %%, top-5 %.2f %%, loss %.4f of %d pictures\n", 100*score.Top1, 100*score.Top5, score.Loss, n)
	}
	return err
}

// predict tells what a network sees in pictures.
func predict(c *call) error {
	view, flags := viewFlags(c), networkFlags(c, true)
	names := c.String("names", "", "`FILE` with the name of a class in each line, in their order")
	trained, pictures, err := flags()
	if err == nil && len(pictures) == 0 {
		err = wrong(errors.New("predict: which pictures?"))
	}
	if err != nil {
		return err
	}
	var classes []string
	if *names != "" {
		text, err := os.ReadFile(*names)
		if err != nil {
			return wrong(err)
		}
		classes = strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	}
	guesses, err := trained.Predict(pictures, *view, 5)
	for i, list := range guesses {
		fmt.Fprintln(c.out, pictures[i])
		for _, g := range list {
			name := fmt.Sprintf("class %d", g.Class)
			if g.Class < len(classes) {
				name = classes[g.Class]
			}
			fmt.Fprintf(c.out, "  %5.1f %%  %s\n", 100*g.P, name)
		}
	}
	return err
}

// forward runs a network on an array of pictures.
func forward(c *call) error {
	input := c.String("input", "", "`FILE` of pictures, .npy of shape (N, 3, H, W)")
	output := c.String("output", "", "`FILE` for the outputs, .npy of shape (N, classes)")
	trained, _, err := networkFlags(c, false)()
	if err != nil {
		return err
	}
	if *input == "" || *output == "" {
		return wrong(errors.New("forward: --input and --output are wanted"))
	}
	shape, err := trained.Forward(*input, *output)
	if err == nil {
		fmt.Fprintf(c.out, "wrote %s, %d×%d\n", *output, shape[0], shape[1])
	}
	return err
}

// gradients runs a network in training on an array of pictures.
func gradients(c *call) error {
	input := c.String("input", "", "`FILE` of pictures, .npy of shape (N, 3, H, W)")
	labels := c.String("labels", "", "`FILE` of their classes, .npy of shape (N)")
	output := c.String("output", "", "`FILE` for the gradients, safetensors")
	trained, _, err := networkFlags(c, false)()
	if err != nil {
		return err
	}
	if *input == "" || *labels == "" || *output == "" {
		return wrong(errors.New("gradients: --input, --labels and --output are wanted"))
	}
	loss, err := trained.Gradients(*input, *labels, *output)
	if err == nil {
		fmt.Fprintf(c.out, "loss %.6f, wrote %s\n", loss, *output)
	}
	return err
}

// stats tells how scales and shifts of a network are distributed.
func stats(c *call) error {
	dir := c.String("to", "stats", "`DIR` for the table and the plots, by default stats")
	trained, _, err := networkFlags(c, false)()
	if err != nil {
		return err
	}
	page, err := trained.Stats()
	if err != nil {
		return err
	}
	text, err := results.PageSummary(page)
	if err != nil {
		return err
	}
	fmt.Fprint(c.out, text)
	files, err := results.RenderPage(*dir, page)
	for _, f := range files {
		fmt.Fprintln(c.out, "wrote", f)
	}
	return err
}

// export writes trained networks.
func export(c *call) error {
	o := stateOptions()
	dir := c.String("to", "weights", "`DIR` to write to, by default weights")
	c.BoolVar(&o.Quick, "quick", false, "those of a run with --quick")
	changed := changeFlags(c)
	name, err := c.one()
	if err != nil {
		return err
	}
	s, err := changed(name)
	if err != nil {
		return err
	}
	files, err := experiments.Export(s, o, *dir)
	for _, f := range files {
		fmt.Fprintln(c.out, "wrote", f)
	}
	return err
}

// benchmark measures kernels and networks.
func benchmark(c *call) error {
	o := bench.Options{Log: c.errs, Modes: bench.Modes, Workers: []int{1, bench.Processors()}, Batches: []int{1, 8}}
	peer := c.Bool("peer", false, "run PyTorch in turn with us, and print the ratios")
	python := c.String("python", "python3", "`PROGRAM` that has PyTorch and torchvision, for --peer")
	asJSON := c.Bool("json", false, "print one JSON object a figure, as they come, in place of the tables")
	c.DurationVar(&o.Time, "time", time.Second, "`TIME` of one measurement")
	c.IntVar(&o.Rounds, "rounds", 3, "`N` measurements, of which the median counts")
	bench.ListFlag(c.FlagSet, &o.Modes, "mode", "`LIST` of "+strings.Join(bench.Modes, ", ")+", by default all", func(text string) (string, error) {
		if !slices.Contains(bench.Modes, text) {
			return "", fmt.Errorf("unknown mode %q; nearest: %q (known: %s)", text, experiments.Nearest(text, bench.Modes), strings.Join(bench.Modes, ", "))
		}
		return text, nil
	})
	bench.ListFlag(c.FlagSet, &o.Only, "only", "`LIST` of networks or kernels, by default all", func(text string) (string, error) { return text, nil })
	bench.ListFlag(c.FlagSet, &o.Workers, "workers", "`LIST` of numbers of workers, by default 1 and one a processor", bench.Positive)
	bench.ListFlag(c.FlagSet, &o.Batches, "batch", "`LIST` of numbers of pictures at once in inference, by default 1,8", bench.Positive)
	memoryOf := c.String("memory-of", "", "`QUESTION` of a bench that runs this process to measure its memory")
	words, err := c.words()
	if err == nil {
		err = none(c, words)
	}
	if err != nil {
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
	if *peer {
		o.Python = *python
	}
	ctx, stop := untilSignal()
	defer stop()
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
	return errors.Join(err, failed)
}

// test runs the tests of all packages.
func test(c *call) error {
	if slices.Contains(c.args, "--help") {
		return flag.ErrHelp
	}
	args := append([]string{"test", "./..."}, c.args...)
	if len(c.args) > 0 && (c.args[0] == "--faults" || c.args[0] == "--soak") {
		if len(c.args) != 2 {
			return wrong(fmt.Errorf("test %s: expected a number behind it", c.args[0]))
		}
		n, err := strconv.Atoi(c.args[1])
		if err != nil || n < 1 {
			return wrong(fmt.Errorf("test %s %q: expected a whole number from 1", c.args[0], c.args[1]))
		}
		here, err := filepath.Abs(root())
		if err != nil {
			return err
		}
		args = []string{"test", "-count=1", "-v", "-timeout=0"}
		if c.args[0] == "--soak" {
			args = append(args, "./experiments", "-run=^TestSoak$", "-args", fmt.Sprintf("-soak=%dm", n), "-soak-report="+filepath.Join(here, "results", "soak"))
		} else {
			args = append(args, "./experiments/faults", "-run=^TestCampaign$", "-args", fmt.Sprintf("-kills=%d", n),
				"-folder="+filepath.Join(here, ".cache", "faults"), "-report="+filepath.Join(here, "results", "faults.md"))
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root(), c.out, c.errs
	return cmd.Run()
}
