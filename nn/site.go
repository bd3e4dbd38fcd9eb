package nn

// A Site is a place where a backbone offers to put a channel block: after a BatchNorm, before what rectifies it.
type Site struct {
	Path     string // stage1/unit0/block
	Stage    int    // from 1; 0 is the stem
	Unit     int    // in its stage, from 0
	Position int    // after which BatchNorm of the unit, from 1
	Last     bool   // that BatchNorm is the unit's last
	Channels int
	Norm     *BatchNorm // the one before the site
}

// Stem reports whether the site is the stem's.
func (s Site) Stem() bool { return s.Stage == 0 }

// A Factory makes the block of a site, or nil for none.
type Factory func(b *Builder, s Site) Layer

// A Tap is a named place of a network at which an activation can be observed or replaced.
type Tap struct {
	Path    string
	Observe func(x Tensor)        // called with the activation, where not nil
	Replace func(x Tensor) Tensor // returns the activation to go on with, of the same shape; for evaluation only
}

// Plan passes the value on.
func (t *Tap) Plan(_ *Plan, x Value) Value {
	if x.recomputed != nil {
		x.recomputed.taps = append(x.recomputed.taps, t)
	}
	return x
}

// Forward passes the activation on, or what replaces it.
func (t *Tap) Forward(_ *Context, x Tensor) Tensor {
	if t.Observe != nil {
		t.Observe(x)
	}
	if t.Replace != nil {
		x = t.Replace(x)
	}
	return x
}

// Backward passes the gradient on.
func (t *Tap) Backward(_ *Context, dy Tensor) Tensor { return dy }
