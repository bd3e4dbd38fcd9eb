// Package bench measures the speed of kernels and networks on this machine and, if PyTorch is installed, of the same networks in
// PyTorch.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"time"

	"cenet/experiments/mistake"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/median"
)

// Modes are what can be measured: kernels, the preparation of images, training and inference of networks, and the memory of training.
var Modes = []string{"kernel", "data", "train", "infer", "memory"}

// Options of Run.
type Options struct {
	Modes   []string
	Only    []string      // names to measure; none: all
	Workers []int         // numbers of workers to measure with
	Batches []int         // batch sizes of inference; on a device also of training
	Trained []int         // batches of training on the CPU; none: 64
	Device  graph.Device  // for the networks, and CUDA for PyTorch; nil: the CPU
	Time    time.Duration // of one measurement
	Rounds  int           // measurements of a figure; the median counts
	Python  string        // program that runs PyTorch in turn with us; "": without PyTorch
	Log     io.Writer
}

// A Figure is one measurement. Fields that do not apply are 0.
type Figure struct {
	Mode        string  `json:"mode"`
	Net         string  `json:"net,omitempty"`
	Kernel      string  `json:"kernel,omitempty"`
	Family      string  `json:"family"` // of kernels
	Workers     int     `json:"workers"`
	Batch       int     `json:"batch,omitempty"`
	Seconds     float64 `json:"seconds,omitempty"` // median of the rounds
	Least       float64 `json:"least,omitempty"`   // seconds of the fastest round
	Most        float64 `json:"most,omitempty"`    // and of the slowest
	ImagesPerS  float64 `json:"images_per_s,omitempty"`
	GFLOPS      float64 `json:"gflops,omitempty"` // two operations a multiply-accumulate, three passes in training
	Share       float64 `json:"share_of_peak,omitempty"`
	Bytes       int     `json:"bytes,omitempty"` // resident memory that some training steps add
	Peer        string  `json:"peer,omitempty"`  // the other library with its version; "": none
	PeerSeconds float64 `json:"peer_seconds,omitempty"`
	PeerBytes   int     `json:"peer_bytes,omitempty"`
	PeerWay     string  `json:"peer_way,omitempty"`     // memory format that was fastest
	PeerThreads int     `json:"peer_threads,omitempty"` // fastest number of threads, at most Workers
	Ratio       float64 `json:"ratio,omitempty"`        // the peer's time (or memory) divided by ours: median over rounds
	RatioLeast  float64 `json:"ratio_least,omitempty"`
	RatioMost   float64 `json:"ratio_most,omitempty"`
	NoAMX       float64 `json:"peer_no_amx_seconds,omitempty"` // of the peer in bfloat16 without AMX, on a processor that has it
	Device      string  `json:"device,omitempty"`
	TF32Seconds float64 `json:"peer_tf32_seconds,omitempty"` // the peer's on CUDA with TF32; PeerSeconds is without
}

// Run measures and passes on each figure as it comes.
func Run(ctx context.Context, o Options, each func(Figure) error) error {
	todo, err := o.list()
	if err != nil {
		return err
	}
	var p peers
	if err := p.start(ctx, o, todo); err != nil {
		return err
	}
	defer func() { p.close() }()
	var failed error
	began := time.Now()
	for i, j := range todo {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f, err := j.measure(ctx, o, p)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errNoAnswer): // PyTorch crashed: the other figures can still be measured
			failed = errors.Join(failed, fmt.Errorf("bench: %s %s: %w", j.mode, j.name, err))
			p.close()
			if err := p.start(ctx, o, todo); err != nil {
				return errors.Join(failed, err)
			}
			continue
		case err != nil:
			return errors.Join(failed, fmt.Errorf("bench: %s: %w", j.name, err))
		}
		f.Family = kernel.Family()
		if f.PeerWay != "" {
			f.Peer = p.usual.name
		}
		if j.device != nil {
			f.Device = j.device.Info().Name
		}
		if err := each(f); err != nil {
			return err
		}
		left := time.Duration(float64(time.Since(began)) / float64(i+1) * float64(len(todo)-i-1))
		fmt.Fprintf(o.Log, "[%d/%d] %s %s, %d workers  ETA %v\n", i+1, len(todo), j.mode, j.name, j.workers, left.Round(time.Second))
	}
	return failed
}

// An UnknownError reports a name that is neither a network nor a kernel.
type UnknownError struct {
	Name  string
	Known []string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("bench: unknown network or kernel %q; nearest: %q", e.Name, mistake.Nearest(e.Name, e.Known))
}

// A job is a figure to measure.
type job struct {
	mode, name     string
	workers, batch int
	run            kernelRun // of mode kernel
	feed           feed      // of mode data
	device         graph.Device
}

// Names lists what can be measured in a mode.
func Names(mode string, peer bool) (names []string) {
	switch mode {
	case "kernel":
		for _, k := range kernels() {
			names = append(names, k.name)
		}
	case "data":
		for _, d := range feeds {
			names = append(names, d.name)
		}
	case "memory":
		names = []string{"resnet50-w0.25/none", "resnet50-w0.25/ce"}
	default:
		names = networks(mode, peer)
	}
	return names
}

func (o *Options) list() (jobs []job, err error) {
	if o.Device != nil {
		return o.listDevice()
	}
	known := map[string]bool{}
	for _, mode := range o.Modes {
		batches := []int{64}
		switch {
		case mode == "infer":
			batches = o.Batches
		case mode == "train" && o.Trained != nil:
			batches = o.Trained
		}
		names := Names(mode, o.Python != "" || len(o.Only) > 0)
		for _, workers := range o.Workers {
			for _, batch := range batches {
				for i, name := range names {
					known[name] = true
					if len(o.Only) > 0 && !slices.Contains(o.Only, name) {
						continue
					}
					j := job{mode: mode, name: name, workers: workers, batch: batch}
					if mode == "kernel" {
						if workers > 1 {
							continue
						}
						j.run, j.batch = kernels()[i].run, 0
					}
					if mode == "data" {
						j.feed = feeds[i]
					}
					jobs = append(jobs, j)
				}
			}
		}
	}
	for _, name := range o.Only {
		if !known[name] {
			return nil, &UnknownError{name, slices.Sorted(maps.Keys(known))}
		}
	}
	return jobs, nil
}

func (j job) measure(ctx context.Context, o Options, p peers) (Figure, error) {
	switch j.mode {
	case "kernel":
		return j.run.measure(j.name, o), nil
	case "data":
		return j.feed.measure(o, j.workers, j.batch)
	case "memory":
		return j.memory(ctx, o)
	}
	return j.network(o, p)
}

// timed returns the median time of step over about d.
func timed(d time.Duration, step func()) float64 {
	var took []float64
	for end := time.Now().Add(d); len(took) < 3 || time.Now().Before(end); {
		began := time.Now()
		step()
		took = append(took, time.Since(began).Seconds())
	}
	return median.Of(took)
}

// Processors is the number of processors, the largest useful number of workers.
func Processors() int { return runtime.GOMAXPROCS(0) }
