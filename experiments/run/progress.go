package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mattn/go-isatty"

	"cenet/experiments/state"
	"cenet/nn/kernel"
	"cenet/nn/train"
)

// Progress tells how far a run has come: a line an epoch, with the time that is left; on a terminal also a line that
// moves with every step. The lines go into a log file, too, and the epochs into another, as JSON.
type Progress struct {
	out      io.Writer // nil: silent
	terminal bool
	epochs   *os.File
	log      *os.File

	mutex         sync.Mutex
	began         time.Time
	shown         time.Time // when the moving line was last written
	total, trials int       // trials in all, and finished

	// Work is counted in the seconds that a trial was estimated to take, or else in steps.
	estimated map[string]float64 // of a trial, by its case
	rate      float64            // seconds of work that a second was estimated to do
	planned   float64            // work of the trials begun; of all, where it was estimated
	done      float64            // work
	started   int                // trials begun
	skipped   float64            // work that an earlier run did
}

// NewProgress opens the file of epochs, epochs/NAME@HOST.jsonl in the state's folder, to append to it (NAME@USER-HOST.jsonl where that file
// is closed to this user), and a log file of this run, logs/NAME-TIME-HOST-PROCESS.log.
func NewProgress(name string, o Options) (*Progress, error) {
	p := &Progress{out: o.Log, began: time.Now(), terminal: Terminal(o.Log)}
	host := state.ThisProcess().Host
	log, epochs := o.dir().LogFile(name, p.began), o.dir().EpochsFile(name, host)
	err := errors.Join(os.MkdirAll(filepath.Dir(log), 0o777), os.MkdirAll(filepath.Dir(epochs), 0o777))
	if err != nil {
		return nil, err
	}
	const adding = os.O_CREATE | os.O_APPEND | os.O_WRONLY
	p.epochs, err = os.OpenFile(epochs, adding, 0o666)
	if errors.Is(err, fs.ErrPermission) { // the file of another user of this machine, who keeps it for itself
		p.epochs, err = os.OpenFile(o.dir().EpochsFile(name, fmt.Sprintf("%d-%s", os.Getuid(), host)), adding, 0o666)
	}
	if err != nil {
		return nil, err
	}
	p.log, err = os.Create(log)
	if err != nil {
		p.epochs.Close()
		return nil, err
	}
	p.note("%s, cenet %s, %s kernels, %s", name, state.CodeVersion(), kernel.Family(), state.Processor())
	return p, nil
}

// Terminal tells whether a person sees, or types, what goes through f. /dev/null is a device, and no terminal.
func Terminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// note writes a line to the log file alone. One that cannot be written is no reason to stop.
func (p *Progress) note(format string, args ...any) {
	fmt.Fprintf(p.log, "%s %s\n", time.Now().UTC().Format(time.RFC3339), fmt.Sprintf(format, args...))
}

// start says that the training of some trials begins.
func (p *Progress) start(trials int) { p.began, p.total = time.Now(), trials }

// Close ends the moving line and closes the files. The log file has the error that the run ended with, if it is not nil.
func (p *Progress) Close(err error) {
	if err != nil {
		p.note("ended: %v", err)
	}
	p.clear()
	p.epochs.Close()
	p.log.Close()
}

const clearLine = "\r\x1b[K"

func (p *Progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, clearLine)
	}
}

// Printf writes a line, to the log file too. Trials and studies that run at the same time may call it.
func (p *Progress) Printf(format string, args ...any) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.line(format, args...)
}

// line is Printf for who holds the mutex.
func (p *Progress) line(format string, args ...any) {
	p.note(format, args...)
	if p.out != nil {
		p.clear()
		fmt.Fprintf(p.out, format+"\n", args...)
	}
}

// expect takes over what trials were estimated to take.
func (p *Progress) expect(e *Estimate) {
	if e.Seconds == 0 {
		return
	}
	p.estimated, p.rate = map[string]float64{}, float64(e.AtOnce)
	for _, c := range e.Cases {
		p.estimated[c.Key] = c.Seconds
		p.planned += float64(c.Trials) * c.Seconds
	}
}

// add says that a trial of the given number of steps begins, and returns the work of a step.
func (p *Progress) add(t *Task, steps int) float64 {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.started++
	if p.estimated != nil {
		return p.estimated[t.CaseKey()] / float64(max(1, steps))
	}
	p.planned += float64(steps)
	return 1
}

// step says that a step of so much work is done.
func (p *Progress) step(work float64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.done += work
	if p.terminal && time.Since(p.shown) > 200*time.Millisecond {
		p.shown = time.Now()
		fmt.Fprintf(p.out, "%s[%d/%d] %.1f %%  ETA %s", clearLine, p.trials, p.total, 100*p.done/p.all(), p.left())
	}
}

// skip says that so much work on the trial just begun was done by an earlier run.
func (p *Progress) skip(work float64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.skipped += work
}

// elsewhere says that another process has trained a trial.
func (p *Progress) elsewhere(t *Task) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.skipped += p.estimated[t.CaseKey()]
	p.trials++
}

func (p *Progress) finished() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.trials++
}

func (p *Progress) epoch(t *Task, e train.Epoch, epochs int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.line("[%d/%d] %-24s epoch %d/%d  loss %.3f  test %.3f, top-1 %.2f %%  ETA %s",
		p.trials, p.total, t.String(), e.Epoch, epochs, e.TrainLoss, e.TestLoss, 100*e.TestTop1, p.left())
	// A line that cannot be written is no reason to stop training: the record has the epochs, too.
	_ = json.NewEncoder(p.epochs).Encode(state.EpochLine{Time: time.Now().UTC(), Trial: t.String(), Identity: t.ID, Result: recordOf(e)})
}

// all estimates the work of all trials that are to do; where it was not estimated, those not begun are taken for average ones.
func (p *Progress) all() float64 {
	planned := p.planned
	if p.estimated == nil {
		planned *= float64(p.total) / float64(p.started)
	}
	return planned - p.skipped
}

// believed is for how many seconds the estimate that was made before the run weighs against its pace.
const believed = 30

// left estimates the time to the end. The first steps alone say little of it: those after a checkpoint may be few, and an evaluation among
// them.
func (p *Progress) left() string {
	took, done := time.Since(p.began).Seconds(), p.done
	if p.estimated != nil {
		took, done = took+believed, done+believed*p.rate
	}
	if done == 0 {
		return "?"
	}
	left := time.Duration(took * max(0, p.all()-p.done) / done * float64(time.Second))
	return left.Round(time.Second).String()
}
