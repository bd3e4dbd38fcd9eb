package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/experiments/code"
)

// Without a terminal, a run over results of other code is refused, with the files that changed and the two flags that settle it.
func TestOtherCodeIsRefused(t *testing.T) {
	root := t.TempDir()
	t.Setenv("CENET_ROOT", root)
	defer func() { sources = nil }()
	now := func(hash string) {
		sources = func() (code.Set, error) { return code.Set{"nn/conv.go": hash}, nil }
	}
	file := filepath.Join(root, "small.toml")
	text := strings.Replace(good, "[model]", "train = 80\ntest = 40\n[model]\nwidth = 0.25", 1)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	call := func(args ...string) string {
		t.Helper()
		var o, e bytes.Buffer
		if status := Run(args, &o, &e); status != 0 {
			t.Fatalf("%v: exit status %d: %s", args, status, e.String())
		}
		return e.String()
	}
	now("1")
	call(file)
	now("2")
	for _, extra := range [][]string{nil, {"--collect"}} {
		mustBeRefused(t, "other code", append([]string{file}, extra...),
			"small: 2 finished and 0 begun of its 2 trials were computed by other code (nn/conv.go changed since)", "--retrain", "--accept")
	}
	mustBeRefused(t, "both flags", []string{file, "--retrain", "--accept"}, "--retrain and --accept exclude each other")
	if out := call(file, "--cost"); strings.Contains(out, "other code") {
		t.Errorf("an estimate: %s", out)
	}
	if out := call(file, "--accept"); !strings.Contains(out, "2 finished, 0 to train") {
		t.Errorf("accepted: %s", out)
	}
	if out := call(file); !strings.Contains(out, "2 finished, 0 to train") {
		t.Errorf("after they were accepted: %s", out)
	}
	now("3")
	if out := call(file, "--retrain"); !strings.Contains(out, "0 finished, 2 to train") {
		t.Errorf("trained again: %s", out)
	}
}
