package experiments

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hold writes a lock of somebody's.
func hold(t *testing.T, o Options, identity string, h holder) {
	t.Helper()
	text, err := json.Marshal(h)
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(o.lockFile(identity)), 0o755), os.WriteFile(o.lockFile(identity), text, 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// mustHold fails unless the lock is given, or held by a host.
func mustHold(t *testing.T, o Options, silent, host string) (seen string) {
	t.Helper()
	l, err := o.lock("a", silent)
	var held *heldError
	switch {
	case host == "" && err == nil:
		l.unlock()
		if _, err := os.Stat(l.path); err == nil {
			t.Error("the lock is still there")
		}
	case host == "":
		t.Errorf("not given: %v", err)
	case errors.As(err, &held) && held.Host == host:
		return held.seen
	default:
		t.Errorf("error %v, want it held by %s", err, host)
	}
	return ""
}

// A lock is given once, and again when it is given back, when its owner has died, or when nothing was heard of its owner for long.
func TestLock(t *testing.T) {
	defer func(before time.Duration) { heartbeat = before }(heartbeat)
	heartbeat = 10 * time.Millisecond
	o := Options{State: t.TempDir()}
	us := thisProcess()
	l, err := o.lock("a", "")
	if err != nil {
		t.Fatal(err)
	}
	seen := mustHold(t, o, "", us.Host)
	time.Sleep(10 * heartbeat)
	mustHold(t, o, seen, us.Host) // it beats
	l.unlock()
	mustHold(t, o, "", "")

	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Skip(err)
	}
	gone := us
	gone.Process = dead.Process.Pid
	hold(t, o, "a", gone)
	mustHold(t, o, "", "")

	if us.Started != "" { // another process had our number
		reused := us
		reused.Started = "1"
		hold(t, o, "a", reused)
		mustHold(t, o, "", "")
	}

	other := holder{Host: "elsewhere", Process: 1, Machine: "m"}
	hold(t, o, "a", other)
	seen = mustHold(t, o, "", "elsewhere")
	time.Sleep(20 * time.Millisecond)
	hold(t, o, "a", other) // touched
	seen = mustHold(t, o, seen, "elsewhere")
	mustHold(t, o, seen, "")

	if err := os.WriteFile(o.lockFile("a"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustHold(t, o, mustHold(t, o, "", "an unknown host"), "")
}

// Who lost the lock while it was silent does not give back that of who has it now.
func TestUnlockAnothers(t *testing.T) {
	o := Options{State: t.TempDir()}
	l, err := o.lock("a", "")
	if err != nil {
		t.Fatal(err)
	}
	hold(t, o, "a", holder{Host: "elsewhere", Machine: "m"})
	l.unlock()
	mustHold(t, o, "", "elsewhere")
}

// Breaking a lock that changed hands in between leaves it where it is.
func TestBreakLock(t *testing.T) {
	o := Options{State: t.TempDir()}
	hold(t, o, "a", holder{Host: "elsewhere", Machine: "m"})
	if err := breakLock(o.lockFile("a"), "what was seen before"); err != nil {
		t.Fatal(err)
	}
	mustHold(t, o, "", "elsewhere")
}

// A trial that another process holds is waited for, and taken over when that is silent.
func TestTakenOver(t *testing.T) {
	defer func(a, b time.Duration) { silence, lookAgain = a, b }(silence, lookAgain)
	silence, lookAgain = 50*time.Millisecond, 20*time.Millisecond
	s := loadTiny(t, nil)
	dir := t.TempDir()
	var told strings.Builder
	o := Options{Out: dir, State: filepath.Join(dir, "state"), Log: &told}
	first := s.Trials()[0]
	data, err := o.opener(nil).open(first.Data)
	if err != nil {
		t.Fatal(err)
	}
	hold(t, o, first.Identity(data.print, first.version(o)), holder{Host: "elsewhere", Process: 7, Machine: "m"})
	records, err := Run(t.Context(), s, o)
	if err != nil || len(records) != len(s.Trials()) {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if !strings.Contains(told.String(), "process 7 on elsewhere trains it") {
		t.Errorf("told %q", told.String())
	}
}
