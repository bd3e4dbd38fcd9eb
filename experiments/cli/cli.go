// Package cli is the command line. Each command parses its flags, calls the package that does the work, and prints the result.
// alecthomas/kong suggests the nearest flag too, but its first word cannot be an experiment's name or file, and its message about a missing
// or invalid value does not say what the flag is for, so the commands are parsed with the standard library.
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
	"cenet/experiments/mistake"
	"cenet/experiments/state"
	"cenet/experiments/suite"
	"cenet/nn/kernel"
)

// A command is a first word on the command line.
type command struct {
	name  string
	args  string // after the name
	about string
	run   func(c *call) error
}

// commands are in the order of the usage text. Any other first word names an experiment.
var commands = []command{
	{"", "NAME|FILE.toml", "train the missing trials of an experiment, or run its check; write tables and plots to results/NAME/", experiment},
	{"all", "", "run every experiment on embedded images; write the pages of all claims and results: results/README.md, results/index.html",
		all},
	{"list", "", "the built-in experiments: title, cost, state", list},
	{"validate", "FILE...", "check experiment files", validate},
	{"status", "NAME|FILE.toml", "how many of its trials are finished, running, failed or missing", status},
	{"plan", "NAME|FILE.toml", "how many seeds decide which difference, and how long they take; needs two finished seeds of each case", plan},
	{"render", "NAME|FILE.toml", "draw an experiment's tables and plots again from its records", render},
	{"verify", "[NAME|FILE.toml]", "pick records at random, train their trials again from scratch, and compare the bits; by default of " +
		"all experiments on embedded images",
		verify},
	{"page", "", "draw all results as one page, results/index.html, which needs no network", webPage},
	{"serve", "[--addr HOST:PORT] [--host NAME]", "show that page over HTTP, with running trials; Ctrl-C ends it", serveResults},
	{"summary", "MODEL", "layers, shapes, parameters and GFLOPs of a network, at 224×224 or another size", summary},
	{"schema", "", "the JSON Schema of experiment files, for editors", schema},
	{"fetch", "NAME", "download a data set that its authors distribute, checked by its SHA-256", fetch},
	{"eval", "", "top-1 and top-5 of a network with given weights on a folder of images", eval},
	{"predict", "IMAGE...", "the most probable classes of images by a network with given weights", predict},
	{"forward", "", "run a network with given weights on images in a .npy file", forward},
	{"gradients", "", "gradients of a network with given weights on images and classes in .npy files, under PyTorch's names", gradients},
	{"stats", "", "scales and shifts of the BatchNorms of a network with given weights, by layer: a table and plots", stats},
	{"export", "NAME|FILE.toml", "write the networks that an experiment has trained as safetensors, under PyTorch's names", export},
	{"devices", "", "list the devices that networks can run on", devices},
	{"bench", "", "measure the speed of kernels and networks on this machine, alone or next to PyTorch", benchmark},
	{"test", "[--faults KILLS | --soak MINUTES | FLAGS OF go test]", "run the tests; or kill processes at random, and write " +
		"results/faults.md; or repeat trials for hours, and write results/soak/", test},
}

// call is one call of a command.
type call struct {
	*flag.FlagSet
	line      string // usage line of the command
	args      []string
	out, errs io.Writer
}

// sources returns the program's own sources that compute a trial; nil in tests: then they are not checked.
var sources func() (code.Set, error)

// Main is Run for a program that was built from the given sources.
func Main(files fs.FS, args []string, out, errs io.Writer) int {
	sources = sync.OnceValues(func() (code.Set, error) { return code.Read(files) })
	return Run(args, out, errs)
}

// Run runs the command in args (without the program's name) and returns the exit status: 0 done, 1 failed, 2 a wrong call or file, 129,
// 130 or 143 interrupted.
func Run(args []string, out, errs io.Writer) int {
	w := &errorWriter{Writer: out}
	status := runCommand(args, w, errs)
	if w.err != nil && status == 0 {
		fmt.Fprintf(errs, "standard output: %v\n", w.err)
		return 1
	}
	return status
}

// An errorWriter remembers the first error of its writer, so that failed output is not lost.
type errorWriter struct {
	io.Writer
	err error
}

func (w *errorWriter) Write(text []byte) (int, error) {
	n, err := w.Writer.Write(text)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// runCommand is Run without the check of output errors.
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

	var input *mistake.Error
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
	case errors.As(err, &input):
		fmt.Fprintln(errs, err)
		return 2
	case errors.As(err, &stopped):
		fmt.Fprintf(errs, "%v; rerun the same command to resume\n", err)
		return 128 + int(stopped.signal)
	}
	fmt.Fprintln(errs, err)
	return 1
}

// version names the revision of the sources, Go's version, the kernels in use, and the version of the numerics, which changes when
// results do.
func version() string {
	return fmt.Sprintf("cenet %s, %s %s/%s, kernels %s, numerics %s",
		state.CodeVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, kernel.Family(), state.Numerics)
}

// nearestCommand is the command nearest to a mistyped word; "" if the word is an experiment, a path, or nearer to an experiment.
func nearestCommand(word string) string {
	var names []string
	for _, c := range commands[1:] {
		names = append(names, c.name)
	}
	all := append(suite.Names().Embedded(), names...)
	if slices.Contains(all, word) || strings.ContainsAny(word, "./-") {
		return ""
	}
	if nearest := mistake.Nearest(word, all); slices.Contains(names, nearest) {
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

// line is the usage line of the command.
func (c *command) line() string {
	return strings.Join(strings.Fields("./reproduce.sh "+c.name+" "+c.args), " ")
}

// help prints the command's --help.
func (c *command) help(out io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(out, "%s: %s\n", c.line(), c.about)
	flags.VisitAll(func(f *flag.Flag) {
		value, about := flag.UnquoteUsage(f)
		fmt.Fprintf(out, "  %-16s %s\n", strings.TrimSpace("--"+f.Name+" "+value), about)
	})
}
