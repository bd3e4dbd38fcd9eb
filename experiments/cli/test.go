package cli

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"cenet/experiments/mistake"
	"cenet/experiments/report"
)

// test runs the tests of all packages, the fault campaign or the soak test.
func test(c *call) error {
	if slices.Contains(c.args, "--help") {
		return flag.ErrHelp
	}
	replace := slices.Contains(c.args, report.Replace)
	c.args = slices.DeleteFunc(c.args, func(arg string) bool { return arg == report.Replace })
	args := append([]string{"test", "./..."}, c.args...)
	if len(c.args) > 0 && (c.args[0] == "--faults" || c.args[0] == "--soak") {
		if len(c.args) != 2 {
			return mistake.Errorf("test %s: expected a number after it", c.args[0])
		}
		n, err := strconv.Atoi(c.args[1])
		if err != nil || n < 1 {
			return mistake.Errorf("test %s %q: expected a whole number from 1", c.args[0], c.args[1])
		}
		here, err := filepath.Abs(root())
		if err != nil {
			return err
		}
		pages := filepath.Join(here, "results")
		if !replace {
			if err := notShorter(c.args[0], n, filepath.Join(pages, "faults.md"), filepath.Join(pages, "soak", "table.md")); err != nil {
				return err
			}
		}
		args = []string{"test", "-count=1", "-v", "-timeout=0"}
		if c.args[0] == "--soak" {
			args = append(args, "./experiments/run", "-run=^TestSoak$", "-args", fmt.Sprintf("-soak=%dm", n),
				"-soak-report="+filepath.Join(pages, "soak"))
		} else {
			args = append(args, "./experiments/faults", "-run=^TestCampaign$", "-args", fmt.Sprintf("-kills=%d", n),
				"-folder="+filepath.Join(here, ".cache", "faults"), "-report="+filepath.Join(pages, "faults.md"))
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root(), c.out, c.errs
	return cmd.Run()
}

// notShorter returns an error if the campaign would replace the page of a longer one.
func notShorter(flag string, n int, pages ...string) error {
	command := regexp.MustCompile("`\\./reproduce\\.sh test " + flag + " ([0-9]+)`")
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // no page
		}
		if m := command.FindSubmatch(text); m != nil {
			if was, err := strconv.Atoi(string(m[1])); err == nil && was > n {
				return mistake.Of(&report.LossError{Dir: path, Text: fmt.Sprintf("it comes from %s %d, this would be from %d", flag, was, n)})
			}
		}
	}
	return nil
}
