package slurm

import (
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

// The scripts say what Slurm is to give, and call the program with the words of the call.
func TestScripts(t *testing.T) {
	array, tables := job("/f").Array(), job("/f").Tables()
	for _, want := range []string{
		"#!/bin/sh\n", "#SBATCH --array=1-2\n", "#SBATCH --cpus-per-task=4\n", "#SBATCH --mem=301M\n", "#SBATCH --requeue\n", "#SBATCH --time=2\n",
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

// A job on GPUs asks for them, the last job does not.
func TestGPUs(t *testing.T) {
	j := job("/f")
	if text := j.Array() + j.Tables(); strings.Contains(text, "gres") || strings.Contains(text, "--device") {
		t.Errorf("nothing is to run on a GPU:\n%s", text)
	}
	j.GPUs = 2
	if text := j.Array(); !strings.Contains(text, "#SBATCH --gres=gpu:2\n") {
		t.Errorf("no GPUs are asked for:\n%s", text)
	}
	if text := j.Tables(); strings.Contains(text, "gres") || !strings.HasSuffix(text, "--collect --device cpu\n") {
		t.Errorf("the last job is\n%s", text)
	}
}

// A program in the place of sbatch is handed the array, and then the last job, which waits for it.
func TestSubmit(t *testing.T) {
	dir := t.TempDir()
	said := filepath.Join(dir, "said")
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "sbatch"), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("echo \"$@\" >>" + said + "\necho '12;cluster'\n")
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	j := job(filepath.Join(dir, "job"))
	array, tables, err := j.Submit(t.Context())
	if err != nil || array != "12" || tables != "12" {
		t.Fatalf("%q, %q, %v", array, tables, err)
	}
	text, err := os.ReadFile(said)
	if want := "--parsable " + j.Folder + "/array.sh\n--parsable --dependency=afterany:12 " + j.Folder + "/tables.sh\n"; err != nil || string(text) != want {
		t.Errorf("called with %q, %v; want %q", text, err, want)
	}
	if text, err := os.ReadFile(j.trials()); err != nil || string(text) != "x\ny\nz\n" {
		t.Errorf("trials %q, %v", text, err)
	}
	if info, err := os.Stat(j.program()); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("the program: %v, %v", info, err)
	}
	write("echo 'no such partition' >&2\nexit 1\n")
	if _, _, err := j.Submit(t.Context()); err == nil || err.Error() != "sbatch: no such partition" {
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
	} {
		if script := job(folder).Array(); !strings.Contains(script, want) {
			t.Errorf("%q is not in\n%s", want, script)
		}
	}
}
