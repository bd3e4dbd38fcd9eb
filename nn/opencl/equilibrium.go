//go:build opencl

package opencl

import (
	"math"

	"cenet/nn/kernel"
)

var infinite = float32(math.Inf(1))

// A Product is C = α·op(A)·op(B), added to C with Add, for m×n matrices and k terms, all row-major with whole rows: kernel.Gemm. It is for
// small matrices, as those of images of one pixel.
type Product struct {
	M, N, K  int
	TA, TB   bool
	Alpha    float32
	AlphaAt  Buffer // a number in float64 that takes the place of Alpha, or the zero Buffer
	Add      bool
	Bias     Buffer // one for each column, added after the product, or the zero Buffer
	Positive bool   // then bounded below by 0
	BFloat16 bool   // kernel.BFloatGemm
}

// product emits the product.
func (b *builder) product(c, x, y Buffer, p Product) *Call {
	const tile = 16
	rowA, stepA, rowB, stepB := p.K, 1, p.N, 1
	if p.TA {
		rowA, stepA = 1, p.M
	}
	if p.TB {
		rowB, stepB = 1, p.K
	}
	return b.emit("product", []int{groups(p.N, tile), groups(p.M, tile)}, []int{tile, tile}, bfloat(p.BFloat16),
		c, x, y, or(p.Bias, x), or(p.AlphaAt, x), p.Alpha,
		flag(!p.Bias.Nil()), flag(!p.AlphaAt.Nil()), flag(p.Add), flag(p.Positive), p.M, p.N, p.K, rowA, stepA, rowB, stepB)
}

// The numbers of Equilibrium.Scalars, of 8 bytes each.
const (
	scalarLambda = iota
	scalarScale
	scalarK
	scalarConstant
	scalarSpread
	scalarCount = 8
)

// An Equilibrium is a block of Channel Equilibrium, see package ce: what it is, and the memory that it works with. Buffers that a branch
// alone needs are zero Buffers where it is not there. Of some, the lengths are given as functions of the block.
type Equilibrium struct {
	N, Pixels, C, G int
	// Segments cut sums over pixels: those of images, or of all pixels in a row if several images are one part.
	Segments     kernel.Segments
	ByImage      kernel.Segments // the same where parts of one image are wanted: those of instance reweighting
	Decorrelates bool
	Reweights    bool

	Epsilon         float64
	Steps           int
	Rescale, Centre bool
	AverageSigma    bool
	Momentum        float32

	W, DW         Buffer // of λ, or zero Buffers: λ is Lambda
	Lambda        float64
	Running       Buffer // (C/g, g, g)
	RunningMean   Buffer // (C)
	RunningScale  Buffer // (1)
	RunningWeight Buffer // (1), or the zero Buffer
	Hidden        int
	Biased        bool
	Ratio         Buffer // the variance of the BatchNorm before the block, or the zero Buffer
	RatioEpsilon  float64
	Detached      bool
	LayerNorm     bool
	W1, DW1       Buffer // (hidden, C)
	W2, DW2       Buffer // (C, hidden)
	Gamma, DGamma Buffer // (hidden)
	Beta, DBeta   Buffer

	// From the forward pass to the backward pass.
	Scalars             Buffer // 2·8 entries
	Matrices            Buffer // MatricesLen
	Sigma, Mean, Traces Buffer // 2·C·g, 2·C, 2·C/g
	Scaled, Shift       Buffer // C·g, C
	Factor, Slope       Buffer // C
	ImageMean, V, A     Buffer // N·C
	R, XHat             Buffer // N·hidden
	Inv                 Buffer // N

	// Of one pass.
	Means, Products, Moments Buffer // MeansLen, ProductsLen, MomentsLen
	Totals                   Buffer // 2·N
	D, DY, DLambda           Buffer // 2·C·g, 2·C, 2·C/g
	Q, QShift                Buffer // C·g, C
	IQ, T, Rows              Buffer // N·C
	DR, DH                   Buffer // N·hidden
}

// MatricesLen is the length of Matrices.
func (e *Equilibrium) MatricesLen() int { return 2 * e.C * e.G * (2 + 2*(e.Steps+1) + 5) }

// MeansLen, ProductsLen and MomentsLen are those of Means, Products and Moments.
func (e *Equilibrium) MeansLen() int    { return e.Segments.Count() * e.C }
func (e *Equilibrium) ProductsLen() int { return e.Segments.Count() * e.C * e.G }
func (e *Equilibrium) MomentsLen() int  { return 2 * e.ByImage.Count() * e.C }

func (e *Equilibrium) scalar(i int) Buffer { return e.Scalars.Slice(2*i, 2*i+2) }

// sharesMeans reports whether instance reweighting takes the means of the same parts, in Moments.
func (e *Equilibrium) sharesMeans() bool { return e.Reweights && e.Segments == e.ByImage }

// sharesDiagonals reports whether, besides, what instance reweighting sums is in the diagonals of the products, with the same bits: columns
// are too many for rows to stand side by side in sums (sums.cl), and rows so few that a product is one block (covariance.cl).
func (e *Equilibrium) sharesDiagonals() bool {
	const block = 344
	return e.Decorrelates && e.sharesMeans() && 2*e.C > columns && e.Segments.Size <= block
}

// diagonals emits the diagonals of the products of each part, those of a part step after those of the part before.
func (e *Equilibrium) diagonals(b *builder, y Buffer, step int) {
	b.grid("diagonals", columns, e.C, e.Segments.Count(), y, e.Products, step, e.C, e.G)
}

// means are those of the parts, and how far apart they are.
func (e *Equilibrium) means() (Buffer, int) {
	if e.sharesMeans() {
		return e.Moments, 2 * e.C
	}
	return e.Means, e.C
}

// products emits kernel.GroupProducts of each part, or with z as the zero Buffer the products of x less the means.
func (e *Equilibrium) products(b *builder, x, z Buffer) {
	means, step := e.means()
	args := []any{e.Products, x, or(z, x), or(means, x), flag(z.Nil()), step, e.Segments.Pixels, e.Segments.Size, e.C, e.G}
	parts := e.Segments.Count()
	if w, _ := vectors(args, e.G); w == 1 {
		b.grid("group_products_any", columns, e.C*e.G, parts, args...)
		return
	}
	const slab = 16
	units := e.G * e.G / 16 // of a group
	spanned := (columns+units-2)/units + 1
	if units%columns == 0 || columns%units == 0 {
		spanned = max(1, columns/units)
	}
	room := Local(4 * slab * min(e.C, spanned*e.G))
	b.grid("group_products", columns, e.C/e.G*units, parts, append(args, room, room)...)
}

// train emits the forward pass in training: y = M_n·x for every image, with an epilogue.
func (e *Equilibrium) train(b *builder, y, x Buffer, after Epilogue) {
	e.setLambda(b)
	diagonals := e.sharesDiagonals()
	if e.Reweights && !diagonals {
		b.parts("moments", e.ByImage, e.C, e.Moments, x)
		e.excitation(b)
	}
	if e.Decorrelates {
		means, step := e.means()
		if diagonals || !e.sharesMeans() {
			b.parts("part_means", e.Segments, e.C, means, x, step)
		}
		e.products(b, x, Buffer{})
		b.grid("combine_scatter", columns, e.C*e.G, 1, e.Mean, e.Sigma, means, e.Products, e.Epsilon, step, e.Segments.Pixels,
			e.Segments.Size, e.Segments.Count(), e.C, e.G)
		e.whiten(b, true)
	}
	e.blank(b)
	if diagonals {
		e.diagonals(b, e.Moments.From(e.C), 2*e.C)
		e.excitation(b)
	}
	if e.Reweights {
		b.grid("reweighting_scale", 1, 1, 1, e.Scalars, e.Totals, e.RunningScale, or(e.RunningWeight, e.RunningScale),
			flag(!e.RunningWeight.Nil()), flag(e.Detached), 1-e.Momentum, e.Momentum, e.N, e.C)
	}
	e.mix(b, y, x, after)
}

// prepareInference emits what evaluation applies to all images, from the running averages.
func (e *Equilibrium) prepareInference(b *builder) {
	e.blank(b)
	e.setLambda(b)
	switch {
	case !e.Decorrelates:
	case e.AverageSigma:
		b.each("widen", e.C*e.G, e.Sigma, e.Running)
		b.each("widen", e.C, e.Mean, e.RunningMean)
		e.whiten(b, false)
	default:
		b.grid("recall", e.items(), e.C/e.G*e.items(), 1, e.Scaled, e.Shift, e.Running, e.RunningMean, e.Scalars, flag(e.Centre), e.G)
	}
}

// infer emits the forward pass in evaluation, after prepareInference.
func (e *Equilibrium) infer(b *builder, y, x Buffer, after Epilogue) {
	if e.Reweights {
		b.parts("moments", e.ByImage, e.C, e.Moments, x)
		e.excitation(b)
		b.grid("reweighting_recall", 1, 1, 1, e.Scalars, e.RunningScale, or(e.RunningWeight, e.RunningScale), flag(!e.RunningWeight.Nil()))
	}
	e.mix(b, y, x, after)
}

// blank emits zeros for the matrices of a branch that is not there.
func (e *Equilibrium) blank(b *builder) {
	if !e.Decorrelates {
		b.flat("fill", e.Scaled.Slice(0, e.C), float32(0))
		b.flat("fill", e.Shift, float32(0))
	}
}

func (e *Equilibrium) setLambda(b *builder) {
	lambda := e.Lambda
	if !e.Reweights {
		lambda = 1
	} else if !e.Decorrelates {
		lambda = 0
	}
	b.grid("set_lambda", 1, 1, 1, e.Scalars, or(e.W, e.Scalars), flag(!e.W.Nil()), lambda)
}

// items is the number of work-items that share a group's matrices.
func (e *Equilibrium) items() int {
	if e.G <= 8 {
		return 64
	}
	return 256
}

func (e *Equilibrium) whiten(b *builder, train bool) {
	b.grid("whiten", e.items(), e.C/e.G*e.items(), 1, e.Matrices, e.Traces, e.Scaled, e.Shift, e.Running, e.RunningMean, e.Sigma, e.Mean,
		e.Scalars, e.Steps, flag(e.Rescale), flag(e.Centre), flag(train), flag(e.AverageSigma), 1-e.Momentum, e.Momentum*1, e.G)
}

// excitation emits v, its sums and a of each image, from Moments.
func (e *Equilibrium) excitation(b *builder) {
	divisor := float64(e.Pixels)
	if !e.Biased {
		divisor--
	}
	s, c, h := e.ByImage, e.C, e.Hidden
	b.grid("image_factors", columns, c, 1, e.Factor, e.Slope, or(e.Ratio, e.Factor), e.RatioEpsilon, float32(float64(e.Pixels)/divisor),
		float32(2/divisor), flag(!e.Ratio.Nil()), c)
	b.grid("image_variances", columns, c, e.N, e.ImageMean, e.V, e.Moments, e.Factor, s.Pixels, s.Size, s.PerImage(), c)
	b.grid("row_totals", 16, 16*e.N, 1, e.Totals, e.V, e.V, 0, c)
	b.product(e.R, e.V, e.W1, Product{M: e.N, N: h, K: c, TB: true, Alpha: 1, Positive: !e.LayerNorm})
	if e.LayerNorm {
		b.layerNorm(e.R, e.XHat, e.Inv, e.R, e.Gamma, e.Beta, 1e-5, true, h)
	}
	b.product(e.A, e.R, e.W2, Product{M: e.N, N: c, K: h, TB: true, Alpha: 1})
	b.each("sigmoid", e.A.n, e.A, e.A)
}

// mix emits y = M_n·x.
func (e *Equilibrium) mix(b *builder, y, x Buffer, after Epilogue) {
	e.apply(b, y, x, Buffer{}, e.Scaled, Buffer{}, e.Shift, 0, after)
}

// apply emits y = x·(A + k·Diag(a[n])) + x2·(A2 + Diag(τ[n])) + bias.
func (e *Equilibrium) apply(b *builder, y, x, x2, a, a2, bias Buffer, biasStep int, after Epilogue) {
	g, second := e.G, !x2.Nil()
	if !e.Decorrelates {
		g = 1 // the matrices are 0 but for the diagonals
	}
	args := []any{y, x, a, or(e.A, a), e.Scalars, or(x2, x), or(a2, a), or(e.T, a), bias, or(after.Addend, x), flag(e.Reweights), flag(second),
		biasStep, flag(!after.Addend.Nil()), flag(after.Clamp), after.Ceiling, e.Pixels, e.C, g}
	if w, _ := vectors(args, g); w == 1 || g > 64 {
		b.grid("mix_channels_any", group, e.Pixels*e.C, e.N, args...)
		return
	}
	block := min(e.C, 64/g*g)
	rows := 64 / (block / 4) * 4 * 8
	room := Local(4 * block * g)
	other := room
	if !second {
		other = 16
	}
	b.emit("mix_channels", []int{groups(e.C, block), groups(e.Pixels, rows), e.N}, []int{64, 1, 1}, append(args, block, room, other)...)
}

// dots emits the sums of x·dy of each segment of an image, in Moments.
func (e *Equilibrium) dots(b *builder, dy, x Buffer) {
	if e.sharesDiagonals() {
		e.diagonals(b, e.Moments, e.C)
	} else {
		b.dotRows(e.Moments, x, dy, false, e.ByImage, e.C)
	}
}

// backward emits the gradient dx from dy, with that of the parameters; x is the input. dy is what it is before an epilogue.
func (e *Equilibrium) backward(b *builder, dx, dy, x Buffer) {
	c, images, groupCount := e.C, 0, 0
	if e.Decorrelates {
		groupCount = c / e.G
		e.products(b, x, dy)
		b.each("reduce64", c*e.G, e.D, e.Products, c*e.G, e.Segments.Count())
		if e.Centre {
			b.sumRows(e.Means, dy, false, e.Segments, c)
			b.each("reduce64", c, e.DY, e.Means, c, e.Segments.Count())
		}
		b.grid("whiten_backward", e.items(), groupCount*e.items(), 1, e.DLambda, e.Q, e.QShift, e.D, or(e.DY, e.D), e.Matrices, e.Traces,
			e.Mean, e.Scalars, e.Steps, flag(e.Rescale), flag(e.Centre), e.N*e.Pixels, e.G)
	} else {
		b.flat("fill", e.Q.Slice(0, c), float32(0))
	}
	if e.Reweights {
		images = e.N
		e.dots(b, dy, x)
		b.grid("reduce_images", columns, c, e.N, e.IQ, e.Moments, e.ByImage.PerImage(), c)
		b.grid("row_totals", 16, 16*e.N, 1, e.Totals, e.A, e.IQ, 1, c)
	}
	b.grid("reweighting_unscale", 1, 1, 1, e.Scalars, or(e.Totals, e.Scalars), or(e.DLambda, e.Scalars), or(e.DW, e.Scalars),
		flag(!e.DW.Nil()), images, c, groupCount)
	if e.Reweights {
		e.excitationBackward(b)
	}
	b.grid("gradient_rows", columns, c, e.N, e.Rows, or(e.T, e.Rows), or(e.ImageMean, e.Rows), or(e.QShift, e.Rows), flag(e.Decorrelates),
		flag(e.Reweights), c)
	e.apply(b, dx, dy, x, e.Scaled, e.Q, e.Rows, c, Epilogue{})
}

// excitationBackward emits T and the gradients of the parameters of instance reweighting, from IQ.
func (e *Equilibrium) excitationBackward(b *builder) {
	c, h, k := e.C, e.Hidden, e.scalar(scalarK)
	b.flat("sigmoid_backward", e.IQ, e.IQ, e.A)
	b.product(e.DR, e.IQ, e.W2, Product{M: e.N, N: h, K: c, AlphaAt: k})
	b.flat("clamp_backward", e.DR, e.DR, e.R, infinite)
	dh := e.DR
	if e.LayerNorm {
		dh = e.DH
		b.layerNormBackward(dh, e.DR, e.XHat, e.Inv, e.Gamma, h)
	}
	b.each("fill_scalar", e.N*c, e.T, e.Scalars, scalarSpread)
	b.product(e.T, dh, e.W1, Product{M: e.N, N: c, K: h, Alpha: 1, Add: true})
	b.scaleRows(e.T, e.T, e.Slope, Epilogue{}, Rows{1, e.N, c, false})
	b.product(e.DW1, dh, e.V, Product{M: h, N: c, K: e.N, TA: true, Alpha: 1, Add: true})
	b.product(e.DW2, e.IQ, e.R, Product{M: c, N: h, K: e.N, TA: true, AlphaAt: k, Add: true})
	if e.LayerNorm {
		all := kernel.Segments{N: 1, Pixels: e.N, Size: e.N}
		b.dotRows(e.DGamma, e.DR, e.XHat, true, all, h)
		b.sumRows(e.DBeta, e.DR, true, all, h)
	}
}
