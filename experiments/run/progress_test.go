package run

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A pen is a writer that one at a time may hold.
type pen struct {
	held    atomic.Bool
	clashes atomic.Int32
	text    strings.Builder
}

func (p *pen) Write(text []byte) (int, error) {
	if !p.held.CompareAndSwap(false, true) {
		p.clashes.Add(1)
		return len(text), nil
	}
	defer p.held.Store(false)
	time.Sleep(100 * time.Microsecond)
	return p.text.Write(text)
}

// Studies and trials that run at the same time write line by line.
func TestProgressLines(t *testing.T) {
	out := &pen{}
	p, err := NewProgress("lines", Options{State: t.TempDir(), Log: out})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(nil)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for k := range 20 {
				p.Printf("%d of %d", k, i)
			}
		})
	}
	group.Wait()
	if n := out.clashes.Load(); n > 0 {
		t.Errorf("%d lines were written while another was", n)
	}
	if n := strings.Count(out.text.String(), "\n"); n != 160 {
		t.Errorf("%d lines, want 160", n)
	}
}

// A step or two after a checkpoint, and an evaluation, do not make hours of minutes.
func TestTimeLeft(t *testing.T) {
	p := &Progress{began: time.Now().Add(-10 * time.Second)}
	p.expect(&Estimate{Seconds: 1800, AtOnce: 2, Cases: []CaseCost{{Key: "a", Trials: 2, Seconds: 1800}}})
	p.skipped, p.done = 1200, 1 // seconds of 3600, of which two are worked on at once
	if left, err := time.ParseDuration(p.left()); err != nil || left < 1200*time.Second || left > 1800*time.Second {
		t.Errorf("%v left, error %v, want some twenty-five minutes", left, err)
	}
	p.began, p.done = time.Now().Add(-2000*time.Second), 2000 // half as fast as it was estimated
	if left, err := time.ParseDuration(p.left()); err != nil || left < 350*time.Second || left > 420*time.Second {
		t.Errorf("%v left, error %v, want some six and a half minutes", left, err)
	}
}

// There is no user at a file, a pipe or /dev/null.
func TestTerminal(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, f := range []any{null, file, &pen{}, nil, fmt.Stringer(nil)} {
		if Terminal(f) {
			t.Errorf("%v is taken for a terminal", f)
		}
	}
}
