package run

import (
	"slices"
	"sync"
)

// workerShares shares workers out among the trials under way: each has as many as another, or one more, and one that ends leaves its own to the
// others. What a trial computes does not depend on their number.
type workerShares struct {
	workers int

	mutex   sync.Mutex
	members []*workerShare
}

// A workerShare is that of a trial under way.
type workerShare struct {
	crew       *workerShares
	steps, sum int // and of the workers that each step had
}

func (c *workerShares) join() *workerShare {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	m := &workerShare{crew: c}
	c.members = append(c.members, m)
	return m
}

func (m *workerShare) leave() {
	m.crew.mutex.Lock()
	defer m.crew.mutex.Unlock()
	m.crew.members = slices.DeleteFunc(m.crew.members, func(other *workerShare) bool { return other == m })
}

// step returns how many workers the next step has, at least one.
func (m *workerShare) step() int {
	m.crew.mutex.Lock()
	defer m.crew.mutex.Unlock()
	all, each := m.crew.workers, len(m.crew.members)
	n := all / each
	if slices.Index(m.crew.members, m) < all%each {
		n++
	}
	n = max(1, n)
	m.steps++
	m.sum += n
	return n
}

// mean is how many workers a step had, rounded.
func (m *workerShare) mean() int { return (m.sum + m.steps/2) / max(1, m.steps) }
