package run

import (
	"slices"
	"sync"
)

// workerShares shares workers out among the trials under way: each has as many as another, or one more, and one that ends leaves its own to
// the others. What a trial computes does not depend on their number.
type workerShares struct {
	workers int

	mutex   sync.Mutex
	members []*workerShare
}

// A workerShare is that of a trial under way.
type workerShare struct {
	all        *workerShares
	steps, sum int // and of the workers that each step had
}

func (c *workerShares) join() *workerShare {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	m := &workerShare{all: c}
	c.members = append(c.members, m)
	return m
}

func (m *workerShare) leave() {
	m.all.mutex.Lock()
	defer m.all.mutex.Unlock()
	m.all.members = slices.DeleteFunc(m.all.members, func(other *workerShare) bool { return other == m })
}

// step returns how many workers the next step has, at least one.
func (m *workerShare) step() int {
	m.all.mutex.Lock()
	defer m.all.mutex.Unlock()
	total, each := m.all.workers, len(m.all.members)
	n := total / each
	if slices.Index(m.all.members, m) < total%each {
		n++
	}
	n = max(1, n)
	m.steps++
	m.sum += n
	return n
}

// mean is how many workers a step had, rounded.
func (m *workerShare) mean() int { return (m.sum + m.steps/2) / max(1, m.steps) }
