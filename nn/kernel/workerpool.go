package kernel

import (
	"runtime"
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

// Segments cuts the pixels of N images into consecutive parts of Size pixels, the last one of each image shorter.
// No part has pixels of two images: sums by segments do not depend on how many images are worked on at a time.
type Segments struct{ N, Pixels, Size int }

// ImageSegments cuts images of pixels×c floats into segments of 64 KiB at most.
func ImageSegments(n, pixels, c int) Segments {
	parts := Chunks{pixels, max(1, 1<<14/max(1, c))}.Count()
	return Segments{n, pixels, (pixels + parts - 1) / parts}
}

// PerImage is the number of segments of an image.
func (s Segments) PerImage() int { return (s.Pixels + s.Size - 1) / s.Size }

// Count is the number of segments.
func (s Segments) Count() int { return s.N * s.PerImage() }

// Range is the half-open range of pixels, counted through all images, of one segment.
func (s Segments) Range(part int) (lo, hi int) {
	first := part / s.PerImage() * s.Pixels
	lo = part % s.PerImage() * s.Size
	return first + lo, first + min(lo+s.Size, s.Pixels)
}

// At is the segment that begins with the given pixel.
func (s Segments) At(pixel int) int { return pixel/s.Pixels*s.PerImage() + pixel%s.Pixels/s.Size }

// A WorkerPool runs tasks on a fixed number of workers, of which the caller of Run is one. Its goroutines live until Close, so
// that Run allocates nothing. A WorkerPool serves one caller at a time, and a Task must not call Run.
//
// A network's pass is thousands of calls of Run with little between them, and to wake a goroutine takes as long as many of its tasks.
// Workers therefore spin for a while before they sleep, and so does the caller while it waits for them.
//
// Each worker has a share of the parts, the same of every task, so that it finds in its own cache most of what the task before wrote.
// A worker that is done with its share takes from those of others.
type WorkerPool struct {
	helpers []helper // one for each worker but the caller
	used    int      // of helpers, the first: those that do tasks
	task    Task
	shares  []share      // of the task's parts, one for each worker
	_       [64]byte     // what the helpers read, apart from what they write
	turn    atomic.Int64 // number of the task, and after it, in usedBits, how many helpers do it; −1: no more
	_       [64]byte
	pending atomic.Int64 // helpers that have not ended the task
	failure atomic.Pointer[failure]
}

// A helper is a worker with a goroutine of its own.
type helper struct {
	asleep atomic.Bool
	wake   chan struct{}
	_      [64]byte
}

type failure struct{ value any }

// usedBits is the length of the number of helpers in a turn.
const usedBits = 16

// spinLimit is how often a helper checks for a task before it sleeps: for some 50 microseconds.
const spinLimit = 1000

// NewWorkerPool starts a pool of the given number of workers, at least one; 0 means one for each processor.
func NewWorkerPool(workers int) *WorkerPool {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &WorkerPool{helpers: make([]helper, workers-1), used: workers - 1, shares: make([]share, workers)}
	for i := range p.helpers {
		p.helpers[i].wake = make(chan struct{}, 1)
		go p.work(i+1, &p.helpers[i])
	}
	return p
}

// Workers is the number of workers, the caller included.
func (p *WorkerPool) Workers() int { return len(p.helpers) + 1 }

// Use leaves the tasks that follow to n of the workers, or to all where there are fewer; the others sleep. n is at least 1.
func (p *WorkerPool) Use(n int) { p.used = min(n-1, len(p.helpers)) }

// Run does parts 0 to parts−1 of t and returns when all are done. If a part panics, Run panics with the same value after
// the others have ended.
func (p *WorkerPool) Run(parts int, t Task) {
	if p.used == 0 || parts <= 1 {
		for i := range parts {
			t.Do(0, i)
		}
		return
	}
	p.task = t
	for w, n := 0, p.used+1; w < n; w++ {
		p.shares[w].set(parts*w/n, parts*(w+1)/n)
	}
	p.pending.Store(int64(p.used))
	p.begin((p.turn.Load()>>usedBits+1)<<usedBits|int64(p.used), p.used)
	p.claim(0)
	for i := 0; p.pending.Load() > 0; i++ {
		if i < spinLimit {
			pause()
		} else {
			runtime.Gosched() // there are more goroutines than processors
		}
	}
	p.task = nil
	if f := p.failure.Swap(nil); f != nil {
		panic(f.value)
	}
}

// begin lets the first helpers know of a turn.
func (p *WorkerPool) begin(turn int64, helpers int) {
	p.turn.Store(turn)
	for i := range helpers {
		if h := &p.helpers[i]; h.asleep.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}
}

// Close ends the pool's goroutines. The pool must not be used again.
func (p *WorkerPool) Close() { p.begin(-1, len(p.helpers)) }

func (p *WorkerPool) work(worker int, h *helper) {
	for turn := int64(0); ; {
		next := p.await(turn, worker, h)
		if next < 0 {
			return
		}
		turn = next
		p.claim(worker)
		p.pending.Add(-1)
	}
}

// await returns the next turn after the one given that the worker has a part in.
func (p *WorkerPool) await(turn int64, worker int, h *helper) int64 {
	for {
		for range spinLimit {
			if next := p.turn.Load(); next != turn && concerns(next, worker) {
				return next
			}
			pause()
		}
		// Swap, not Store: QEMU lets the load after an atomic store of arm64 pass it, and then both sides miss each other.
		h.asleep.Swap(true)
		if next := p.turn.Load(); next != turn && concerns(next, worker) && h.asleep.CompareAndSwap(true, false) {
			continue // the turn came between the check and sleep
		}
		<-h.wake
	}
}

// concerns reports whether the worker has a part in a turn.
func concerns(turn int64, worker int) bool { return turn < 0 || int64(worker) <= turn&(1<<usedBits-1) }

// claim does the worker's share, and then what is left of the others'.
func (p *WorkerPool) claim(worker int) {
	defer func() {
		if v := recover(); v != nil {
			p.failure.CompareAndSwap(nil, &failure{v})
		}
	}()
	for k := range p.used + 1 {
		s := &p.shares[(worker+k)%(p.used+1)]
		for i, ok := s.take(k > 0); ok; i, ok = s.take(k > 0) {
			p.task.Do(worker, i)
		}
	}
}

// A share is consecutive parts of a task, taken by its worker from the front and by others from the back.
type share struct {
	span atomic.Uint64 // the first part and, in the low half, the one after the last
	_    [64]byte
}

func (s *share) set(lo, hi int) { s.span.Store(uint64(lo)<<32 | uint64(hi)) }

// take takes the first part or the last, if there is one.
func (s *share) take(last bool) (part int, ok bool) {
	for {
		span := s.span.Load()
		lo, hi := span>>32, span&(1<<32-1)
		if lo >= hi {
			return 0, false
		}
		part, rest := lo, span+1<<32
		if last {
			part, rest = hi-1, span-1
		}
		if s.span.CompareAndSwap(span, rest) {
			return int(part), true
		}
	}
}
