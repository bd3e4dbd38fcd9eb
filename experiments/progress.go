package experiments

import (
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"cenet/nn/train"
)

// progress tells how far a run has come: a plain line an epoch, with the time that is left.
type progress struct {
	out   io.Writer
	began time.Time

	mutex          sync.Mutex
	total, trials  int // trials in all, and finished
	planned, steps int // steps of the trials begun, and done
	started        int // trials begun
}

func (p *progress) printf(format string, args ...any) {
	if p.out != nil {
		fmt.Fprintf(p.out, format+"\n", args...)
	}
}

// add says that a trial of so many steps begins.
func (p *progress) add(steps int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.planned += steps
	p.started++
}

func (p *progress) step() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.steps++
}

func (p *progress) finished() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.trials++
}

func (p *progress) epoch(t *Trial, e train.Epoch) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.printf("[%d/%d] %-24s epoch %d/%d  loss %.3f  test %.3f, top-1 %.2f %%  ETA %s",
		p.trials, p.total, t.String(), e.Epoch, t.Train.Epochs, e.TrainLoss, e.TestLoss, 100*e.TestTop1, p.left())
}

// left estimates the time to the end, taking trials not begun for average ones.
func (p *progress) left() string {
	if p.steps == 0 || p.started == 0 {
		return "?"
	}
	all := float64(p.planned) / float64(p.started) * float64(p.total)
	left := time.Duration(float64(time.Since(p.began)) * max(0, all-float64(p.steps)) / float64(p.steps))
	return left.Round(time.Second).String()
}

// version is that of the code, where the build knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
