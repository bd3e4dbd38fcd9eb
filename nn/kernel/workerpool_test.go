package kernel

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// counted counts how often each part is done, and the workers that are in one at the same time as themselves.
type counted struct {
	parts  []atomic.Int32
	inside []atomic.Int32
	twice  atomic.Bool
	fails  int // this part panics
}

func (c *counted) Do(worker, part int) {
	if c.inside[worker].Add(1) > 1 {
		c.twice.Store(true)
	}
	c.parts[part].Add(1)
	c.inside[worker].Add(-1)
	if part == c.fails {
		panic("part fails")
	}
}

func newCounted(parts, workers int) *counted {
	return &counted{parts: make([]atomic.Int32, parts), inside: make([]atomic.Int32, workers), fails: -1}
}

// Every part is done once, whether the helpers still spin or sleep, on fewer processors than workers too.
func TestPool(t *testing.T) {
	for _, processors := range []int{1, 2, runtime.NumCPU()} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		for _, workers := range []int{1, 2, 3, 8} {
			p := NewWorkerPool(workers)
			if p.Workers() != workers {
				t.Errorf("%d workers, not %d", p.Workers(), workers)
			}
			for round := range 300 {
				used := workers
				if round%2 == 1 {
					used = 1 + round/2%workers
				}
				p.Use(used)
				c := newCounted(round%23, used) // another worker is out of range
				p.Run(round%23, c)
				for i := range c.parts {
					if n := c.parts[i].Load(); n != 1 {
						t.Fatalf("%d workers: part %d is done %d times", workers, i, n)
					}
				}
				if c.twice.Load() {
					t.Fatal("a worker does two parts at once")
				}
				if round%100 == 50 {
					time.Sleep(2 * time.Millisecond) // the helpers fall asleep
				}
			}
			p.Close()
		}
	}
}

// A turn that comes while a helper goes to sleep reaches it: Run returns.
func TestPoolSleeps(t *testing.T) {
	p := NewWorkerPool(2)
	defer p.Close()
	var c idle
	deadline := time.Now().Add(time.Second)
	for round := 0; time.Now().Before(deadline); round++ {
		p.Run(2, &c)
		for range spinLimit/2 + round%spinLimit { // a helper that has found no task for long sleeps
			pause()
		}
	}
}

// idle is a task with nothing to do.
type idle struct{}

func (*idle) Do(worker, part int) {}

// A worker that is held up leaves the rest of its share to the others.
func TestPoolShares(t *testing.T) {
	p := NewWorkerPool(2)
	defer p.Close()
	c := held{parts: 10}
	p.Run(c.parts, &c)
	if c.late {
		t.Error("parts of a worker that is held up are left undone")
	}
}

// held is a task whose first part ends when all others are done, or late.
type held struct {
	parts int
	done  atomic.Int32
	late  bool
}

func (c *held) Do(worker, part int) {
	if part > 0 {
		c.done.Add(1)
		return
	}
	for began := time.Now(); c.done.Load() < int32(c.parts-1) && !c.late; time.Sleep(time.Millisecond) {
		c.late = time.Since(began) > 10*time.Second
	}
}

func TestPoolPanics(t *testing.T) {
	p := NewWorkerPool(3)
	defer p.Close()
	for range 20 {
		c := newCounted(10, 3)
		c.fails = 4
		func() {
			defer func() {
				if v := recover(); v != "part fails" {
					t.Errorf("Run panics with %v", v)
				}
			}()
			p.Run(10, c)
			t.Error("Run returns")
		}()
	}
	c := newCounted(5, 3)
	p.Run(5, c) // goes on
}

func TestPoolCloses(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, pause := range []time.Duration{0, 2 * time.Millisecond} {
		p := NewWorkerPool(5)
		time.Sleep(pause)
		p.Close()
	}
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestPoolAllocates(t *testing.T) {
	p := NewWorkerPool(2)
	defer p.Close()
	c := newCounted(8, 2)
	if a := testing.AllocsPerRun(100, func() { p.Run(8, c) }); a != 0 {
		t.Errorf("Run allocates %v times", a)
	}
}

// BenchmarkPool measures what it takes to hand out parts that take next to no time.
func BenchmarkPool(b *testing.B) {
	p := NewWorkerPool(2)
	defer p.Close()
	c := newCounted(8, 2)
	for b.Loop() {
		p.Run(8, c)
	}
}
