package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A Task is work cut into parts that may run at the same time and in any order.
//
// A pass of a layer is a named type over the layer itself, as in
//
//	type reluForward ReLU
//	func (l *reluForward) Do(worker, part int) { ... }
//	pool.Run(parts, (*reluForward)(l))
//
// so that handing it over allocates nothing.
type Task interface {
	// Do does one part. worker, below the pool's Workers, tells which scratch memory the part may use.
	Do(worker, part int)
}

// Chunks cuts N items into consecutive parts of Size items, the last one shorter.
type Chunks struct{ N, Size int }

// Count is the number of parts.
func (c Chunks) Count() int { return (c.N + c.Size - 1) / c.Size }

// Range is the half-open range of items of one part.
func (c Chunks) Range(part int) (lo, hi int) {
	lo = part * c.Size
	return lo, min(lo+c.Size, c.N)
}

// RowChunks cuts rows of c floats into parts of about 64 KiB: enough work to be worth claiming, little enough to stay in
// the second-level cache from one pass to the next.
func RowChunks(rows, c int) Chunks { return Chunks{N: rows, Size: max(1, 1<<14/max(1, c))} }

// A Pool runs tasks on a fixed number of workers, of which the caller of Run is one. Its goroutines live until Close, so
// that Run allocates nothing. A Pool serves one caller at a time, and a Task must not call Run.
type Pool struct {
	wake    []chan struct{} // one for each worker but the caller
	task    Task
	parts   int64
	next    atomic.Int64
	running sync.WaitGroup
	failure atomic.Pointer[failure]
}

type failure struct{ value any }

// NewPool starts a pool of the given number of workers, at least one; 0 means one for each processor.
func NewPool(workers int) *Pool {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &Pool{wake: make([]chan struct{}, workers-1)}
	for i := range p.wake {
		p.wake[i] = make(chan struct{}, 1)
		go p.work(i+1, p.wake[i])
	}
	return p
}

// Workers is the number of workers, the caller included.
func (p *Pool) Workers() int { return len(p.wake) + 1 }

// Run does parts 0 to parts−1 of t and returns when all are done. If a part panics, Run panics with the same value after
// the others have ended.
func (p *Pool) Run(parts int, t Task) {
	if len(p.wake) == 0 || parts <= 1 {
		for i := range parts {
			t.Do(0, i)
		}
		return
	}
	p.task, p.parts = t, int64(parts)
	p.next.Store(0)
	helpers := p.wake[:min(len(p.wake), parts-1)]
	p.running.Add(len(helpers))
	for _, wake := range helpers {
		wake <- struct{}{}
	}
	p.claim(0)
	p.running.Wait()
	p.task = nil
	if f := p.failure.Swap(nil); f != nil {
		panic(f.value)
	}
}

// Close ends the pool's goroutines. The pool must not be used again.
func (p *Pool) Close() {
	for _, wake := range p.wake {
		close(wake)
	}
}

func (p *Pool) work(worker int, wake chan struct{}) {
	for range wake {
		p.claim(worker)
		p.running.Done()
	}
}

func (p *Pool) claim(worker int) {
	defer func() {
		if v := recover(); v != nil {
			p.failure.CompareAndSwap(nil, &failure{v})
		}
	}()
	for {
		i := p.next.Add(1) - 1
		if i >= p.parts {
			return
		}
		p.task.Do(worker, int(i))
	}
}
