package slurm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func job(folder string) *Job {
	return &Job{
		Name: "table1", Folder: folder, Program: os.Args[0], Args: []string{"table1", "--set", "seeds=[1, 2]", "it's"},
		Env: map[string]string{"CENET_ROOT": "/a b"}, Trials: []string{"x", "y", "z"},
		Tasks: 2, CPUs: 4, Memory: 300<<20 + 1, Time: 90 * time.Second, Partition: "long",
	}
}

// The scripts request the job's resources and call the program with the job's arguments.
func TestScripts(t *testing.T) {
	array, tables := job("/f").Array(), job("/f").Tables()
	for _, want := range []string{
		"#!/bin/sh\n", "#SBATCH --array=1-2\n", "#SBATCH --cpus-per-task=4\n", "#SBATCH --mem=301M\n", "#SBATCH --requeue\n",
		"#SBATCH --time=2\n",
		"#SBATCH --partition=long\n", "#SBATCH --output=/f/%a.out\n", "export CENET_ROOT='/a b'\n",
		`exec /f/cenet table1 --set 'seeds=[1, 2]' 'it'\''s' --workers 4 --trials /f/trials --shard "$SLURM_ARRAY_TASK_ID/2"` + "\n",
	} {
		if !strings.Contains(array, want) {
			t.Errorf("%q is not in\n%s", want, array)
		}
	}
	if !strings.HasSuffix(tables, `'it'\''s' --collect`+"\n") || strings.Contains(tables, "--array") {
		t.Errorf("the last job is\n%s", tables)
	}
}

// A job on GPUs requests them, the last job does not.
func TestGPUs(t *testing.T) {
	j := job("/f")
	if text := j.Array() + j.Tables(); strings.Contains(text, "gres") || strings.Contains(text, "--device") {
		t.Errorf("expected no GPU:\n%s", text)
	}
	j.GPUs = 2
	if text := j.Array(); !strings.Contains(text, "#SBATCH --gres=gpu:2\n") {
		t.Errorf("no GPUs are requested:\n%s", text)
	}
	if text := j.Tables(); strings.Contains(text, "gres") || !strings.HasSuffix(text, "--collect --device cpu\n") {
		t.Errorf("the last job is\n%s", text)
	}
}

// A fake sbatch receives the array, and then the last job, which waits for it.
func TestSubmit(t *testing.T) {
	dir := t.TempDir()
	calls := filepath.Join(dir, "calls")
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "sbatch"), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("echo \"$@\" >>" + calls + "\necho '12;cluster'\n")
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	j := job(filepath.Join(dir, "job"))
	array, tables, err := j.Submit(t.Context())
	if err != nil || array != "12" || tables != "12" {
		t.Fatalf("%q, %q, %v", array, tables, err)
	}
	text, err := os.ReadFile(calls)
	want := "--parsable " + j.Folder + "/array.sh\n--parsable --clusters=cluster --dependency=afterany:12 " + j.Folder + "/tables.sh\n"
	if err != nil || string(text) != want {
		t.Errorf("called with %q, %v; want %q", text, err, want)
	}
	if text, err := os.ReadFile(j.trials()); err != nil || string(text) != "x\ny\nz\n" {
		t.Errorf("trials %q, %v", text, err)
	}
	if info, err := os.Stat(j.program()); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("the program: %v, %v", info, err)
	}
	write("echo '12'\n")
	if array, tables, err := j.Submit(t.Context()); err != nil || array != "12" || tables != "12" {
		t.Errorf("without a cluster's name: %q, %q, %v", array, tables, err)
	}
	write("echo 'sbatch: error: no such partition' >&2\nexit 1\n")
	if _, _, err := j.Submit(t.Context()); err == nil || err.Error() != "sbatch: error: no such partition" {
		t.Errorf("error %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := j.Submit(t.Context()); err == nil || !strings.Contains(err.Error(), "is this a node of a Slurm cluster?") {
		t.Errorf("error %v", err)
	}
}

// Folders with spaces and quotes are one word.
func TestOutputIsOneWord(t *testing.T) {
	for folder, want := range map[string]string{
		"/a b": `#SBATCH --output="/a b/%a.out"` + "\n", `/a"b`: `#SBATCH --output="/a\"b/%a.out"` + "\n",
		"/it's": `#SBATCH --output="/it's/%a.out"` + "\n", "/plain": "#SBATCH --output=/plain/%a.out\n",
		"/50%j": "#SBATCH --output=/50%%j/%a.out\n",
	} {
		if script := job(folder).Array(); !strings.Contains(script, want) {
			t.Errorf("%q is not in\n%s", want, script)
		}
	}
}

// fakeSbatch replaces sbatch by a shell script.
func fakeSbatch(t *testing.T, script string) *Job {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sbatch"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return job(filepath.Join(dir, "job"))
}

// sbatch answers with a job number, or a job number and a cluster. Any other answer is an error that quotes it.
func TestAnswers(t *testing.T) {
	for _, printed := range []string{"", "Submitted batch job 12", "12;", "12;a;b", "12 13", "-12", "12_1", "12\n13", "sbatch: info"} {
		j := fakeSbatch(t, "cat <<'END'\n"+printed+"\nEND\n")
		array, tables, err := j.Submit(t.Context())
		if err == nil || array+tables != "" || !strings.Contains(err.Error(), fmt.Sprintf("answered %q: expected a job number", printed)) {
			t.Errorf("answer %q: %q, %q, %v", printed, array, tables, err)
		}
	}
}

// If only the array is queued, the error has its job number and the command that cancels it.
func TestSecondFails(t *testing.T) {
	for answer, cancel := range map[string]string{"4711": "scancel 4711", "4711;c1": "scancel --clusters=c1 4711"} {
		for second, why := range map[string]string{
			"echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1": "QOSMaxSubmitJobPerUserLimit",
			"exit 3":     "exit status 3",
			"echo what?": `answered "what?"`,
		} {
			j := fakeSbatch(t, "case \"$*\" in *dependency*) "+second+"; exit;; esac\necho '"+answer+"'\n")
			array, tables, err := j.Submit(t.Context())
			var part *PartError
			if array != "4711" || tables != "" || !errors.As(err, &part) || part.Cancel() != cancel {
				t.Errorf("%s: %q, %q, %v", second, array, tables, err)
			} else if text := err.Error(); !strings.Contains(text, "job 4711") || !strings.Contains(text, why) {
				t.Errorf("%s: error %s", second, text)
			}
		}
	}
}

// If the call is stopped while sbatch runs, the error says that a job may be queued.
func TestStopped(t *testing.T) {
	j := fakeSbatch(t, "exec sleep 60\n")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errors.New("stopped"))
	defer cancel()
	if _, _, err := j.Submit(ctx); err == nil || !strings.HasPrefix(err.Error(), "stopped: squeue --me shows") {
		t.Errorf("error %v", err)
	}
}

// Names that a script cannot contain are refused before anything is written.
func TestCheck(t *testing.T) {
	for folder, want := range map[string]string{"/a\nb": "without line breaks", "/" +
		strings.Repeat("long/", 250): "Slurm allows at most 1000"} {
		j := job(folder)
		if _, _, err := j.Submit(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.10q: error %v, want %q", folder, err, want)
		}
	}
}
