// Package cli is the command line: each command parses its flags, calls what does the work, and prints what came of it.
package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"

	"cenet/experiments/code"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/experiments/suite"
	"cenet/nn/kernel"
)

// A command is one of the words that may stand first on the command line.
type command struct {
	name  string
	args  string // behind the name
	about string
	run   func(c *call) error
}

// commands in the order of the usage. What is none of them names an experiment.
var commands = []command{
	{"", "NAME|FILE.toml", "train what is missing of an experiment, or run its check; write tables and plots to results/NAME/", experiment},
	{"all", "", "run every experiment on the images that come with it, and write the pages of all claims and results, results/README.md and results/index.html", all},
	{"list", "", "the experiments that come with it: title, cost, state", list},
	{"validate", "FILE...", "check experiment files", validate},
	{"status", "NAME|FILE.toml", "how many of its trials are finished, under way, failed or missing", status},
	{"plan", "NAME|FILE.toml", "from its finished trials, two seeds of each case or more: how many seeds decide which difference, and how long they take", plan},
	{"render", "NAME|FILE.toml", "draw an experiment's tables and plots again from its records", render},
	{"verify", "[NAME|FILE.toml]", "draw records by lot, of one experiment or of all on the images that come with it, train their trials again from scratch, and compare the bits", verify},
	{"page", "", "draw all results as one page, results/index.html, which needs no network", webPage},
	{"serve", "[--addr HOST:PORT] [--host NAME]", "show that page over HTTP, and what is under way as it goes on; Ctrl-C ends it", serveResults},
	{"summary", "MODEL", "layers, shapes, parameters and GFLOPs of a network, at 224×224 or another size", summary},
	{"schema", "", "the JSON Schema of experiment files, for editors", schema},
	{"fetch", "NAME", "download a data set that its authors distribute, checked by its SHA-256", fetch},
	{"eval", "", "top-1 and top-5 of a network with given weights on a folder of images", eval},
	{"predict", "PICTURE...", "the most probable classes of images by a network with given weights", predict},
	{"forward", "", "run a network with given weights on images in a .npy file", forward},
	{"gradients", "", "gradients of a network with given weights on images and classes in .npy files, under PyTorch's names", gradients},
	{"stats", "", "scales and shifts of the BatchNorms of a network with given weights, by layer: a table and plots", stats},
	{"export", "NAME|FILE.toml", "write the networks that an experiment has trained as safetensors, under PyTorch's names", export},
	{"devices", "", "what networks can run on: the CPU, and what its driver knows as a device", devices},
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

// sources are those that the program was built from, as far as they compute a trial; nil: not known, and not checked, as in tests.
var sources func() (code.Set, error)

// Main is Run of a program that was built from files.
func Main(files fs.FS, args []string, out, errs io.Writer) int {
	sources = sync.OnceValues(func() (code.Set, error) { return code.Read(files) })
	return Run(args, out, errs)
}

// Run calls the command that args, the words behind the program's name, begin with, and returns the exit status: 0, 1 for what failed,
// 2 for what the user got wrong, 129, 130 and 143 when interrupted.
func Run(args []string, out, errs io.Writer) int {
	kept := &keptWriter{Writer: out}
	status := runCommand(args, kept, errs)
	if kept.err != nil && status == 0 {
		fmt.Fprintf(errs, "standard output: %v\n", kept.err)
		return 1
	}
	return status
}

// A keptWriter keeps the first error of its writer: what cannot be printed is a failure.
type keptWriter struct {
	io.Writer
	err error
}

func (w *keptWriter) Write(text []byte) (int, error) {
	n, err := w.Writer.Write(text)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// runCommand is Run but for output that cannot be written.
func runCommand(args []string, out, errs io.Writer) int {
	if len(args) == 0 || slices.Contains([]string{"--help", "-help", "-h", "help"}, args[0]) {
		usage(out)
		return 0
	}
	if slices.Contains([]string{"--version", "-version", "version"}, args[0]) {
		fmt.Fprintln(out, version())
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
	var input *spec.InputError
	var stopped *interrupted
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		if i == 0 {
			if err := about(out, args[0]); err != nil {
				fmt.Fprintln(errs, err)
				return 2
			}
		}
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

// version is the revision of the sources, Go's version, the kernels in use, and the version of the numerics, which changes when results do.
func version() string {
	return fmt.Sprintf("cenet %s, %s %s/%s, kernels %s, numerics %s", state.CodeVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, kernel.Family(), state.Numerics)
}

// nearestCommand is the command that a word is nearest to, where it is no experiment and nearer to none; else "".
func nearestCommand(word string) string {
	var names []string
	for _, c := range commands[1:] {
		names = append(names, c.name)
	}
	known := append(suite.Names().Embedded(), names...)
	if slices.Contains(known, word) || strings.ContainsAny(word, "./-") {
		return ""
	}
	if nearest := spec.Nearest(word, known); slices.Contains(names, nearest) {
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
	fmt.Fprint(out, "\nEach takes --help; --version prints the version. Experiments:\n\n")
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

// userError is what the user got wrong.
type userError struct{ error }

func (e *userError) Unwrap() error { return e.error }

func wrong(err error) error {
	if err == nil {
		return nil
	}
	return &userError{err}
}
