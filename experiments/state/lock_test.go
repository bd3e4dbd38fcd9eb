package state

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// hold writes the lock file of another process.
func hold(t *testing.T, dir Dir, identity string, h Holder) {
	t.Helper()
	text, err := json.Marshal(h)
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(dir.LockFile(identity)), 0o755), os.WriteFile(dir.LockFile(identity), text, 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// mustHold fails unless the lock is free (host "") or held by the host.
func mustHold(t *testing.T, dir Dir, silent, host string) (seen string) {
	t.Helper()
	l, err := dir.Lock("a", silent, "")
	var held *HeldError
	switch {
	case host == "" && err == nil:
		l.Unlock()
		if _, err := os.Stat(l.path); err == nil {
			t.Error("the lock is still there")
		}
	case host == "":
		t.Errorf("expected a free lock: %v", err)
	case errors.As(err, &held) && held.Host == host:
		return held.Seen
	default:
		t.Errorf("error %v, want it held by %s", err, host)
	}
	return ""
}

// Only one process gets a lock. It is free after Unlock, when its owner has died, and when its owner was silent for long.
func TestLock(t *testing.T) {
	defer func(before time.Duration) { heartbeat = before }(heartbeat)
	heartbeat = 10 * time.Millisecond
	dir := Dir(t.TempDir())
	us := ThisProcess()
	l, err := dir.Lock("a", "", "")
	if err != nil {
		t.Fatal(err)
	}
	seen := mustHold(t, dir, "", us.Host)
	time.Sleep(10 * heartbeat)
	mustHold(t, dir, seen, us.Host) // the heartbeat has changed the file
	l.Unlock()
	mustHold(t, dir, "", "")

	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Skip(err)
	}
	gone := us
	gone.Process = dead.Process.Pid
	hold(t, dir, "a", gone)
	mustHold(t, dir, "", "")

	if us.Started != "" { // another process had our process number
		reused := us
		reused.Started = "1"
		hold(t, dir, "a", reused)
		mustHold(t, dir, "", "")
	}

	other := Holder{Host: "elsewhere", Process: 1, Machine: "m"}
	hold(t, dir, "a", other)
	seen = mustHold(t, dir, "", "elsewhere")
	time.Sleep(20 * time.Millisecond)
	hold(t, dir, "a", other) // touched
	seen = mustHold(t, dir, seen, "elsewhere")
	mustHold(t, dir, seen, "")

	if err := os.WriteFile(dir.LockFile("a"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustHold(t, dir, mustHold(t, dir, "", "an unknown host"), "")
}

// A process that lost its lock while silent does not remove the new owner's lock.
func TestUnlockAnothers(t *testing.T) {
	dir := Dir(t.TempDir())
	l, err := dir.Lock("a", "", "")
	if err != nil {
		t.Fatal(err)
	}
	hold(t, dir, "a", Holder{Host: "elsewhere", Machine: "m"})
	l.Unlock()
	mustHold(t, dir, "", "elsewhere")
}

// breakLock leaves a lock in place that has changed hands.
func TestBreakLock(t *testing.T) {
	dir := Dir(t.TempDir())
	hold(t, dir, "a", Holder{Host: "elsewhere", Machine: "m"})
	if err := breakLock(dir.LockFile("a"), "what was seen before"); err != nil {
		t.Fatal(err)
	}
	mustHold(t, dir, "", "elsewhere")
}

// A lock is free once its owner has ended, also before the owner's parent takes notice, as in a container without an init process.
func TestLockOfZombie(t *testing.T) {
	if started(os.Getpid()) == "" {
		t.Skip("no /proc here")
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer cmd.Wait()
	h := ThisProcess()
	h.Process, h.Started = cmd.Process.Pid, started(cmd.Process.Pid)
	if h.dead() {
		t.Error("a process that runs is taken for dead")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); !h.dead(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a process that has ended is not taken for dead")
		}
	}
}
