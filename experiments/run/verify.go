package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
	"cenet/nn/stream"
	"cenet/results"
)

// A Verified is a committed record whose trial was trained again, from scratch.
type Verified struct {
	Experiment  string
	There, Here results.Record // as committed, and as trained here
	// OtherCode says how the code of the committed record differs from that of now; "" where it does not, or where the program does not know.
	OtherCode string
}

// Differs says where the two results part; "" where they have the same bits, from the losses of each epoch to the weights at the end.
func (v *Verified) Differs() string {
	there, here := v.There.Result, v.Here.Result
	if reflect.DeepEqual(there, here) {
		return ""
	}
	for i := range min(len(there.Epochs), len(here.Epochs)) {
		if !reflect.DeepEqual(there.Epochs[i], here.Epochs[i]) {
			return fmt.Sprintf("differ from epoch %d on", i+1)
		}
	}
	if len(there.Epochs) != len(here.Epochs) || there.Failure != here.Failure {
		return fmt.Sprintf("end otherwise, after %d epochs instead of %d", len(here.Epochs), len(there.Epochs))
	}
	return "differ in the weights at the end"
}

// Verify picks n records at random from those that the experiments have in the folder of the results, and trains their trials again in a
// state of their own. The same records and lot draw the same. All are trained where there are not more than n.
func Verify(ctx context.Context, list []*spec.Spec, o Options, n int, lot uint64) (chosen []Verified, err error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	log, err := NewProgress("verify", o)
	if err != nil {
		return nil, err
	}
	defer func() { log.Close(err) }()
	chosen, tasks, err := draw(list, o, n, lot, log.Printf)
	if err != nil {
		return nil, err
	}
	apart := o
	apart.State = filepath.Join(o.State, "verify", strconv.FormatUint(lot, 10))
	if o.Fresh {
		if err := os.RemoveAll(apart.State); err != nil {
			return nil, err
		}
		apart.Fresh = false
	}
	again := make([]*Task, len(tasks))
	for i, t := range tasks {
		again[i] = NewTask(t.Trial, t.Images, apart)
	}
	estimated, err := EstimateTrials(ctx, again, apart, !o.Quick)
	if err != nil {
		return nil, err
	}
	if err := o.agree(fmt.Sprintf("verify: %d records, picked at random by %d", len(chosen), lot), estimated, log); err != nil {
		return nil, err
	}
	if _, err := trainAll(ctx, again, o.Workers, estimated.AtOnce, log); err != nil {
		return nil, err
	}
	for i := range chosen {
		chosen[i].Here = *again[i].Record
		if err := chosen[i].clear(tasks[i]); err != nil {
			return nil, err
		}
	}
	return chosen, os.RemoveAll(apart.State)
}

// clear notes how the code of the committed record differs from that of now. Where the bits are the same nonetheless, a record of the trial
// in the state with these bits counts as one of the code of now.
func (v *Verified) clear(t *Task) error {
	other, reason, err := t.findOtherCode(&v.There)
	if err != nil || other == nil {
		return err
	}
	v.OtherCode = reason
	r, ok, err := t.Options.dir().Finished(t.ID, func(string, ...any) {})
	if err != nil || !ok || v.Differs() != "" || !reflect.DeepEqual(r.Result, v.Here.Result) {
		return err
	}
	return other.settle(Keep)
}

// draw chooses records, and returns them with their tasks.
func draw(list []*spec.Spec, o Options, n int, lot uint64,
	say func(format string, args ...any)) (all []Verified, tasks []*Task, err error) {
	sources := o.Opener(say)
	trials := map[string]spec.Trial{} // by identity: experiments share some
	for _, s := range list {
		own, err := byIdentity(s, o, sources.Fingerprint)
		if err != nil {
			return nil, nil, err
		}
		records, err := results.ReadRecords(filepath.Join(s.Folder(o.Out, o.Quick), results.RecordsFile))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
		strange := 0
		for _, r := range records {
			if r.Kind != results.KindTrial {
				continue
			}
			t, ok := own[r.Identity]
			if _, before := trials[r.Identity]; !ok {
				strange++
			} else if !before {
				trials[r.Identity] = t
				all = append(all, Verified{Experiment: s.Name, There: r})
			}
		}
		if strange > 0 {
			say("%s: %d records are of other settings, images, weights or arithmetic than now, and cannot be drawn", s.Name, strange)
		}
	}
	if len(all) == 0 {
		return nil, nil, mistake.Errorf("%s: no records that could be drawn: `%s` makes them", o.Out, list[0].Command())
	}
	random := stream.New(lot, "verify")
	n = min(n, len(all))
	tasks = make([]*Task, n)
	for i := range n {
		j := i + random.IntN(len(all)-i)
		all[i], all[j] = all[j], all[i]
	}
	for i, v := range all[:n] {
		t := trials[v.There.Identity]
		images, err := sources.Open(t.Data)
		if err != nil {
			return nil, nil, err
		}
		if tasks[i] = NewTask(t, images, o); tasks[i].ID != v.There.Identity {
			return nil, nil, mistake.Errorf("%s: %s was trained on other images than are there", v.Experiment, v.There.Name)
		}
	}
	return all[:n], tasks, nil
}

// byIdentity are the experiment's trials by their identities on images of which a function returns the fingerprint.
func byIdentity(s *spec.Spec, o Options, fingerprint func(spec.Data) (string, error)) (map[string]spec.Trial, error) {
	trials, err := Trials(s, o)
	if err != nil {
		return nil, err
	}
	list, err := identities(trials, o, fingerprint)
	own := map[string]spec.Trial{}
	for i, identity := range list {
		own[identity] = trials[i]
	}
	return own, err
}

// identities are those of trials on images of which a function returns the fingerprint.
func identities(trials []spec.Trial, o Options, fingerprint func(spec.Data) (string, error)) (list []string, err error) {
	prints := map[spec.Data]string{}
	for _, t := range trials {
		print, ok := prints[t.Data]
		if !ok {
			if print, err = fingerprint(t.Data); err != nil {
				return nil, err
			}
			prints[t.Data] = print
		}
		list = append(list, t.Identity(print, o.Version()))
	}
	return list, nil
}
