package state

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Changes below results/ do not count; a changed source file does.
func TestSourcesUnchanged(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@b"}, args...)
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	write("a.go", "package a")
	write("results/t/table.md", "old")
	git("add", "-A")
	git("commit", "-qm", "first")
	if !sourcesUnchanged(dir) {
		t.Error("a clean checkout is changed")
	}
	write("results/t/table.md", "new")
	write("results/u/table.md", "new")
	if !sourcesUnchanged(dir) {
		t.Error("changed results count as changed sources")
	}
	write("a.go", "package b")
	if sourcesUnchanged(dir) {
		t.Error("a changed source is not noticed")
	}
	if sourcesUnchanged("") || sourcesUnchanged(filepath.Join(dir, "none")) {
		t.Error("a folder that is not a checkout counts as unchanged")
	}
}
