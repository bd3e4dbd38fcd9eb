package dataset

// A Loader writes the images of one pass after another over a set, as normalised float32, NHWC.
type Loader interface {
	// Shape is the size of the images written: height and width with the padding, and channels.
	Shape() (h, w, c int)
	// Begin begins a pass and ends the one before, whose images can no longer be asked for.
	Begin(p Pass)
	// FillOne writes image Order[i] of the pass into x, (H,W,C), and returns its label. What is written depends on the
	// image and on the pass's seed and epoch alone. Any number of goroutines may call it at once, for any i; those that
	// follow one another are the fastest. It panics when x is too short. The error names the file that cannot be read.
	FillOne(x []float32, i int) (label int, err error)
	// Close ends what goes on in the background. It may be called more than once.
	Close()
}

// A Pass says which images are read, in which order, and how they are varied.
type Pass struct {
	Order   []int // indices of images; not to be changed during the pass
	From    int   // where in Order the pass begins: what is before is not prefetched
	Augment *Augment
	Seed    uint64 // with Epoch, of the variation
	Epoch   int
}

// NewLoader returns a loader of the images of s, normalised by norm and padded by pad as NewBatcher says, and panics
// when that does. For a set in memory FillOne and Begin allocate nothing. For a streamed set images are decoded ahead of
// their use on all processors, as many as fit into prefetchBytes.
func NewLoader(s *Set, norm Normalisation, pad int) Loader {
	if s.Streamed() {
		return newStreamer(s, norm, pad)
	}
	return &memory{Batcher: NewBatcher(s, norm, pad)}
}

// memory is the loader of a set in memory.
type memory struct {
	*Batcher
	pass Pass
}

func (m *memory) Begin(p Pass) { m.pass = p }

func (m *memory) FillOne(x []float32, i int) (label int, err error) {
	p := &m.pass
	return m.Batcher.FillOne(x, p.Order[i], p.Augment, p.Seed, p.Epoch), nil
}

func (m *memory) Close() {}
