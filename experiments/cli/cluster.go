package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cenet/experiments/device"
	"cenet/experiments/mistake"
	"cenet/experiments/run"
	"cenet/experiments/slurm"
	"cenet/experiments/spec"
)

// A cluster has the flags for running trials on a cluster.
type cluster struct {
	engine, partition string
	time              time.Duration
	maxTasks          int
	dry               bool
}

// maxTasks is the largest array that Slurm accepts by default.
const maxTasks = 1000

func clusterFlags(c *call) *cluster {
	v := &cluster{}
	c.StringVar(&v.engine, "on", "", "`ENGINE` that runs the missing trials: slurm. All nodes must see the folders of state and results")
	c.StringVar(&v.partition, "partition", "", "`NAME` of Slurm's partition, by default the cluster's")
	c.DurationVar(&v.time, "time", 0, "`TIME` limit of a task, by default twice the estimate")
	c.IntVar(&v.maxTasks, "array-size", maxTasks, "`N` tasks at most: each trains every N-th of the missing trials")
	c.BoolVar(&v.dry, "dry-run", false, "print Slurm's scripts and submit nothing")
	return v
}

// submit submits the missing trials.
func (v *cluster) submit(ctx context.Context, c *call, s *spec.Spec, o run.Options) error {
	switch {
	case v.engine != "slurm":
		return mistake.Errorf("--on %q: expected slurm; --shard I/N is for any other engine", v.engine)
	case v.maxTasks < 1:
		return mistake.Errorf("--array-size %d: expected 1 or more", v.maxTasks)
	case v.time < 0:
		return mistake.Errorf("--time %v: expected a time above 0", v.time)
	}
	left, err := run.Missing(ctx, s, o)
	if err != nil {
		return err
	}
	if left.Running > 0 {
		fmt.Fprintf(c.errs, "%s: %d trials are running and are not submitted\n", s.Name, left.Running)
	}
	n := len(left.Identities)
	if n == 0 {
		fmt.Fprintf(c.out, "%s: nothing to submit; --collect renders the tables\n", s.Name)
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	here, err := filepath.Abs(root())
	if err != nil {
		return err
	}
	j := slurm.Job{
		Name: s.Name, Program: program, Args: v.args(c), Env: map[string]string{"CENET_ROOT": here}, Trials: left.Identities,
		Folder: filepath.Join(here, ".cache", "state", "slurm", s.Name+"-"+time.Now().UTC().Format("20060102-150405.000")),
		Tasks:  min(n, v.maxTasks), CPUs: max(1, o.Workers), Memory: left.Estimate.Memory + programMemory, Time: v.time, Partition: v.partition,
	}
	if on := c.Lookup("device").Value.String(); !device.IsCPU(on) {
		j.GPUs = 1
	}
	each := (n + j.Tasks - 1) / j.Tasks
	if j.Time == 0 {
		j.Time = 10*time.Minute + time.Duration(2*float64(each)*left.Estimate.Longest()*float64(time.Second))
	}
	if err := j.Check(); err != nil {
		return mistake.Of(err)
	}
	if v.dry {
		fmt.Fprintf(c.out, "# %s\n%s\n# %s\n%s", "array.sh", j.Array(), "tables.sh, after it", j.Tables())
		return nil
	}
	if o.Confirm != nil {
		if err := o.Confirm(left.Estimate.Seconds, left.Estimate.Disk, fmt.Sprintf("%d trials, %v", n, left.Estimate)); err != nil {
			return err
		}
	}
	array, tables, err := j.Submit(ctx)
	var part *slurm.PartError
	if errors.As(err, &part) {
		return fmt.Errorf("%w\n%s --collect draws the tables when the array has ended; %s cancels it", err, s.Command(), part.Cancel())
	}
	if err == nil {
		fmt.Fprintf(c.out, "%s: %d trials in %d tasks, at most %v and %s each: job %s, and %s for the tables\n%s\n",
			s.Name, n, j.Tasks, j.Time.Round(time.Minute), run.Bytes(j.Memory), array, tables, j.Folder)
	}
	return err
}

// programMemory is the program's memory apart from networks and images, in bytes.
const programMemory = 256 << 20

// args returns the call's arguments without those for the cluster.
func (v *cluster) args(c *call) []string {
	hasValue := map[string]bool{"on": true, "partition": true, "time": true, "array-size": true, "dry-run": false, "workers": true,
		"yes": false}
	args := []string{"--yes"}
	for i := 0; i < len(c.args); i++ {
		name, _, inside := strings.Cut(strings.TrimLeft(c.args[i], "-"), "=")
		value, ours := hasValue[name]
		if !ours || !strings.HasPrefix(c.args[i], "-") {
			args = append(args, c.args[i])
		} else if value && !inside {
			i++
		}
	}
	return args
}
