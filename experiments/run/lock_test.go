package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cenet/experiments/spectest"
	"cenet/experiments/state"
)

// A trial that another process holds is waited for, and taken over when that is silent.
func TestTakenOver(t *testing.T) {
	defer func(a, b time.Duration) { state.Silence, state.RetryEvery = a, b }(state.Silence, state.RetryEvery)
	state.Silence, state.RetryEvery = 50*time.Millisecond, 20*time.Millisecond
	s := spectest.Load(t, spectest.Names(), nil)
	dir := t.TempDir()
	var printed strings.Builder
	o := Options{Out: dir, State: filepath.Join(dir, "state"), Log: &printed}
	first := s.Trials()[0]
	data, err := o.Opener(nil).Open(first.Data)
	if err != nil {
		t.Fatal(err)
	}
	task := NewTask(first, data, o)
	path := o.dir().LockFile(task.ID)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path,
		[]byte(`{"Host": "elsewhere", "Process": 7, "Machine": "m"}`), 0o644)); err != nil {
		t.Fatal(err)
	}
	records, err := trainSpec(t.Context(), s, o)
	if err != nil || len(records) != len(s.Trials()) {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if !strings.Contains(printed.String(), "process 7 on elsewhere trains it") {
		t.Errorf("printed %q", printed.String())
	}
}
