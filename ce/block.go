package ce

import (
	"cenet/nn/kernel"
	"cenet/nn/kernel/elementary"
)

// Block is the Channel Equilibrium layer in float32: y = M_n·x̃ with M_n = λ·P + (1−λ)·Diag(a[n]/s) for every image n and
// group of channels, equation (11). Two passes over the images go forward, one that measures and one that applies, and two
// go back; between them is what concerns groups (decorrelation) and images (reweighting) as a whole.
type Block struct {
	options     Options
	channels, g int
	cut         images

	bd *decorrelation // nil with Reweight
	ir *reweighting   // nil with Decorrelate

	w, dw  []float32 // (1), nil where λ is fixed
	lambda float64   // λ of the last Forward
	train  bool      // of the last Forward

	recalled bool // evaluation alone, and the running averages are in place

	operations kernel.Epilogue // added to the output, and its bounds
	bounded    bool            // something after it bounds y by 0 and a ceiling: dy is 0 beyond
	ceiling    float32

	mix   []float32 // (workers, 2, C/g, g, g), M_n of the image at hand, and Q + Diag(τ)
	mixed []int     // (workers, 2), the images that those in mix are of, −1 for none
	row   []float32 // (workers, C), what is added to each of its pixels

	x, y, dx, dy []float32 // (N, H·W, C), of the pass under way; x is nil where it comes from source

	source source
	inputs []float32 // (workers, largest part, C): what source writes, or a copy of x where y takes its place
}

// A source computes rows of x̃ on demand, and takes the gradient with respect to them. See nn.RecomputedInput.
type source interface {
	Rows(dst []float32, lo, hi int)
	Gradient(lo int, dx []float32)
}

// input returns the pixels of a part of x̃.
func (b *Block) input(worker, part int) []float32 {
	if b.x != nil {
		return b.cut.of(b.x, part)
	}
	x, lo := b.room(worker, part), b.cut.row0(part)
	b.source.Rows(x, lo, lo+b.cut.rows(part))
	return x
}

// room is the worker's share of inputs, for a part.
func (b *Block) room(worker, part int) []float32 {
	size := b.cut.largest() * b.channels
	return b.inputs[worker*size:][:b.cut.rows(part)*b.channels]
}

// runner runs the parts of a task, at the same time or not.
type runner interface {
	Run(parts int, t kernel.Task)
}

// forward computes the output y of x.
func (b *Block) forward(run runner, y, x []float32, train bool) {
	b.x, b.y, b.train = x, y, train
	b.setLambda()
	if b.ir != nil || train {
		run.Run(b.cut.parts(), (*measure)(b)) // (1), (2) and moments
	}
	if b.bd != nil && !b.recalled {
		run.Run(len(b.bd.groups), (*whiten)(b)) // (3), (4)
	}
	if b.ir != nil {
		if !b.recalled {
			run.Run(2, (*pack)(b))
		}
		chunks := b.ir.chunks.Count()
		run.Run(chunks, (*variances)(b))                             // (6)
		run.Run(chunks*b.ir.into().Columns().Count(), (*squeeze)(b)) // (7)
		run.Run(chunks, (*rectify)(b))
		run.Run(chunks*b.ir.outOf().Columns().Count(), (*excite)(b))
		if train {
			b.ir.setScale(b.lambda) // (8)
		} else {
			b.ir.averageScale(b.lambda)
		}
	}
	b.forgetMatrices()
	run.Run(b.cut.parts(), (*apply)(b)) // (11)
}

// backward computes the gradient dx with respect to x from dy, that with respect to y, and adds those of the parameters.
func (b *Block) backward(run runner, dx, dy []float32) {
	b.dx, b.dy = dx, dy
	run.Run(b.cut.parts(), (*correlate)(b))
	var dlambda float64
	if b.bd != nil {
		run.Run(len(b.bd.groups), (*whitenBackward)(b))
		for j := range b.bd.groups {
			dlambda += b.bd.groups[j].dl
		}
	}
	if b.ir != nil {
		run.Run(b.ir.chunks.Count(), (*gather)(b))
		dlambda += b.ir.scaleBackward()
		run.Run(b.ir.chunks.Count(), (*squeezeExciteBackward)(b))
		run.Run(3, (*weights)(b))
	}
	if b.w != nil {
		b.dw[0] += float32(dlambda * b.lambda * (1 - b.lambda))
	}
	b.forgetMatrices()
	run.Run(b.cut.parts(), (*applyBackward)(b))
}

// setLambda sets λ, the share of batch decorrelation (10).
func (b *Block) setLambda() {
	switch {
	case b.ir == nil:
		b.lambda = 1
	case b.bd == nil:
		b.lambda = 0
	case b.w != nil:
		b.lambda = elementary.Sigmoid(float64(b.w[0]))
	default:
		b.lambda = b.options.Lambda
	}
}

// The passes, each over what its parts are: parts of the images, groups of channels or chunks of images.
type (
	measure               Block // parts
	whiten                Block // groups
	pack                  Block // the weights of (7)
	variances             Block // chunks
	squeeze               Block // columns of chunks
	rectify               Block // chunks
	excite                Block // columns of chunks
	apply                 Block // parts
	correlate             Block // parts
	whitenBackward        Block // groups
	gather                Block // chunks
	squeezeExciteBackward Block // chunks
	weights               Block // the parameters of (7)
	applyBackward         Block // parts
)

func (b *measure) Do(worker, part int) {
	x := (*Block)(b).input(worker, part)
	if b.bd != nil && b.train {
		b.bd.measure(x, worker, part)
	}
	if b.ir != nil {
		first, count, segment, _, _ := b.cut.part(part)
		for i := range count {
			b.ir.measure(b.cut.share(x, part, i), first+i, segment)
		}
	}
}

func (b *whiten) Do(_, group int) {
	if b.train {
		b.bd.whiten(group, b.lambda)
	} else {
		b.bd.recall(group, b.lambda)
	}
}

func (b *pack) Do(_, part int)       { b.ir.pack(part) }
func (b *variances) Do(_, chunk int) { b.ir.variances(chunk) }
func (b *squeeze) Do(_, part int)    { b.ir.squeeze(part) }
func (b *rectify) Do(_, chunk int)   { b.ir.rectify(chunk) }
func (b *excite) Do(_, part int)     { b.ir.excite(part) }

// Do of apply: y = M_n·x̃.
func (b *apply) Do(worker, part int) {
	all := (*Block)(b).input(worker, part)
	if b.x != nil && &b.x[0] == &b.y[0] && (b.bd == nil || !kernel.MixesInPlace(b.g)) {
		copied := (*Block)(b).room(worker, part)
		kernel.Copy(copied, all)
		all = copied
	}
	first, count, _, lo, hi := b.cut.part(part)
	for i := range count {
		n := first + i
		x, y := b.cut.share(all, part, i), b.cut.at(b.y, n, lo, hi)
		e := b.operations
		if e.Addend != nil {
			e.Addend = b.cut.at(e.Addend, n, lo, hi)
		}
		if b.bd == nil {
			kernel.Zero(y)
			kernel.AddScaledRows(y, x, b.cut.row(b.ir.a, n), float32(b.ir.k))
			e.Apply(y)
			continue
		}
		if b.options.Centre {
			e.Bias = b.bd.shift
		}
		kernel.MixChannels(y, x, (*Block)(b).matrix(worker, n), nil, nil, b.channels, b.g, e)
	}
}

// matrix returns M_n = λ·P + k·Diag(a[n]) of all groups, in the worker's memory.
func (b *Block) matrix(worker, n int) []float32 {
	if b.ir == nil {
		return b.bd.scaled
	}
	return b.plusDiagonal(worker, 0, n, b.bd.scaled, b.ir.a, float32(b.ir.k))
}

// plusDiagonal returns a + scale·Diag(d[n]) of all groups, in one of two places in the worker's memory, where it may still be
// from another part of the same image.
func (b *Block) plusDiagonal(worker, place, n int, a, d []float32, scale float32) []float32 {
	size := b.channels * b.g
	at := 2*worker + place
	m := b.mix[at*size:][:size]
	if b.mixed[at] != n {
		kernel.PlusDiagonal(m, a, b.cut.row(d, n), scale, b.g)
		b.mixed[at] = n
	}
	return m
}

// forgetMatrices begins a pass that applies matrices.
func (b *Block) forgetMatrices() {
	for i := range b.mixed {
		b.mixed[i] = -1
	}
}

func (b *correlate) Do(worker, part int) {
	x, dy := (*Block)(b).input(worker, part), b.cut.of(b.dy, part)
	if b.bounded {
		kernel.ClampBackward(dy, dy, b.cut.of(b.y, part), b.ceiling)
	}
	if b.bd != nil {
		b.bd.correlate(x, dy, part)
	}
	if b.ir != nil {
		first, count, segment, _, _ := b.cut.part(part)
		for i := range count {
			b.ir.correlate(b.cut.share(x, part, i), b.cut.share(dy, part, i), first+i, segment)
		}
	}
}

func (b *whitenBackward) Do(_, group int)        { b.bd.whitenBackward(group, b.lambda, b.train) }
func (b *gather) Do(_, chunk int)                { b.ir.gather(chunk) }
func (b *squeezeExciteBackward) Do(_, chunk int) { b.ir.squeezeExciteBackward(chunk) }
func (b *weights) Do(_, part int)                { b.ir.weights(part) }

// Do of applyBackward: dx = M_n·dy + Q·x̃ + τ[n] ⊙ (x̃ − m[n]) and Q's constant.
func (b *applyBackward) Do(worker, part int) {
	(*Block)(b).applyBackward(worker, part, (*Block)(b).input(worker, part))
	if b.source != nil {
		b.source.Gradient(b.cut.row0(part), b.cut.of(b.dx, part))
	}
}

func (b *Block) applyBackward(worker, part int, all []float32) {
	first, count, _, lo, hi := b.cut.part(part)
	c := b.channels
	row := b.row[worker*c : (worker+1)*c]
	for i := range count {
		n := first + i
		x, dx, dy := b.cut.share(all, part, i), b.cut.at(b.dx, n, lo, hi), b.cut.at(b.dy, n, lo, hi)
		kernel.Zero(row)
		if b.bd != nil && b.train {
			kernel.Copy(row, b.bd.qShift)
		}
		if b.ir != nil {
			kernel.AddScaledRows(row, b.cut.row(b.ir.mean, n), b.cut.row(b.ir.t, n), -1)
		}
		if b.bd == nil {
			kernel.FillRows(dx, row)
			kernel.AddScaledRows(dx, dy, b.cut.row(b.ir.a, n), float32(b.ir.k))
			kernel.AddScaledRows(dx, x, b.cut.row(b.ir.t, n), 1)
			continue
		}
		m := b.matrix(worker, n)
		e := kernel.Epilogue{Bias: row}
		switch {
		case b.ir == nil && b.train:
			kernel.MixChannels(dx, dy, m, x, b.bd.q, c, b.g, e)
		case b.train:
			q := b.plusDiagonal(worker, 1, n, b.bd.q, b.ir.t, 1)
			kernel.MixChannels(dx, dy, m, x, q, c, b.g, e)
		default:
			kernel.MixChannels(dx, dy, m, nil, nil, c, b.g, e)
			if b.ir != nil {
				kernel.AddScaledRows(dx, x, b.cut.row(b.ir.t, n), 1)
			}
		}
	}
}
