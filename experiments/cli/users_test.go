//go:build unix

package cli

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// under makes the command run with a umask.
func under(umask string, c *exec.Cmd) *exec.Cmd {
	c.Args = append([]string{"sh", "-c", `umask ` + umask + `; exec "$0" "$@"`, c.Path}, c.Args[1:]...)
	c.Path = "/bin/sh"
	return c
}

// The umask alone determines who may read the files of a run, in the state folder and in the results.
func TestUmask(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of training")
	}
	for umask, want := range map[string]fs.FileMode{"002": 0o020, "022": 0, "077": 0} {
		c := newCampaign(t, "seeds = [1, 2]", "seeds = [1]", "epochs = 3", "epochs = 1", `["none", "se", "ce"]`, `["none"]`)
		cmd, errs := c.command()
		if err := under(umask, cmd).Run(); err != nil {
			t.Fatalf("%v: %s", err, errs)
		}
		limit, _ := strconv.ParseUint(umask, 8, 32)
		files := 0
		err := filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == c.root || path == c.file {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			files++
			if mode := info.Mode().Perm(); mode&0o020 != want || mode&fs.FileMode(limit) != 0 {
				t.Errorf("umask %s: %s has the mode %v", umask, path, mode)
			}
			return nil
		})
		if err != nil || files < 10 {
			t.Errorf("umask %s: %d files, %v", umask, files, err)
		}
	}
}

// Two users of one group share a sweep: the first is killed in the middle of a trial, and the second takes over its lock and its
// checkpoint and ends with the results of one user. While both train, none trains a trial of the other.
func TestTwoUsers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be two users")
	}
	if testing.Short() {
		t.Skip("some seconds of training")
	}
	want, _ := undisturbed(t)
	const group, first, second = 1500, 1001, 1002
	text, err := os.ReadFile(os.Args[0]) // where the go command puts it, others may not look
	if err != nil {
		t.Fatal(err)
	}
	start := func(c *campaign, user uint32) (*exec.Cmd, func() string) {
		t.Helper()
		cmd, errs := c.command()
		cmd.Path = filepath.Join(c.root, "cenet")
		cmd.Env = append(cmd.Env, "HOME=/nonexistent")
		cmd.Dir = c.root
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: group}}
		if err := under("002", cmd).Start(); err != nil {
			t.Skipf("a process of another user cannot be started here: %v", err)
		}
		return cmd, errs.String
	}
	shared := func() *campaign {
		t.Helper()
		c := newCampaign(t)
		for dir := c.root; strings.HasPrefix(dir, os.TempDir()+string(filepath.Separator)); dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(c.root, "cenet"), text, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(c.root, first, group); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(c.root, 0o775|fs.ModeSetgid); err != nil {
			t.Fatal(err)
		}
		return c
	}

	c := shared()
	killed, _ := start(c, first)
	for end := time.Now().Add(time.Minute); len(c.unfinished()) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the first user's process writes no checkpoint")
		}
	}
	killed.Process.Kill()
	_ = killed.Wait()
	heir, printed := start(c, second)
	if err := heir.Wait(); err != nil {
		t.Fatalf("the second user: %v: %s", err, printed())
	}
	c.mustBe(want, "taken over from another user")

	c = shared()
	one, printedOne := start(c, first)
	two, printedTwo := start(c, second)
	if err := one.Wait(); err != nil {
		t.Errorf("the first user: %v: %s", err, printedOne())
	}
	if err := two.Wait(); err != nil {
		t.Errorf("the second user: %v: %s", err, printedTwo())
	}
	c.mustBe(want, "two users")
	seen := map[string]bool{}
	for line := range strings.Lines(printedOne() + printedTwo()) {
		if _, trial, ok := strings.Cut(line, "] "); ok && strings.Contains(line, "top-1") {
			if trial, _, _ = strings.Cut(trial, "  loss"); seen[trial] {
				t.Errorf("trained twice: %s", trial)
			}
			seen[trial] = true
		}
	}
	if len(seen) == 0 {
		t.Error("no epoch was printed")
	}
}
