package state

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cenet/results"
)

// A trial is followed from its first epoch to its record. A half-written line waits, epochs that are done again after an interruption
// replace the old ones, and a file that was replaced is read from its start.
func TestFollow(t *testing.T) {
	dir := Dir(t.TempDir())
	id := strings.Repeat("a", 64)
	if err := dir.KeepPlan(Plan{Name: "x", Title: "X", Trials: []PlannedTrial{{Identity: id, Name: "one", Epochs: 3}}}); err != nil {
		t.Fatal(err)
	}
	path := dir.EpochsFile("x", "host")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	line := func(epoch int, loss results.Loss) string {
		text, _ := json.Marshal(EpochLine{time.Now(), "one", id, results.Epoch{Epoch: epoch, TrainLoss: loss}})
		return string(text) + "\n"
	}
	add := func(text string, flag int) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|flag, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	f := NewFollower(dir)
	must := func(want string) {
		t.Helper()
		list := f.Follow()
		if len(list) != 1 || len(list[0].Trials) != 1 {
			t.Fatalf("followed %+v", list)
		}
		s := list[0].Trials[0]
		var losses []string
		for _, e := range s.Epochs {
			losses = append(losses, fmt.Sprint(e.Result.TrainLoss))
		}
		got := fmt.Sprintf("%s record %v held %v begun %v", strings.Join(losses, " "), s.Record != nil, s.Holder != nil, s.Begun)
		if got != want {
			t.Errorf("followed %q, want %q", got, want)
		}
	}
	must(" record false held false begun false")
	half := line(2, 2)
	add(line(1, 1)+half[:20], os.O_APPEND)
	must("1 record false held false begun false")
	add(half[20:]+line(3, 3)+"{damaged\n", os.O_APPEND)
	must("1 2 3 record false held false begun false")
	add(line(2, 20), os.O_APPEND) // resumed after epoch 1
	must("1 20 record false held false begun false")
	add(line(1, 5), os.O_TRUNC)
	must("5 record false held false begun false")

	l, err := dir.Lock(id, "", "")
	if err != nil {
		t.Fatal(err)
	}
	must("5 record false held true begun false")
	if h := f.Follow()[0].Trials[0].Holder; h.Device == "" || h.Process != os.Getpid() {
		t.Errorf("held by %+v", h)
	}
	l.Unlock()
	if err := os.MkdirAll(filepath.Dir(dir.Checkpoint(id)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir.Checkpoint(id), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	must("5 record false held false begun true")
	if err := dir.Keep(results.Record{Kind: results.KindTrial, Identity: id, Result: &results.Result{Failure: "diverged"}}); err != nil {
		t.Fatal(err)
	}
	must(" record true held false begun true")
	if err := os.WriteFile(dir.Record(id), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	must(" record false held false begun true")
}
