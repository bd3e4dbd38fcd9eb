package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"cenet/experiments/state"
)

// asCommand is the environment variable that makes the test binary the command itself.
const asCommand = "CENET_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(Run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func TestHelp(t *testing.T) {
	for _, c := range commands[1:] {
		var out, errs bytes.Buffer
		if status := Run([]string{c.name, "--help"}, &out, &errs); status != 0 || !strings.Contains(out.String(), c.about) || errs.Len() > 0 {
			t.Errorf("%s --help: exit status %d: %s%s", c.name, status, out.String(), errs.String())
		}
	}
	for _, args := range [][]string{
		nil, {"--help"}, {"table1", "--help"}, {"list"}, {"list", "--help"}, {"validate", "--help"}, {"render", "--help"},
		{"summary", "--help"}, {"fetch", "--help"}, {"test", "--help"}, {"summary", "resnet18", "--block", "ce"},
	} {
		var out, errs bytes.Buffer
		if status := Run(args, &out, &errs); status != 0 || out.Len() == 0 {
			t.Errorf("%v: exit status %d, %d bytes", args, status, out.Len())
		}
	}
}

// The version says of which sources and of which arithmetic the program is.
func TestVersion(t *testing.T) {
	var out, errs bytes.Buffer
	if status := Run([]string{"--version"}, &out, &errs); status != 0 || !strings.HasPrefix(out.String(), "cenet ") ||
		!strings.Contains(out.String(), runtime.Version()) ||
		!strings.Contains(out.String(), "numerics "+state.Numerics+"\n") {
		t.Errorf("exit status %d: %s%s", status, &out, &errs)
	}
}

// The summary of a network has the paper's GFLOPs next to ours if the paper measured it.
func TestSummaryBesidePaper(t *testing.T) {
	for _, c := range []struct{ model, block, want string }{
		{"mobilenetv2", "none", "the paper: 0.33 GFLOPs"}, {"mobilenetv2", "se", "the paper: 0.33 GFLOPs"},
		{"mobilenetv2", "ce", "the paper: 0.33 GFLOPs"}, {"shufflenetv2-0.5", "none", "the paper: 0.05 GFLOPs"},
		{"shufflenetv2-0.5", "se", "the paper: 0.05 GFLOPs"}, {"shufflenetv2-0.5", "ce", "the paper: 0.05 GFLOPs"},
		{"shufflenetv2-1.0", "none", "the paper: 0.15 GFLOPs"}, {"shufflenetv2-1.0", "se", "the paper: 0.15 GFLOPs"},
		{"shufflenetv2-1.0", "ce", "the paper: 0.16 GFLOPs"}, {"resnet101", "se", "the paper: 7.88 GFLOPs"}, {"vgg11", "none", ""},
	} {
		var out, errs bytes.Buffer
		if status := Run([]string{"summary", c.model, "--block", c.block}, &out, &errs); status != 0 {
			t.Fatalf("%v: exit status %d: %s", c, status, errs.String())
		}
		if got := strings.Contains(out.String(), "the paper"); got != (c.want != "") || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: %s", c, out.String()[max(0, out.Len()-200):])
		}
	}
}

// A statement that must hold and fails is exit status 1: here a block whose output is not what its input gives.
func TestUnconfirmed(t *testing.T) {
	const block = `{"Check": "nash", "Origin": "made up", "Arrays": {"noise": [[1, 1]], "beta": [[0, 0]], "pixels": [[2]], "steps": [[3]],
		"epsilon": [[1e-5]], "lambda": [[1]], "rescale": [[0]], "input": [[1, 0], [-1, 0.5]], "output": [[1, 2], [3, 4]]}}`
	path := filepath.Join(t.TempDir(), "case.json")
	if err := os.WriteFile(path, []byte(block), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := Run([]string{"nash", "--case", path}, &out, &errs); status != 1 {
		t.Errorf("exit status %d", status)
	}
	if !strings.Contains(errs.String(), "identity: must hold, but fails") || !strings.Contains(out.String(), "fails here") {
		t.Errorf("not printed: %q, %q", errs.String(), out.String())
	}
}

// What cannot be printed is a failure, whatever the command.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{{"list"}, {"--help"}, {"schema"}, {"summary", "resnet18"}, {"list", "--help"}, {"devices"}} {
		var errs strings.Builder
		if status := Run(args, full{}, &errs); status != 1 || !strings.Contains(errs.String(), "no space left on device") {
			t.Errorf("%v: status %d, %q", args, status, &errs)
		}
	}
}

// full is a device without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
