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

// Product prepares the product.
func (d *Device) Product(c, a, b Buffer, p Product) *Call {
	const tile = 16
	rowA, stepA, rowB, stepB := p.K, 1, p.N, 1
	if p.TA {
		rowA, stepA = 1, p.M
	}
	if p.TB {
		rowB, stepB = 1, p.K
	}
	return d.Call("product", []int{groups(p.N, tile), groups(p.M, tile)}, []int{tile, tile}, bfloat(p.BFloat16),
		c, a, b, or(p.Bias, a), or(p.AlphaAt, a), p.Alpha,
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

// diagonals prepares the diagonals of the products of each part, those of a part step after those of the part before.
func (e *Equilibrium) diagonals(d *Device, y Buffer, step int) *Call {
	return d.channels("diagonals", e.C, e.Segments.Count(), y, e.Products, step, e.C, e.G)
}

// means are those of the parts, and how far apart they are.
func (e *Equilibrium) means() (Buffer, int) {
	if e.sharesMeans() {
		return e.Moments, 2 * e.C
	}
	return e.Means, e.C
}

// products prepares kernel.GroupProducts of each part, or with b as the zero Buffer the products of a less the means.
func (e *Equilibrium) products(d *Device, a, b Buffer) *Call {
	means, step := e.means()
	args := []any{e.Products, a, or(b, a), or(means, a), flag(b.Nil()), step, e.Segments.Pixels, e.Segments.Size, e.C, e.G}
	parts := e.Segments.Count()
	if w, _ := vectors(args, e.G); w == 1 {
		return d.Call("group_products_any", []int{groups(e.C*e.G, columns), parts}, []int{columns, 1}, args...)
	}
	const slab = 16
	units := e.G * e.G / 16 // of a group
	spanned := (columns+units-2)/units + 1
	if units%columns == 0 || columns%units == 0 {
		spanned = max(1, columns/units)
	}
	room := Local(4 * slab * min(e.C, spanned*e.G))
	return d.Call("group_products", []int{groups(e.C/e.G*units, columns), parts}, []int{columns, 1}, append(args, room, room)...)
}

// Train prepares the forward pass in training: y = M_n·x for every image, with an epilogue.
func (e *Equilibrium) Train(d *Device, y, x Buffer, after Epilogue) []*Call {
	calls := []*Call{e.setLambda(d)}
	diagonals := e.sharesDiagonals()
	if e.Reweights && !diagonals {
		calls = append(append(calls, d.Moments(e.Moments, x, e.ByImage, e.C)), e.excitation(d)...)
	}
	if e.Decorrelates {
		means, step := e.means()
		if diagonals || !e.sharesMeans() {
			calls = append(calls, d.parts("part_means", e.Segments, e.C, means, x, step))
		}
		calls = append(calls,
			e.products(d, x, Buffer{}),
			d.Call("combine_scatter", []int{groups(e.C*e.G, columns)}, []int{columns}, e.Mean, e.Sigma, means, e.Products, e.Epsilon, step,
				e.Segments.Pixels, e.Segments.Size, e.Segments.Count(), e.C, e.G),
			e.whiten(d, true))
	}
	calls = append(calls, e.blank(d)...)
	if diagonals {
		calls = append(append(calls, e.diagonals(d, e.Moments.From(e.C), 2*e.C)), e.excitation(d)...)
	}
	if e.Reweights {
		calls = append(calls, d.Call("reweighting_scale", []int{1}, []int{1}, e.Scalars, e.Totals, e.RunningScale,
			or(e.RunningWeight, e.RunningScale),
			flag(!e.RunningWeight.Nil()), flag(e.Detached), 1-e.Momentum, e.Momentum, e.N, e.C))
	}
	return append(calls, e.mix(d, y, x, after))
}

// PrepareInference prepares what evaluation applies to all images, from the running averages.
func (e *Equilibrium) PrepareInference(d *Device) []*Call {
	calls := append(e.blank(d), e.setLambda(d))
	switch {
	case !e.Decorrelates:
	case e.AverageSigma:
		calls = append(calls,
			d.each("widen", e.C*e.G, 0, e.Sigma, e.Running, e.C*e.G),
			d.each("widen", e.C, 0, e.Mean, e.RunningMean, e.C),
			e.whiten(d, false))
	default:
		calls = append(calls, d.Call("recall", []int{e.C / e.G}, []int{e.items()}, e.Scaled, e.Shift, e.Running, e.RunningMean, e.Scalars,
			flag(e.Centre), e.G))
	}
	return calls
}

// Infer prepares the forward pass in evaluation, after PrepareInference.
func (e *Equilibrium) Infer(d *Device, y, x Buffer, after Epilogue) []*Call {
	var calls []*Call
	if e.Reweights {
		calls = append(append(calls, d.Moments(e.Moments, x, e.ByImage, e.C)), e.excitation(d)...)
		calls = append(calls, d.Call("reweighting_recall", []int{1}, []int{1}, e.Scalars, e.RunningScale, or(e.RunningWeight, e.RunningScale),
			flag(!e.RunningWeight.Nil())))
	}
	return append(calls, e.mix(d, y, x, after))
}

// blank prepares zeros for the matrices of a branch that is not there.
func (e *Equilibrium) blank(d *Device) []*Call {
	if e.Decorrelates {
		return nil
	}
	return []*Call{d.Fill(e.Scaled, 0, e.C), d.Fill(e.Shift, 0, e.C)}
}

func (e *Equilibrium) setLambda(d *Device) *Call {
	lambda := e.Lambda
	if !e.Reweights {
		lambda = 1
	} else if !e.Decorrelates {
		lambda = 0
	}
	return d.Call("set_lambda", []int{1}, []int{1}, e.Scalars, or(e.W, e.Scalars), flag(!e.W.Nil()), lambda)
}

// items is the number of work-items that share a group's matrices.
func (e *Equilibrium) items() int {
	if e.G <= 8 {
		return 64
	}
	return 256
}

func (e *Equilibrium) whiten(d *Device, train bool) *Call {
	return d.Call("whiten", []int{e.C / e.G}, []int{e.items()}, e.Matrices, e.Traces, e.Scaled, e.Shift, e.Running, e.RunningMean, e.Sigma,
		e.Mean, e.Scalars,
		e.Steps, flag(e.Rescale), flag(e.Centre), flag(train), flag(e.AverageSigma), 1-e.Momentum, e.Momentum*1, e.G)
}

// excitation prepares v, its sums and a of each image, from Moments.
func (e *Equilibrium) excitation(d *Device) []*Call {
	divisor := float64(e.Pixels)
	if !e.Biased {
		divisor--
	}
	s, c, h := e.ByImage, e.C, e.Hidden
	calls := []*Call{
		d.channels("image_factors", c, 0, e.Factor, e.Slope, or(e.Ratio, e.Factor), e.RatioEpsilon, float32(float64(e.Pixels)/divisor),
			float32(2/divisor),
			flag(!e.Ratio.Nil()), c),
		d.channels("image_variances", c, e.N, e.ImageMean, e.V, e.Moments, e.Factor, s.Pixels, s.Size, s.PerImage(), c),
		d.Call("row_totals", []int{e.N}, []int{16}, e.Totals, e.V, e.V, 0, c),
		d.Product(e.R, e.V, e.W1, Product{M: e.N, N: h, K: c, TB: true, Alpha: 1, Positive: !e.LayerNorm}),
	}
	if e.LayerNorm {
		calls = append(calls, d.LayerNorm(e.R, e.XHat, e.Inv, e.R, e.Gamma, e.Beta, 1e-5, true, e.N, h))
	}
	return append(calls,
		d.Product(e.A, e.R, e.W2, Product{M: e.N, N: c, K: h, TB: true, Alpha: 1}),
		d.Sigmoid(e.A, e.A, e.N*c))
}

// mix prepares y = M_n·x.
func (e *Equilibrium) mix(d *Device, y, x Buffer, after Epilogue) *Call {
	return e.apply(d, y, x, Buffer{}, e.Scaled, Buffer{}, e.Shift, 0, after)
}

// apply prepares y = x·(A + k·Diag(a[n])) + x2·(A2 + Diag(τ[n])) + bias.
func (e *Equilibrium) apply(d *Device, y, x, x2, a, a2, bias Buffer, biasStep int, after Epilogue) *Call {
	g, second := e.G, !x2.Nil()
	if !e.Decorrelates {
		g = 1 // the matrices are 0 but for the diagonals
	}
	args := []any{y, x, a, or(e.A, a), e.Scalars, or(x2, x), or(a2, a), or(e.T, a), bias, or(after.Addend, x), flag(e.Reweights), flag(second),
		biasStep,
		flag(!after.Addend.Nil()), flag(after.Clamp), after.Ceiling, e.Pixels, e.C, g}
	if w, _ := vectors(args, g); w == 1 || g > 64 {
		return d.each("mix_channels_any", e.Pixels*e.C, e.N, args...)
	}
	block := min(e.C, 64/g*g)
	rows := 64 / (block / 4) * 4 * 8
	room := Local(4 * block * g)
	other := room
	if !second {
		other = 16
	}
	return d.Call("mix_channels", []int{groups(e.C, block), groups(e.Pixels, rows), e.N}, []int{64, 1, 1}, append(args, block, room, other)...)
}

// dots prepares the sums of x·dy of each segment of an image, in Moments.
func (e *Equilibrium) dots(d *Device, dy, x Buffer) *Call {
	if e.sharesDiagonals() {
		return e.diagonals(d, e.Moments, e.C)
	}
	return d.DotRows(e.Moments, x, dy, false, e.ByImage, e.C)
}

// Backward prepares the gradient dx from dy, with that of the parameters; x is the input. dy is what it is before an epilogue.
func (e *Equilibrium) Backward(d *Device, dx, dy, x Buffer) []*Call {
	var calls []*Call
	add := func(c ...*Call) { calls = append(calls, c...) }
	c, h := e.C, e.Hidden
	if e.Decorrelates {
		add(e.products(d, x, dy), d.each("reduce64", c*e.G, 0, e.D, e.Products, c*e.G, e.Segments.Count(), c*e.G))
		if e.Centre {
			add(d.SumRows(e.Means, dy, false, e.Segments, c), d.each("reduce64", c, 0, e.DY, e.Means, c, e.Segments.Count(), c))
		}
		add(d.Call("whiten_backward", []int{c / e.G}, []int{e.items()}, e.DLambda, e.Q, e.QShift, e.D, or(e.DY, e.D), e.Matrices, e.Traces,
			e.Mean, e.Scalars,
			e.Steps, flag(e.Rescale), flag(e.Centre), e.N*e.Pixels, e.G))
	}
	images, groupCount := e.N, 0
	if e.Decorrelates {
		groupCount = c / e.G
	} else {
		add(d.Fill(e.Q, 0, c))
	}
	if e.Reweights {
		add(
			e.dots(d, dy, x),
			d.channels("reduce_images", c, e.N, e.IQ, e.Moments, e.ByImage.PerImage(), c),
			d.Call("row_totals", []int{e.N}, []int{16}, e.Totals, e.A, e.IQ, 1, c))
	} else {
		images = 0
	}
	add(d.Call("reweighting_unscale", []int{1}, []int{1}, e.Scalars, or(e.Totals, e.Scalars), or(e.DLambda, e.Scalars), or(e.DW, e.Scalars),
		flag(!e.DW.Nil()), images, c, groupCount))
	if e.Reweights {
		k := e.scalar(scalarK)
		add(
			d.SigmoidBackward(e.IQ, e.IQ, e.A, e.N*c),
			d.Product(e.DR, e.IQ, e.W2, Product{M: e.N, N: h, K: c, AlphaAt: k}),
			d.ClampBackward(e.DR, e.DR, e.R, infinite, e.N*h))
		dh := e.DR
		if e.LayerNorm {
			dh = e.DH
			add(d.LayerNormBackward(dh, e.DR, e.XHat, e.Inv, e.Gamma, e.N, h))
		}
		all := kernel.Segments{N: 1, Pixels: e.N, Size: e.N}
		add(
			d.each("fill_scalar", e.N*c, 0, e.T, e.Scalars, scalarSpread, e.N*c),
			d.Product(e.T, dh, e.W1, Product{M: e.N, N: c, K: h, Alpha: 1, Add: true}),
			d.ScaleRows(e.T, e.T, e.Slope, Epilogue{}, Rows{1, e.N, c, false}),
			d.Product(e.DW1, dh, e.V, Product{M: h, N: c, K: e.N, TA: true, Alpha: 1, Add: true}),
			d.Product(e.DW2, e.IQ, e.R, Product{M: c, N: h, K: e.N, TA: true, AlphaAt: k, Add: true}))
		if e.LayerNorm {
			add(d.DotRows(e.DGamma, e.DR, e.XHat, true, all, h), d.SumRows(e.DBeta, e.DR, true, all, h))
		}
	}
	bias, step := e.Rows, c
	add(d.channels("gradient_rows", c, e.N, e.Rows, or(e.T, e.Rows), or(e.ImageMean, e.Rows), or(e.QShift, e.Rows), flag(e.Decorrelates),
		flag(e.Reweights), c))
	return append(calls, e.apply(d, dx, dy, x, e.Scaled, e.Q, bias, step, Epilogue{}))
}
