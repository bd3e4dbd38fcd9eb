package serve

import (
	"fmt"
	"math"
	"slices"
	"time"

	"cenet/experiments/state"
	"cenet/results"
)

// snapshot is the state of running experiments as sent to pages. Its size is bounded, however many trials there are.
type snapshot struct {
	Runs    []liveRun `json:"runs"`
	Results string    `json:"results"` // changes when the results on disk change
}

type liveRun struct {
	Name     string      `json:"name"`
	Title    string      `json:"title"`
	Command  string      `json:"command"`
	State    string      `json:"state"`
	Total    int         `json:"total"`
	Finished int         `json:"finished"`
	Failed   int         `json:"failed"`
	Running  int         `json:"running"`
	Begun    int         `json:"begun"` // begun and not running
	Missing  int         `json:"missing"`
	Share    float64     `json:"share"` // of all epochs, the part that is done
	Left     string      `json:"left"`
	Trials   []liveTrial `json:"trials"`
	Failures []failure   `json:"failures"`
	Cases    []liveCase  `json:"cases"`
}

// liveTrial is a trial that is being trained, or was stopped before its end.
type liveTrial struct {
	Name   string `json:"name"`
	Epoch  int    `json:"epoch"`
	Epochs int    `json:"epochs"`
	Where  string `json:"where"`
	Device string `json:"device"`
}

type failure struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// liveCase is the training curves of a case.
type liveCase struct {
	Name   string     `json:"name"`
	Epochs int        `json:"epochs"`
	Lines  []liveLine `json:"lines"`
	More   int        `json:"more"` // finished seeds not shown
}

type liveLine struct {
	Seed  int      `json:"seed"`
	State string   `json:"state"` // "running", "begun" or "finished"
	Epoch []int    `json:"epoch"`
	Loss  []number `json:"loss"`
	Top1  []number `json:"top1"` // percent
}

// number is written with five significant digits; null if it is not finite.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, "%.5g", float64(n)), nil
}

// Limits of what the page shows.
const (
	maxRuns     = 6
	maxTrials   = 40
	maxFailures = 20
	maxCases    = 6
	maxFinished = 8 // seeds of a case
	maxEpochs   = 200
	recent      = 15 * time.Minute // how long a run is shown after it has ended
)

// liveRuns returns the runs to show at a time.
func liveRuns(list []state.Followed, now time.Time) []liveRun {
	runs := []liveRun{}
	for _, p := range list {
		if len(runs) == maxRuns {
			break
		}
		if r := newLiveRun(p); r.Running > 0 || r.Begun > 0 || now.Sub(p.Last) < recent {
			runs = append(runs, r)
		}
	}
	return runs
}

func newLiveRun(p state.Followed) liveRun {
	r := liveRun{Name: p.Name, Title: p.Title, Command: p.Command, Total: len(p.Trials),
		Trials: []liveTrial{}, Failures: []failure{}, Cases: []liveCase{}}
	epochs, done := 0.0, 0.0
	byCase := map[string][]state.FollowedTrial{}
	var order []string // of cases
	for _, t := range p.Trials {
		if byCase[t.Case] == nil {
			order = append(order, t.Case)
		}
		byCase[t.Case] = append(byCase[t.Case], t)
		epochs += float64(t.PlannedTrial.Epochs)
		switch {
		case t.Record != nil:
			done += float64(t.PlannedTrial.Epochs)
			if text := t.Record.Result.Failure; text != "" {
				r.Failed++
				if len(r.Failures) < maxFailures {
					r.Failures = append(r.Failures, failure{t.Name, text})
				}
				continue
			}
			r.Finished++
		case t.Holder != nil:
			r.Running++
		case t.Begun || len(t.Epochs) > 0:
			r.Begun++
		default:
			r.Missing++
		}
		if t.Record == nil {
			done += float64(epoch(t))
		}
		if t.Record == nil && (t.Holder != nil || t.Begun || len(t.Epochs) > 0) && len(r.Trials) < maxTrials {
			l := liveTrial{Name: t.Name, Epoch: epoch(t), Epochs: t.PlannedTrial.Epochs, Where: "stopped; rerun the same command to resume"}
			if t.Holder != nil {
				l.Where, l.Device = t.Holder.String(), t.Holder.Device
			}
			r.Trials = append(r.Trials, l)
		}
	}
	if epochs > 0 {
		r.Share = math.Round(1e4*done/epochs) / 1e4
	}
	r.State = "running"
	switch {
	case r.Finished+r.Failed == r.Total:
		r.State = "finished"
	case r.Running == 0:
		r.State = "stopped"
	}
	r.Left = left(p, r.Running)
	r.Cases = cases(order, byCase)
	return r
}

// epoch is the number of epochs that a trial has done.
func epoch(t state.FollowedTrial) int {
	if n := len(t.Epochs); n > 0 {
		return t.Epochs[n-1].Result.Epoch
	}
	return 0
}

// left estimates the time to the end from the mean time of an epoch of the same case, else of any case. It assumes that the number of
// trials that run at once stays the same.
func left(p state.Followed, running int) string {
	if running == 0 {
		return ""
	}
	took, all := map[string][]float64{}, []float64{} // seconds of an epoch
	add := func(t state.FollowedTrial, seconds float64) {
		took[t.Case] = append(took[t.Case], seconds)
		all = append(all, seconds)
	}
	for _, t := range p.Trials {
		if t.Record != nil && t.Record.Result.Failure == "" && t.PlannedTrial.Epochs > 0 {
			add(t, t.Record.Provenance.Seconds/float64(t.PlannedTrial.Epochs))
		}
		if n := len(t.Epochs); t.Holder != nil && n > 1 && t.Epochs[0].Time.After(t.Holder.Since) {
			add(t, t.Epochs[n-1].Time.Sub(t.Epochs[0].Time).Seconds()/float64(n-1))
		}
	}
	if len(all) == 0 {
		return ""
	}
	mean := func(list []float64) float64 {
		sum := 0.0
		for _, x := range list {
			sum += x
		}
		return sum / float64(len(list))
	}
	seconds, longest := 0.0, 0.0
	for _, t := range p.Trials {
		if t.Record != nil {
			continue
		}
		each := mean(all)
		if of := took[t.Case]; len(of) > 0 {
			each = mean(of)
		}
		one := each * float64(t.PlannedTrial.Epochs-epoch(t))
		seconds, longest = seconds+one, max(longest, one)
	}
	return rough(max(longest, seconds/float64(running)))
}

// rough writes a time with few digits, so that the text does not change every second.
func rough(seconds float64) string {
	switch m := seconds / 60; {
	case seconds < 10:
		return "some seconds"
	case seconds < 90:
		return fmt.Sprintf("about %.0f s", math.Ceil(seconds/10)*10)
	case m < 90:
		return fmt.Sprintf("about %.0f min", math.Ceil(m))
	case m < 48*60:
		return fmt.Sprintf("about %.1f h", m/60)
	default:
		return fmt.Sprintf("about %.1f days", m/60/24)
	}
}

// cases returns the curves of running cases first, then of those with the latest epochs or records, in the order of the plan.
func cases(order []string, byCase map[string][]state.FollowedTrial) []liveCase {
	rank := func(name string) (running bool, last time.Time) {
		for _, t := range byCase[name] {
			running = running || t.Holder != nil
			if n := len(t.Epochs); n > 0 && t.Epochs[n-1].Time.After(last) {
				last = t.Epochs[n-1].Time
			}
			if t.Record != nil {
				if end := t.Record.Provenance.Started.Add(time.Duration(t.Record.Provenance.Seconds * float64(time.Second))); end.After(last) {
					last = end
				}
			}
		}
		return running, last
	}
	type ranked struct {
		name    string
		running bool
		last    time.Time
	}
	var list []ranked
	for _, name := range order {
		if running, last := rank(name); running || !last.IsZero() {
			list = append(list, ranked{name, running, last})
		}
	}
	slices.SortStableFunc(list, func(a, b ranked) int {
		if a.running != b.running {
			if a.running {
				return -1
			}
			return 1
		}
		return b.last.Compare(a.last)
	})
	list = list[:min(len(list), maxCases)]
	slices.SortStableFunc(list, func(a, b ranked) int { return slices.Index(order, a.name) - slices.Index(order, b.name) })
	out := []liveCase{}
	for _, c := range list {
		l := liveCase{Name: c.name}
		finished := 0
		for _, t := range byCase[c.name] {
			l.Epochs = max(l.Epochs, t.PlannedTrial.Epochs)
			line := liveLine{Seed: t.Seed, State: "begun"}
			var epochs []results.Epoch
			switch {
			case t.Record != nil:
				if finished++; finished > maxFinished {
					l.More++
					continue
				}
				line.State, epochs = "finished", t.Record.Result.Epochs
			case t.Holder != nil:
				line.State = "running"
			}
			for _, e := range t.Epochs {
				epochs = append(epochs, e.Result)
			}
			every := (len(epochs) + maxEpochs - 1) / maxEpochs
			for i, e := range epochs {
				if i%every == 0 || i == len(epochs)-1 {
					line.Epoch, line.Loss = append(line.Epoch, e.Epoch), append(line.Loss, number(e.TrainLoss))
					line.Top1 = append(line.Top1, number(100*e.TestTop1))
				}
			}
			if len(epochs) > 0 {
				l.Lines = append(l.Lines, line)
			}
		}
		if len(l.Lines) > 0 {
			out = append(out, l)
		}
	}
	return out
}
