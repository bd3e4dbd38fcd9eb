package state

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cenet/nn/durable"
	"cenet/results"
)

// A Plan lists the trials of an experiment, for programs that follow them. It is needed because an identity is only a hash, and an
// experiment may come from a file that no other process knows.
type Plan struct {
	Name    string         `json:"name"`
	Title   string         `json:"title"`
	Command string         `json:"command"`
	Trials  []PlannedTrial `json:"trials"`
}

// A PlannedTrial is a trial of a plan.
type PlannedTrial struct {
	Identity string `json:"identity"`
	Name     string `json:"name"`
	Case     string `json:"case"` // the name without the seed
	Seed     int    `json:"seed"`
	Epochs   int    `json:"epochs"`
}

// plans is the folder of the plans.
func (d Dir) plans() string { return filepath.Join(string(d), "plans") }

// KeepPlan writes a plan to plans/NAME-HASH.json. The same trials give the same file name.
func (d Dir) KeepPlan(p Plan) error {
	h := sha256.New()
	for _, t := range p.Trials {
		fmt.Fprintln(h, t.Identity)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.plans(), 0o777); err != nil {
		return err
	}
	return durable.WriteBytes(filepath.Join(d.plans(), fmt.Sprintf("%s-%.12x.json", filepath.Base(p.Name), h.Sum(nil))), append(text, '\n'))
}

// EpochLine is a line of a file of epochs: a finished epoch of a trial.
type EpochLine struct {
	Time     time.Time     `json:"time"`
	Trial    string        `json:"trial"`
	Identity string        `json:"identity"`
	Result   results.Epoch `json:"result"`
}

// A Follower follows running trials: each call of Follow reads only what is new.
type Follower struct {
	dir     Dir
	plans   map[string]followedPlan // by path
	read    map[string]int64        // bytes read of each file of epochs
	epochs  map[string][]EpochLine  // by identity
	records map[string]followedRecord
}

type followedPlan struct {
	Plan
	written time.Time
}

type followedRecord struct {
	results.Record
	written time.Time
}

// NewFollower follows the trials in a state folder.
func NewFollower(d Dir) *Follower {
	return &Follower{dir: d, plans: map[string]followedPlan{}, read: map[string]int64{},
		epochs: map[string][]EpochLine{}, records: map[string]followedRecord{}}
}

// A Followed is a plan with the progress of its trials, in the plan's order.
type Followed struct {
	Plan
	Trials []FollowedTrial
	Last   time.Time // when it last changed
}

// A FollowedTrial is the progress of a trial.
type FollowedTrial struct {
	PlannedTrial
	Record *results.Record // nil: not finished
	Holder *Holder         // the process that trains it; nil: none
	Begun  bool            // there is a checkpoint
	Epochs []EpochLine     // done so far; nil if it is finished
}

// Follow reads what is new and returns all plans, the one that changed last first. It skips files that cannot be read: another process
// is replacing them, or reports the damage.
func (f *Follower) Follow() []Followed {
	f.readPlans()
	f.readEpochs()
	held := f.names("locks", ".json")
	begun := f.names("checkpoints", ".safetensors")
	var list []Followed
	for _, p := range f.plans {
		q := Followed{Plan: p.Plan, Last: p.written}
		heard := func(t time.Time) {
			if t.After(q.Last) {
				q.Last = t
			}
		}
		for _, t := range p.Plan.Trials {
			s := FollowedTrial{PlannedTrial: t, Begun: begun[t.Identity]}
			if r, ok := f.record(t.Identity); ok {
				s.Record = &r.Record
				heard(r.written)
			} else {
				s.Epochs = f.epochs[t.Identity]
				if n := len(s.Epochs); n > 0 {
					heard(s.Epochs[n-1].Time)
				}
				if held[t.Identity] {
					if h, ok := f.dir.Running(t.Identity); ok {
						s.Holder = &h
						heard(h.Since)
					}
				}
			}
			q.Trials = append(q.Trials, s)
		}
		list = append(list, q)
	}
	slices.SortFunc(list, func(a, b Followed) int {
		if c := b.Last.Compare(a.Last); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list
}

// names returns the names of the files in a folder without their ending.
func (f *Follower) names(folder, ending string) map[string]bool {
	entries, _ := os.ReadDir(filepath.Join(string(f.dir), folder))
	set := make(map[string]bool, len(entries))
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ending); ok {
			set[name] = true
		}
	}
	return set
}

func (f *Follower) readPlans() {
	found := map[string]bool{}
	list, _ := filepath.Glob(filepath.Join(f.dir.plans(), "*.json"))
	for _, path := range list {
		found[path] = true
		info, err := os.Stat(path)
		if err != nil || f.plans[path].written.Equal(info.ModTime()) {
			continue
		}
		var p Plan
		if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, &p) == nil {
			f.plans[path] = followedPlan{p, info.ModTime()}
		}
	}
	for path := range f.plans {
		if !found[path] {
			delete(f.plans, path)
		}
	}
}

// readEpochs reads what was added to the files of epochs since they were last read.
func (f *Follower) readEpochs() {
	list, _ := filepath.Glob(f.dir.EpochsFile("*", "*"))
	for _, path := range list {
		info, err := os.Stat(path)
		if err != nil || info.Size() == f.read[path] {
			continue
		}
		if info.Size() < f.read[path] { // a new file
			f.read[path] = 0
		}
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		text := make([]byte, info.Size()-f.read[path])
		n, _ := file.ReadAt(text, f.read[path])
		file.Close()
		for line := range strings.Lines(string(text[:n])) {
			if !strings.HasSuffix(line, "\n") {
				break // half written
			}
			f.read[path] += int64(len(line))
			var e EpochLine
			if json.Unmarshal([]byte(line), &e) == nil && e.Identity != "" {
				f.add(e)
			}
		}
	}
}

// add stores an epoch. An epoch that is done again after an interruption replaces the earlier one and all after it.
func (f *Follower) add(e EpochLine) {
	if _, ok := f.records[e.Identity]; ok {
		return
	}
	list := f.epochs[e.Identity]
	i, _ := slices.BinarySearchFunc(list, e.Result.Epoch, func(l EpochLine, epoch int) int { return l.Result.Epoch - epoch })
	f.epochs[e.Identity] = append(list[:i:i], e)
}

// record returns the record of a finished trial. It reads the file again only if that has changed.
func (f *Follower) record(identity string) (followedRecord, bool) {
	info, err := os.Stat(f.dir.Record(identity))
	if err != nil {
		delete(f.records, identity)
		return followedRecord{}, false
	}
	cached, ok := f.records[identity]
	if ok && cached.written.Equal(info.ModTime()) {
		return cached, true
	}
	r, ok, err := f.dir.Finished(identity, func(string, ...any) {})
	if err != nil || !ok {
		return followedRecord{}, false
	}
	cached = followedRecord{r, info.ModTime()}
	f.records[identity] = cached
	delete(f.epochs, identity)
	return cached, true
}
