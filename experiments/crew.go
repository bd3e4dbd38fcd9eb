package experiments

import (
	"slices"
	"sync"
)

// crew shares workers out among the trials under way: each has as many as another, or one more, and one that ends leaves its own to the
// others. What a trial computes does not depend on their number.
type crew struct {
	workers int

	mutex   sync.Mutex
	members []*member
}

// A member of a crew is a trial under way.
type member struct {
	crew       *crew
	steps, sum int // and of the workers that each step had
}

func (c *crew) join() *member {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	m := &member{crew: c}
	c.members = append(c.members, m)
	return m
}

func (m *member) leave() {
	m.crew.mutex.Lock()
	defer m.crew.mutex.Unlock()
	m.crew.members = slices.DeleteFunc(m.crew.members, func(other *member) bool { return other == m })
}

// step returns how many workers the next step has, at least one.
func (m *member) step() int {
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
func (m *member) mean() int { return (m.sum + m.steps/2) / max(1, m.steps) }
