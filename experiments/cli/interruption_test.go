package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A sweep that is killed at random moments, any number of times, ends with the results of an undisturbed one. So does one whose
// checkpoints were cut short, or have a bit flipped, between two runs: the damage is named. CENET_KILLS is the number of
// kills, and CENET_KILL_EPOCHS that of the epochs.
func TestKilled(t *testing.T) {
	kills := 3
	if text := os.Getenv("CENET_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	want, took := undisturbed(t)
	killed := newCampaign(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	done := 0
	for done < kills {
		// Each takes the sweep a part of the way, so that the last ones, too, find something to kill.
		after := time.Duration(2 * random.Float64() * float64(took) / float64(kills+1))
		if _, _, alive := killed.signalled(syscall.SIGKILL, after); !alive {
			t.Logf("ended before the kill %d", done+1)
			break
		}
		done++
		t.Logf("killed after %v, %d checkpoints of unfinished trials", after.Round(time.Millisecond), len(killed.unfinished()))
	}
	if done == 0 {
		t.Error("never killed")
	}
	killed.finish()
	killed.mustBe(want, fmt.Sprintf("killed %d times", done))

	for name, spoil := range map[string]func([]byte) []byte{
		"cut short": func(text []byte) []byte { return text[:random.IntN(len(text))] },
		"bit flipped": func(text []byte) []byte {
			bit := random.IntN(8 * len(text))
			text[bit/8] ^= 1 << (bit % 8)
			return text
		},
	} {
		c, _, _ := midway(t, syscall.SIGKILL)
		begun := c.unfinished()
		for _, path := range begun {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, spoil(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		printed := c.finish()
		for _, path := range begun {
			if !strings.Contains(printed, filepath.Base(path)+": damaged checkpoint") {
				t.Errorf("%s: %s is not named: %s", name, path, printed)
			}
		}
		c.mustBe(want, name)
	}
}

// A sweep that gets a signal ends with the exit status of the signal and a line on how to resume, and resumes.
func TestSignals(t *testing.T) {
	want, _ := undisturbed(t)
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP, syscall.SIGINT) // so that the processes do not inherit that they are ignored
	defer signal.Stop(heard)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		c, cmd, printed := midway(t, s)
		if got := cmd.ProcessState.ExitCode(); got != 128+int(s) {
			t.Errorf("%v: exit status %d", s, got)
		}
		if !strings.Contains(printed, "rerun the same command to resume") {
			t.Errorf("%v: printed %s", s, printed)
		}
		c.finish()
		c.mustBe(want, "stopped by "+s.String())
	}
}

// A signal that was ignored when the process started stays ignored, as nohup and a shell's background jobs expect.
func TestIgnoredSignals(t *testing.T) {
	want, took := undisturbed(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP} {
		c := newCampaign(t)
		cmd, errs := c.command()
		cmd.Args = append([]string{"sh", "-c", fmt.Sprintf(`trap '' %d; exec "$0" "$@"`, int(s)), cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(took/3, func() { cmd.Process.Signal(s) })
		if err := cmd.Wait(); err != nil || timer.Stop() { // Stop: it was never sent
			t.Errorf("%v: %v: %s", s, err, errs)
		}
		c.mustBe(want, "with "+s.String()+" ignored")
	}
}

// Two processes with the same folder share the work: each trial is trained by one of them, and both end with the same results. If
// one of them is killed, the other takes over what it left.
func TestTogether(t *testing.T) {
	want, took := undisturbed(t)
	for _, killed := range []bool{false, true} {
		c := newCampaign(t)
		first, printed := c.command()
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		if killed {
			time.AfterFunc(took/3, func() { first.Process.Kill() })
		}
		second := c.finish()
		if err := first.Wait(); (err != nil) != killed {
			t.Errorf("%v: %s", err, printed)
		}
		c.mustBe(want, "together")
		if !killed {
			seen := map[string]bool{}
			for line := range strings.Lines(printed.String() + second) {
				if _, trial, ok := strings.Cut(line, "] "); ok && strings.Contains(line, "top-1") {
					trial, _, _ = strings.Cut(trial, "  loss")
					if seen[trial] {
						t.Errorf("trained twice: %s", trial)
					}
					seen[trial] = true
				}
			}
			if len(seen) == 0 {
				t.Error("no epoch was printed")
			}
		}
	}
}

// Parts that are trained separately give the results of the whole. Until all are finished, the table says so.
func TestShards(t *testing.T) {
	want, _ := undisturbed(t)
	c := newCampaign(t)
	c.more = append(c.more, "--shard", "1/2")
	c.finish()
	if _, err := os.Stat(filepath.Join(c.root, "results", "sweep", "table.md")); err == nil {
		t.Error("a part draws a table")
	}
	c.more[len(c.more)-2] = "--collect"
	c.more = c.more[:len(c.more)-1]
	cmd, errs := c.command()
	if err := cmd.Run(); err == nil || !strings.Contains(errs.String(), "3 of 6 trials are missing") {
		t.Errorf("%v: %s", err, errs)
	}
	c.more = c.more[:len(c.more)-1]
	var rest []string
	for identity := range want {
		if c.results()[identity] == nil {
			rest = append(rest, identity)
		}
	}
	file := filepath.Join(c.root, "rest")
	if err := os.WriteFile(file, []byte(strings.Join(rest, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	parts := c.more
	for _, part := range []string{"1/2", "2/2"} {
		c.more = append(slices.Clone(parts), "--trials", file, "--shard", part)
		c.finish()
	}
	c.more = append(slices.Clone(parts), "--collect")
	c.finish()
	c.mustBe(want, "in parts")
}
