package dataset

import (
	"runtime"
	"sync"
)

const (
	// prefetchBytes bounds the images that wait decoded for their use, in bytes.
	prefetchBytes = 64 << 20
	// minPrefetched is how many images are prefetched at least, however large they are.
	minPrefetched = 8
	// maxPrefetched is how many images are prefetched at most.
	maxPrefetched = 1024
)

// streamer is the loader of a streamed set. Goroutines decode the images of a pass in its order into a ring of slots, as
// far ahead as the ring is long. An image that no goroutine has begun is decoded by the one that asks for it; so no order of
// asking leads into a deadlock, and who waits for images helps.
type streamer struct {
	set      *Set
	batcher  *Batcher
	decoders sync.Pool // of *decoder, for those who ask
	workers  sync.WaitGroup

	lock    sync.Mutex
	changed sync.Cond // a slot, next or stopped
	pass    Pass
	next    int          // the first of the pass that may not have been begun
	begun   map[int]bool // those from next on that were begun by who asked for them
	stopped bool
	ring    []slot // image i of a pass has the slot i mod len(ring)
}

// A slot holds an image of the pass.
type slot struct {
	state  slotState
	at     int // of the pass
	pixels []uint8
	err    error
}

type slotState int

const (
	free     slotState = iota
	decoded            // to be taken
	occupied           // being decoded, or being taken
)

func newStreamer(s *Set, norm Normalisation, pad int) *streamer {
	each := s.imageSize()
	t := &streamer{
		set: s, batcher: newBatcher(s, norm, pad),
		begun: map[int]bool{},
		ring:  make([]slot, min(max(minPrefetched, prefetchBytes/each), maxPrefetched, max(1, s.Len()))),
	}
	t.decoders.New = func() any { return new(decoder) }
	t.changed.L = &t.lock
	return t
}

func (t *streamer) Shape() (h, w, c int) { return t.batcher.Shape() }

func (t *streamer) Begin(p Pass) {
	t.Close()
	// What follows is seen by the goroutines that it starts, and the earlier ones have ended.
	t.pass.Order = append(t.pass.Order[:0], p.Order...)
	p.Order = t.pass.Order
	t.pass, t.next, t.stopped = p, p.From, false
	clear(t.begun)
	for i := range t.ring {
		t.ring[i].state = free
	}
	for range runtime.GOMAXPROCS(0) {
		t.workers.Go(t.prefetch)
	}
}

func (t *streamer) Close() {
	t.lock.Lock()
	t.stopped = true
	t.changed.Broadcast()
	t.lock.Unlock()
	t.workers.Wait()
}

// prefetch decodes images of the pass until all have been begun, or the pass ends.
func (t *streamer) prefetch() {
	d := new(decoder)
	for s := t.claim(); s != nil; s = t.claim() {
		if s.pixels == nil {
			s.pixels = make([]uint8, t.set.imageSize())
		}
		s.err = t.decode(d, s.pixels, s.at)
		t.mark(s, decoded)
	}
}

// claim returns the slot of the next image to be decoded, once it is free; nil after the last image, or once the streamer is stopped.
func (t *streamer) claim() *slot {
	t.lock.Lock()
	defer t.lock.Unlock()
	for !t.stopped && t.next < len(t.pass.Order) {
		if t.begun[t.next] {
			delete(t.begun, t.next)
			t.next++
			continue
		}
		if s := &t.ring[t.next%len(t.ring)]; s.state == free {
			s.state, s.at = occupied, t.next
			t.next++
			return s
		}
		t.changed.Wait()
	}
	return nil
}

func (t *streamer) FillOne(x []float32, i int) (label int, err error) {
	p := &t.pass
	index := p.Order[i]
	if s := t.take(i); s != nil {
		defer t.mark(s, free)
		if s.err != nil {
			return 0, s.err
		}
		t.batcher.write(x, s.pixels, index, p.Augment, p.Seed, p.Epoch)
		return t.set.Labels[index], nil
	}
	d := t.decoders.Get().(*decoder)
	defer t.decoders.Put(d)
	d.image = grow(d.image, t.set.imageSize())
	if err := t.decode(d, d.image, i); err != nil {
		return 0, err
	}
	t.batcher.write(x, d.image, index, p.Augment, p.Seed, p.Epoch)
	return t.set.Labels[index], nil
}

// take returns the slot that holds image i of the pass, once it is decoded; nil when no goroutine has begun it.
func (t *streamer) take(i int) *slot {
	t.lock.Lock()
	defer t.lock.Unlock()
	s := &t.ring[i%len(t.ring)]
	for s.state != free && s.at == i {
		if s.state == decoded {
			s.state = occupied
			return s
		}
		t.changed.Wait()
	}
	if i >= t.next {
		t.begun[i] = true
	}
	return nil
}

func (t *streamer) mark(s *slot, state slotState) {
	t.lock.Lock()
	s.state = state
	t.changed.Broadcast()
	t.lock.Unlock()
}

// decode reads image i of the pass, cut and resized to the size of the set.
func (t *streamer) decode(d *decoder, pixels []uint8, i int) error {
	p := &t.pass
	index := p.Order[i]
	f := t.set.files[index]
	if err := f.unchanged(); err != nil {
		return imageError(f.path(), err)
	}
	if p.Augment != nil && p.Augment.Resized {
		part := p.Augment.drawBox(p.Seed, p.Epoch, index, f.height, f.width)
		raw, err := d.read(f.path(), f.height, f.width, part)
		if err != nil {
			return imageError(f.path(), err)
		}
		d.resize(pixels, raw, part.height, part.width, t.set.Height)
		return nil
	}
	if err := d.whole(pixels, f, t.set.resize, t.set.Height); err != nil {
		return imageError(f.path(), err)
	}
	return nil
}
