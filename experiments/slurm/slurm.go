package slurm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cenet/experiments/spec"
	"cenet/nn/durable"
)

// A Job is the work of an experiment.
type Job struct {
	Name    string
	Folder  string            // for scripts and outputs, of its own, seen by all nodes
	Program string            // copied to Folder, so that what is built meanwhile does not change it
	Args    []string          // of the program; an array's task adds --trials FILE --shard TASK/TASKS, the last job --collect
	Env     map[string]string // for the program
	Trials  []string          // identities of what there is to do, which the tasks share out

	Tasks     int
	CPUs      int           // of a task
	Memory    int           // bytes of a task
	Time      time.Duration // of a task; 0: the partition's own limit
	Partition string        // "": the cluster's own
	GPUs      int           // of a task
}

func (j *Job) trials() string  { return filepath.Join(j.Folder, "trials") }
func (j *Job) program() string { return filepath.Join(j.Folder, "cenet") }

// Array is the script of a task.
func (j *Job) Array() string {
	options := []string{fmt.Sprintf("--array=1-%d", j.Tasks), fmt.Sprintf("--cpus-per-task=%d", j.CPUs), fmt.Sprintf("--mem=%dM", (j.Memory+1<<20-1)>>20), "--requeue"}
	if j.GPUs > 0 {
		options = append(options, fmt.Sprintf("--gres=gpu:%d", j.GPUs))
	}
	args := append(slices.Clone(j.Args), "--workers", fmt.Sprint(j.CPUs), "--trials", j.trials())
	return j.script("", options, j.line(args)+fmt.Sprintf(` --shard "$SLURM_ARRAY_TASK_ID/%d"`, j.Tasks))
}

// Tables is the script of the last job.
func (j *Job) Tables() string {
	args := append(slices.Clone(j.Args), "--collect")
	if j.GPUs > 0 {
		args = append(args, "--device", "cpu") // for drawing
	}
	return j.script("-tables", []string{"--cpus-per-task=1"}, j.line(args))
}

func (j *Job) script(more string, options []string, line string) string {
	options = append([]string{"--job-name=" + quoted("cenet-"+j.Name+more)}, options...)
	output := "tables.out"
	if more == "" {
		output = "%a.out"
	}
	options = append(options, "--open-mode=append", "--output="+quoted(filepath.Join(j.Folder, output)))
	if j.Partition != "" {
		options = append(options, "--partition="+quoted(j.Partition))
	}
	if j.Time > 0 {
		options = append(options, fmt.Sprintf("--time=%d", int(j.Time.Minutes()+0.999)))
	}
	var b strings.Builder
	b.WriteString("#!/bin/sh\n")
	for _, o := range options {
		b.WriteString("#SBATCH " + o + "\n")
	}
	for _, key := range slices.Sorted(maps.Keys(j.Env)) {
		fmt.Fprintf(&b, "export %s=%s\n", key, spec.ShellQuote(j.Env[key]))
	}
	return b.String() + "exec " + line + "\n"
}

// quoted is a value as a line of #SBATCH has it, which is cut into words as a shell's, where it needs quotes.
func quoted(text string) string {
	if !strings.ContainsAny(text, " \t\"'\\#") {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// line is the call of the program.
func (j *Job) line(args []string) string {
	words := []string{spec.ShellQuote(j.program())}
	for _, a := range args {
		words = append(words, spec.ShellQuote(a))
	}
	return strings.Join(words, " ")
}

// Submit writes the scripts and hands them to Slurm. It returns the numbers of the array and of the last job.
func (j *Job) Submit(ctx context.Context) (array, tables string, err error) {
	if err := os.MkdirAll(j.Folder, 0o777); err != nil {
		return "", "", err
	}
	program, err := os.ReadFile(j.Program)
	if err != nil {
		return "", "", err
	}
	files := map[string]string{"array.sh": j.Array(), "tables.sh": j.Tables(), "trials": strings.Join(j.Trials, "\n") + "\n", "cenet": string(program)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := durable.WriteBytes(filepath.Join(j.Folder, name), []byte(files[name])); err != nil {
			return "", "", err
		}
	}
	if err := os.Chmod(j.program(), 0o777); err != nil {
		return "", "", err
	}
	if array, err = sbatch(ctx, filepath.Join(j.Folder, "array.sh")); err != nil {
		return "", "", err
	}
	tables, err = sbatch(ctx, "--dependency=afterany:"+array, filepath.Join(j.Folder, "tables.sh"))
	return array, tables, err
}

// sbatch returns the number of the job.
func sbatch(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "sbatch", append([]string{"--parsable"}, args...)...).Output()
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		return "", fmt.Errorf("sbatch: %s", strings.TrimSpace(string(failed.Stderr)))
	case err != nil:
		return "", fmt.Errorf("%w: is this a node of a Slurm cluster?", err)
	}
	number, _, _ := strings.Cut(strings.TrimSpace(string(out)), ";") // a cluster's name may follow
	return number, nil
}
