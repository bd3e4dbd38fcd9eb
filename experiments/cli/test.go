package cli

import (
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

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
			args = append(args, "./experiments/run", "-run=^TestSoak$", "-args", fmt.Sprintf("-soak=%dm", n), "-soak-report="+filepath.Join(here, "results", "soak"))
		} else {
			args = append(args, "./experiments/faults", "-run=^TestCampaign$", "-args", fmt.Sprintf("-kills=%d", n),
				"-folder="+filepath.Join(here, ".cache", "faults"), "-report="+filepath.Join(here, "results", "faults.md"))
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root(), c.out, c.errs
	return cmd.Run()
}
