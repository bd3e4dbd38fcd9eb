package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/source"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/nn"
	"cenet/nn/train"
)

// An Estimate is what the trials that an experiment still misses will take on this machine.
type Estimate struct {
	Trials  int           // missing
	AtOnce  int           // trials at the same time
	Memory  int           // bytes: of the networks trained at the same time, and of the images
	Disk    int           // bytes: of the checkpoints
	Seconds float64       // to the end; 0: not calibrated
	Cases   []CaseCost    // of the missing trials
	Took    time.Duration // of the calibration itself
	Err     error         // what is missing where not even one trial fits into memory: a mistake.Error
}

// A CaseCost is what each trial of a case takes, whatever its seed.
type CaseCost struct {
	Name    string
	Trials  int
	Memory  int     // bytes of network, gradients, activations, optimizer and batch
	Step    float64 // seconds of a training step
	Seconds float64 // of a whole trial

	Key string // of its trials
}

const (
	// calibrated bounds the multiply-accumulates of a step of a calibration, which a smaller batch keeps.
	calibrated = 40e9
	// mostCalibrated is the time after which no further step is timed.
	mostCalibrated = 2 * time.Second
	// calibrationSteps are timed at most, after one that touches the memory.
	calibrationSteps = 5
)

// String is one line.
func (e *Estimate) String() string {
	if e.Trials == 0 {
		return "nothing to train"
	}
	text := fmt.Sprintf("%s of memory, %s of disk, %d at once", Bytes(e.Memory), Bytes(e.Disk), e.AtOnce)
	if e.Seconds > 0 {
		text = fmt.Sprintf("about %s, %s", Span(e.Seconds), text)
	}
	return text
}

// Print writes the estimate, a line a case.
func (e *Estimate) Print(out io.Writer) {
	for _, c := range e.Cases {
		fmt.Fprintf(out, "%-24s %3d × %10s a trial, %8.3f s a step, %10s of memory\n", c.Name, c.Trials, Span(c.Seconds), c.Step, Bytes(c.Memory))
	}
	fmt.Fprintf(out, "%d trials missing: %s (calibrated in %s)\n", e.Trials, e, Span(e.Took.Seconds()))
	if e.Err != nil {
		fmt.Fprintln(out, e.Err)
	}
}

// Span writes a length of time for people.
func Span(seconds float64) string {
	for _, u := range []struct {
		name    string
		seconds float64
	}{{"years", 365.25 * 86400}, {"days", 86400}, {"hours", 3600}, {"minutes", 60}} {
		if seconds >= 1.5*u.seconds {
			if n := seconds / u.seconds; n < 9.95 {
				return fmt.Sprintf("%.1f %s", n, u.name)
			}
			return fmt.Sprintf("%.0f %s", seconds/u.seconds, u.name)
		}
	}
	if seconds < 9.95 {
		return fmt.Sprintf("%.1f seconds", seconds)
	}
	return fmt.Sprintf("%.0f seconds", seconds)
}

// Bytes writes an amount of memory for people.
func Bytes(n int) string {
	if n >= 10<<30 {
		return fmt.Sprintf("%.0f GiB", float64(n)/(1<<30))
	}
	if n >= 1<<30 {
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%.0f MiB", math.Ceil(float64(n)/(1<<20)))
}

// EstimateTrials returns the memory and disk that tasks take, and how many of them fit into memory at once. With calibrate it trains some
// steps of each case, and returns the time, too.
func EstimateTrials(ctx context.Context, tasks []*Task, o Options, calibrate bool) (*Estimate, error) {
	began := time.Now()
	e := &Estimate{Trials: len(tasks), AtOnce: min(o.atOnce(), max(1, len(tasks)))}
	first := map[string]*Task{} // of each case
	var order []string
	counts := map[string]int{}
	for _, t := range tasks {
		key := t.CaseKey()
		if counts[key]++; counts[key] == 1 {
			first[key] = t
			order = append(order, key)
		}
	}
	images := map[*source.Set]bool{}
	for _, key := range order {
		t := first[key]
		data := t.Images
		if n := data.Train.Len(); n < t.Train.Batch {
			return nil, mistake.Errorf("train.batch: %d is more than the %d training images", t.Train.Batch, n)
		}
		memory, disk, err := t.sizes(t.Train.Batch, o.Workers)
		if err != nil {
			return nil, err
		}
		e.Disk += counts[key] * disk
		if !images[data] {
			images[data] = true
			e.Memory += len(data.Train.Pixels) + len(data.Test.Pixels)
		}
		name := t.CaseName()
		if p := t.Train.Precision; p != spec.UsualPrecision && !slices.Contains(t.Axes, spec.PrecisionKey) {
			name += " in " + p
		}
		e.Cases = append(e.Cases, CaseCost{Key: key, Name: name, Trials: counts[key], Memory: memory})
	}
	e.Err = e.fit(o)
	if free := state.FreeDisk(o.State); e.Err == nil && free > 0 && e.Disk > free {
		e.Err = mistake.Errorf("%s: the checkpoints of %d trials take %s of the disk, %s are free", o.State, e.Trials, Bytes(e.Disk), Bytes(free))
	}
	if !calibrate || len(tasks) == 0 {
		return e, nil
	}
	var group errgroup.Group
	group.SetLimit(e.AtOnce) // at once as in the run: they compete for the memory there, too
	for i, key := range order {
		group.Go(func() (err error) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			c := &e.Cases[i]
			c.Step, c.Seconds, err = first[key].calibrate(max(1, o.Workers/e.AtOnce))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	longest := 0.0
	for _, c := range e.Cases {
		e.Seconds += float64(c.Trials) * c.Seconds / float64(e.AtOnce)
		longest = max(longest, c.Seconds)
	}
	e.Seconds = max(e.Seconds, longest)
	e.Took = time.Since(began)
	return e, nil
}

// fit lowers AtOnce until the largest trials fit into memory at once, and adds them to Memory.
func (e *Estimate) fit(o Options) error {
	available := o.Memory
	if available == 0 {
		available = state.FreeMemory()
	}
	sizes := []int{}
	for _, c := range e.Cases {
		for range min(c.Trials, e.AtOnce) {
			sizes = append(sizes, c.Memory)
		}
	}
	slices.SortFunc(sizes, func(a, b int) int { return cmp.Compare(b, a) })
	for e.AtOnce > 1 && available > 0 && total(sizes[:min(e.AtOnce, len(sizes))]) > available {
		e.AtOnce--
	}
	together := total(sizes[:min(e.AtOnce, len(sizes))])
	if available > 0 && together > available {
		i := slices.IndexFunc(e.Cases, func(c CaseCost) bool { return c.Memory == sizes[0] })
		e.Memory += together
		return mistake.Errorf("train.batch: a trial of %s takes %s of memory, %s are free: a smaller batch takes less",
			e.Cases[i].Name, Bytes(together), Bytes(available))
	}
	e.Memory += together
	return nil
}

func total[T int | float64](list []T) T {
	var sum T
	for _, v := range list {
		sum += v
	}
	return sum
}

// atOnce is the largest number of trials at the same time.
func (o Options) atOnce() int {
	if n := o.Devices.Len(); n > 0 {
		return n
	}
	return o.Workers
}

// Input is the shape of a batch.
func (t *Task) Input(batch int) nn.Shape {
	return train.Input(t.Images.Train, batch, t.Data.Pad)
}

// sizes are what the trial's network takes with its optimizer and a batch of memory, and with its checkpoint of the disk, in bytes.
func (t *Task) sizes(batch, workers int) (memory, disk int, err error) {
	b := nn.NewBuilder()
	root, err := network.Build(&t.Setup, b, len(t.Images.Train.Classes), t.Images.Train.Channels)
	if err != nil {
		return 0, 0, err
	}
	in := t.Input(batch)
	on := t.Options.Devices.Len() > 0
	memory, err = b.Measure(root, in, nn.Options{Workers: workers, Lazy: on, Precision: network.Precision(&t.Setup)})
	if err != nil {
		return 0, 0, mistake.Errorf("%s: %w", t, err)
	}
	params, buffers := b.Count()
	velocity := params
	if on { // the next batch is made while the device is at work
		memory += 4 * in.Len()
	}
	return memory + 4*(velocity+in.Len()), 4*(params+velocity+buffers) + apartFromArrays, nil
}

// apartFromArrays is what a checkpoint and a record have apart from arrays, in bytes.
const apartFromArrays = 64 << 10

// calibrate times some steps and an evaluation of the trial, on its images, and returns the seconds of a step and of a
// whole trial. Where a step would be long, it is that of a smaller batch, scaled up.
func (t *Task) calibrate(workers int) (step, whole float64, err error) {
	layers, _, err := network.Describe(t.Setup, t.Input(1), len(t.Images.Train.Classes))
	if err != nil {
		return 0, 0, err
	}
	_, macs, _ := network.Totals(layers, nil)
	on := t.Options.Devices.Take()
	defer t.Options.Devices.Give(on)
	batch := min(t.Train.Batch, t.Images.Train.Len())
	if on == nil {
		batch = min(batch, max(2, int(calibrated/float64(3*max(1, macs)))))
	}
	config := t.config()
	config.Steps, config.Tests = 1+calibrationSteps, 1 // so that no more images are decoded ahead than these steps take
	trainer, err := t.trainer(batch, workers, t.Images.Data, config, on)
	if err != nil {
		return 0, 0, err
	}
	defer trainer.Close()
	c := nn.NewContext(workers)
	defer c.Close()
	trainer.Begin(0, 0)
	var took []float64
	for i := range trainer.Steps() {
		began := time.Now()
		var diverged *train.NotFiniteError
		if _, err := trainer.Step(c, 0, i); err != nil && !errors.As(err, &diverged) {
			return 0, 0, mistake.Errorf("%s: %w", t, err)
		}
		took = append(took, time.Since(began).Seconds())
		if i > 0 && total(took) > mostCalibrated.Seconds() {
			break
		}
	}
	if len(took) > 1 {
		took = took[1:] // the first touches the memory
	}
	each := total(took) / float64(len(took)*batch) // an image
	began := time.Now()
	if _, err := trainer.Evaluate(context.Background(), c); err != nil {
		return 0, 0, mistake.Errorf("%s: %w", t, err)
	}
	tested := time.Since(began).Seconds() / float64(min(batch, t.Images.Test.Len()))
	step = each * float64(t.Train.Batch)
	epoch := step*float64(t.Images.Train.Len()/t.Train.Batch) + tested*float64(t.Images.Test.Len())
	if t.Train.Score {
		epoch += tested * float64(t.Images.Train.Len())
	}
	return step, epoch * float64(t.Train.Epochs), nil
}

// Cost estimates what an experiment's missing trials will take, and trains none.
func Cost(ctx context.Context, s *spec.Spec, o Options) (*Estimate, error) {
	if s.Checks != "" {
		return nil, mistake.Errorf("%s is a check: it trains nothing", s.Name)
	}
	o.Estimate = true
	p, err := NewPlan(s, &o, func(string, ...any) {})
	if err != nil {
		return nil, err
	}
	return EstimateTrials(ctx, p.Missing, o, true)
}
