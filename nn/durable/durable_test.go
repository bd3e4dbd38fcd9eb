package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Whatever operation fails, the old text is there, or, where the last of all fails, the new one; and nothing is left next to it.
func TestFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	defer func() { fault = nil }()
	operations := 0
	fault = func(string, string) error { operations++; return nil }
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if operations < 5 {
		t.Fatalf("%d operations", operations)
	}
	for failing := 1; failing <= operations; failing++ {
		at, last := 0, ""
		fault = func(operation, _ string) error {
			if at++; at == failing {
				last = operation
				return syscall.ENOSPC
			}
			return nil
		}
		if err := WriteBytes(path, []byte("new text")); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("operation %d, %s: error %v", failing, last, err)
		}
		want := "old"
		if failing == operations { // the folder's sync
			want = "new text"
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != want {
			t.Errorf("operation %d, %s: %q, %v", failing, last, text, err)
		}
		if list, _ := os.ReadDir(filepath.Dir(path)); len(list) != 1 {
			t.Errorf("operation %d, %s: %d files", failing, last, len(list))
		}
	}
}

// Of many that create a file one succeeds, and the file is its; on a volume without hard links, too.
func TestCreate(t *testing.T) {
	defer func() { fault = nil }()
	for _, refusal := range []error{nil, syscall.EPERM, syscall.ENOTSUP, syscall.ENOSYS} {
		fault = func(operation, _ string) error {
			if operation == "link" {
				return refusal
			}
			return nil
		}
		path := filepath.Join(t.TempDir(), "f")
		var group sync.WaitGroup
		var mutex sync.Mutex
		var winners []byte
		for i := range byte(20) {
			group.Go(func() {
				switch err := Create(path, []byte{i}); {
				case err == nil:
					mutex.Lock()
					defer mutex.Unlock()
					winners = append(winners, i)
				case !errors.Is(err, fs.ErrExist):
					t.Errorf("link refused by %v: %v", refusal, err)
				}
			})
		}
		group.Wait()
		text, err := os.ReadFile(path)
		if err != nil || len(winners) != 1 || string(text) != string(winners) {
			t.Errorf("link refused by %v: winners %v, file %v, %v", refusal, winners, text, err)
		}
		if list, _ := os.ReadDir(filepath.Dir(path)); len(list) != 1 {
			t.Errorf("link refused by %v: %d files", refusal, len(list))
		}
	}
}

// Old temporary files go, others stay.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{".a.1.part": 2 * time.Hour, ".a.2.part": 0, "b": 2 * time.Hour, ".c": 2 * time.Hour} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(dir, time.Hour)
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 3 || list[0].Name() != ".a.2.part" {
		t.Errorf("%v, %v", list, err)
	}
}

// A file may have the longest name that the system takes, and one of letters of several bytes.
func TestLongNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("n", 255), strings.Repeat("é", 127), "." + strings.Repeat("n", 254)} {
		path := filepath.Join(t.TempDir(), name)
		if err := WriteBytes(path, []byte("text")); err != nil {
			t.Errorf("%d bytes: %v", len(name), err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "text" {
			t.Errorf("%d bytes: %q, %v", len(name), text, err)
		}
	}
}
