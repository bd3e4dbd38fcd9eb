package slurm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"cenet/experiments/spec"
	"cenet/nn/durable"
)

// A Job is an experiment to submit.
type Job struct {
	Name    string
	Folder  string            // for its scripts and outputs; every node can read it
	Program string            // copied to Folder, so that a later build does not change it
	Args    []string          // for the program; an array task adds --trials FILE --shard TASK/TASKS, the last job --collect
	Env     map[string]string // for the program
	Trials  []string          // identities of the trials, split among the tasks

	Tasks     int
	CPUs      int           // per task
	Memory    int           // bytes per task
	Time      time.Duration // per task; 0: the partition's limit
	Partition string        // "": the cluster's default
	GPUs      int           // per task
}

func (j *Job) trials() string  { return filepath.Join(j.Folder, "trials") }
func (j *Job) program() string { return filepath.Join(j.Folder, "cenet") }

// Array is the script of the job array.
func (j *Job) Array() string {
	options := []string{fmt.Sprintf("--array=1-%d", j.Tasks), fmt.Sprintf("--cpus-per-task=%d", j.CPUs),
		fmt.Sprintf("--mem=%dM", (j.Memory+1<<20-1)>>20), "--requeue"}
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
		args = append(args, "--device", "cpu") // drawing needs no GPU
	}
	return j.script("-tables", []string{"--cpus-per-task=1"}, j.line(args))
}

func (j *Job) script(more string, options []string, line string) string {
	options = append([]string{"--job-name=" + quoted("cenet-"+j.Name+more)}, options...)
	output := "tables.out"
	if more == "" {
		output = "%a.out"
	}
	folder := strings.ReplaceAll(j.Folder, "%", "%%") // Slurm replaces %j by the job number, and so on
	options = append(options, "--open-mode=append", "--output="+quoted(filepath.Join(folder, output)))
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

// quoted quotes a value for an #SBATCH line if necessary. Slurm splits such a line into words as a shell does.
func quoted(text string) string {
	if !strings.ContainsAny(text, " \t\"'\\#") {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// line is the shell command that runs the program.
func (j *Job) line(args []string) string {
	words := []string{spec.ShellQuote(j.program())}
	for _, a := range args {
		words = append(words, spec.ShellQuote(a))
	}
	return strings.Join(words, " ")
}

// A PartError reports that the array is queued, but the job for the tables is not.
type PartError struct {
	Array, Cluster string // Cluster is "" if sbatch names none
	Err            error
}

// Error names the queued array and the cause.
func (e *PartError) Error() string {
	return fmt.Sprintf("the array is queued as job %s, but not the job for its tables: %v", e.Array, e.Err)
}

// Unwrap returns the cause.
func (e *PartError) Unwrap() error { return e.Err }

// Cancel is the command that removes the array from the queue.
func (e *PartError) Cancel() string {
	if e.Cluster != "" {
		return "scancel --clusters=" + e.Cluster + " " + e.Array
	}
	return "scancel " + e.Array
}

// Check returns an error for names that a Slurm script cannot contain: an #SBATCH option is one line, and paths have less than 1024
// bytes.
func (j *Job) Check() error {
	const maxPath = 1000
	for what, text := range map[string]string{"folder": j.Folder, "partition": j.Partition} {
		if strings.ContainsAny(text, "\n\r\x00") {
			return fmt.Errorf("the %s %q: expected a name without line breaks", what, text)
		}
	}
	if n := len(j.Folder); n > maxPath {
		return fmt.Errorf("the folder %s has a path of %d bytes: Slurm allows at most %d", j.Folder, n, maxPath)
	}
	return nil
}

// Submit writes the scripts and submits them. It returns the job numbers of the array and of the last job. If only the array is queued,
// the error is a *PartError.
func (j *Job) Submit(ctx context.Context) (array, tables string, err error) {
	if err := j.Check(); err != nil {
		return "", "", err
	}
	if err := os.MkdirAll(j.Folder, 0o777); err != nil {
		return "", "", err
	}
	program, err := os.ReadFile(j.Program)
	if err != nil {
		return "", "", err
	}
	files := map[string]string{"array.sh": j.Array(), "tables.sh": j.Tables(), "trials": strings.Join(j.Trials, "\n") + "\n",
		"cenet": string(program)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := durable.WriteBytes(filepath.Join(j.Folder, name), []byte(files[name])); err != nil {
			return "", "", err
		}
	}
	if err := executable(j.program()); err != nil {
		return "", "", err
	}
	array, cluster, err := sbatch(ctx, filepath.Join(j.Folder, "array.sh"))
	if err != nil {
		return "", "", err
	}
	args := []string{"--dependency=afterany:" + array, filepath.Join(j.Folder, "tables.sh")}
	if cluster != "" { // if there are several clusters, use the array's
		args = append([]string{"--clusters=" + cluster}, args...)
	}
	tables, _, err = sbatch(ctx, args...)
	if err != nil {
		return array, "", &PartError{array, cluster, err}
	}
	return array, tables, nil
}

// executable lets everyone who may read a file run it.
func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm()
	return os.Chmod(path, mode|mode&0o444>>2)
}

// answer is the output of sbatch --parsable: the job number and, if there are several clusters, the cluster's name.
var answer = regexp.MustCompile(`^([0-9]+)(?:;([^\s;]+))?$`)

// sbatch submits a job. It returns the job number and, if sbatch names it, the cluster.
func sbatch(ctx context.Context, args ...string) (number, cluster string, err error) {
	out, err := exec.CommandContext(ctx, "sbatch", append([]string{"--parsable"}, args...)...).Output()
	printed := strings.TrimSpace(string(out))
	var failed *exec.ExitError
	switch {
	case err != nil && ctx.Err() != nil:
		return "", "", fmt.Errorf("%w: squeue --me shows whether the job of sbatch %s is queued", context.Cause(ctx), strings.Join(args, " "))
	case errors.As(err, &failed):
		why := strings.TrimSpace(string(failed.Stderr))
		if why == "" {
			why = strings.TrimSpace(fmt.Sprintf("%v %s", err, printed))
		}
		return "", "", fmt.Errorf("sbatch: %s", strings.TrimPrefix(why, "sbatch: "))
	case err != nil:
		return "", "", fmt.Errorf("%w: is this a node of a Slurm cluster?", err)
	}
	m := answer.FindStringSubmatch(printed)
	if m == nil {
		return "", "", fmt.Errorf("sbatch %s answered %q: expected a job number, as in 4711 or 4711;cluster. squeue --me shows whether it "+
			"is queued",
			strings.Join(args, " "), printed)
	}
	return m[1], m[2], nil
}
