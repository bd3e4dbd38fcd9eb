package study

import (
	"sync"
	"time"

	"cenet/experiments/run"
	"cenet/experiments/trained"
)

// A pace reports the progress of a study that measures several networks at the same time.
type pace struct {
	name string
	log  *run.Progress

	mutex              sync.Mutex
	began              time.Time
	networks, finished int
	done               float64 // networks measured by this run
	earlier            int     // networks measured by an earlier run
}

func newPace(name string, networks int, log *run.Progress) *pace {
	return &pace{name: name, log: log, networks: networks, began: time.Now()}
}

// part reports that a share of a network is done.
func (p *pace) part(v *trained.Subject, what string, share float64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.done += share
	left := float64(p.networks-p.earlier) - p.done
	eta := time.Duration(float64(time.Since(p.began)) * max(0, left) / p.done)
	p.log.Printf("%s: [%d/%d] %s, %s  ETA %s", p.name, p.finished, p.networks, v, what, eta.Round(time.Second))
}

// finish reports that a network is done, by an earlier run or by this one.
func (p *pace) finish(v *trained.Subject, earlier bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.finished++
	if earlier {
		p.earlier++
	}
	p.log.Printf("%s: [%d/%d] %s finished", p.name, p.finished, p.networks, v)
}
