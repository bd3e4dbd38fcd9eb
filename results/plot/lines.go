package plot

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"cenet/results/chart"
)

// content is what is on the axes of a panel, in the order of drawing.
func content(p chart.Panel) []plot.Plotter {
	if p.Field != nil {
		return []plot.Plotter{field{p.Field}}
	}
	var under, list []plot.Plotter
	for i := range p.Lines {
		l := onAxes{&p, &p.Lines[i]}
		switch {
		case p.Named || l.Seeds != nil && l.Apart:
			list = append(list, means{l})
		case l.Apart:
			list = append(list, dots{l})
		default:
			under, list = append(under, band{l}), append(list, line{l}) // no band hides a line
		}
	}
	return append(under, list...)
}

// onAxes is a line in its panel.
type onAxes struct {
	panel *chart.Panel
	*chart.Line
}

// x, y, lo and hi are the coordinates of point i.
func (l onAxes) x(i int) float64  { return l.panel.XAxis.Place(l.X[i]) }
func (l onAxes) y(i int) float64  { return l.panel.YAxis.Place(l.Y[i]) }
func (l onAxes) lo(i int) float64 { return l.panel.YAxis.Place(l.Lo[i]) }
func (l onAxes) hi(i int) float64 { return l.panel.YAxis.Place(l.Hi[i]) }

// band draws the interval of a line's points, where they have one.
type band struct{ onAxes }

func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	pale := color.NRGBA{b.Look.Color.R, b.Look.Color.G, b.Look.Color.B, 0x30} // bands that overlap show each other
	var upper, lower []vg.Point
	flush := func() {
		if len(upper) > 1 {
			slices.Reverse(lower)
			c.FillPolygon(pale, c.ClipPolygonXY(append(upper, lower...)))
		}
		upper, lower = nil, nil
	}
	for i := range b.X {
		if !b.Bounded(i) {
			flush()
			continue
		}
		upper = append(upper, vg.Point{X: trX(b.x(i)), Y: trY(b.hi(i))})
		lower = append(lower, vg.Point{X: trX(b.x(i)), Y: trY(b.lo(i))})
	}
	flush()
}

// line draws the means and, where there are few of them, their markers; with many epochs every second, fifth … has one.
type line struct{ onAxes }

func (l line) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	points := make([]vg.Point, len(l.X))
	for i := range points {
		points[i] = vg.Point{X: trX(l.x(i)), Y: trY(l.y(i))}
	}
	c.StrokeLines(lineStyle(l.Look), c.ClipLinesXY(points)...)
	room := float64((c.Max.X - c.Min.X) / 16) // for markers with space between them
	every := int(math.Max(1, chart.NiceStep(float64(len(points))/room)))
	for i, q := range points {
		if i%every == 0 || i == len(points)-1 {
			c.DrawGlyphNoClip(glyph(l.Look, markerSize), q)
		}
	}
}

// dots draws points that are not joined.
type dots struct{ onAxes }

func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for i := range d.X {
		x := trX(d.x(i))
		if d.Bounded(i) {
			style := draw.LineStyle{Color: d.Look.Color, Width: 0.7}
			c.StrokeLines(style, c.ClipLinesXY([]vg.Point{{X: x, Y: trY(d.lo(i))}, {X: x, Y: trY(d.hi(i))}})...)
		}
		c.DrawGlyphNoClip(glyph(d.Look, markerSize), vg.Point{X: x, Y: trY(d.y(i))})
	}
}

// means draws the means of cases with their intervals, and the single seeds next to them.
type means struct{ onAxes }

func (m means) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	at := func(place, value float64, aside vg.Length) vg.Point {
		if m.panel.Named {
			return vg.Point{X: trX(value), Y: trY(place) - aside}
		}
		return vg.Point{X: trX(place) + aside, Y: trY(value)}
	}
	const capHalf, next = vg.Length(3), vg.Length(6.5)
	for i, place := range m.X {
		if m.Bounded(i) {
			lo, hi := m.Lo[i], m.Hi[i]
			if m.panel.Least != nil {
				lo = max(lo, *m.panel.Least)
			}
			if m.panel.Most != nil {
				hi = min(hi, *m.panel.Most)
			}
			style := draw.LineStyle{Color: m.Look.Color, Width: 1.3}
			c.StrokeLines(style, c.ClipLinesXY([]vg.Point{at(place, lo, 0), at(place, hi, 0)})...)
			for _, end := range []float64{lo, hi} {
				c.StrokeLines(style, c.ClipLinesXY([]vg.Point{at(place, end, -capHalf), at(place, end, capHalf)})...)
			}
		}
		if m.Seeds != nil {
			small := draw.GlyphStyle{Color: m.Look.Color, Radius: 1.3, Shape: draw.CircleGlyph{}}
			for _, s := range m.Seeds[i] {
				c.DrawGlyphNoClip(small, at(place, s.Y, next))
			}
		}
		c.DrawGlyphNoClip(glyph(m.Look, 4), at(place, m.Y[i], 0))
	}
}

// field draws a chart.Field: each grid point as far as half way to its neighbours, and equal steps of a column at once.
type field struct{ *chart.Field }

func (f field) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	f.Tiles(func(step int, x0, x1, y0, y1 float64) {
		// A little further, under what is drawn next: the background would shine through the seams.
		const seam = 0.4
		left, right := trX(x0), min(c.Max.X, trX(x1)+seam)
		low, high := trY(y0), min(c.Max.Y, trY(y1)+seam)
		c.FillPolygon(f.Look(step).Color, []vg.Point{{X: left, Y: low}, {X: right, Y: low}, {X: right, Y: high}, {X: left, Y: high}})
	})
}

// zeroLine marks 0 on the x axis.
type zeroLine struct{}

func (zeroLine) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	x := trX(0)
	style := lineStyle(chart.Look{Color: chart.Plain.Color, Dashes: chart.Dashed})
	style.Width = 0.8
	c.StrokeLine2(style, x, c.Min.Y, x, c.Max.Y)
}

func lineStyle(l chart.Look) draw.LineStyle {
	style := draw.LineStyle{Color: l.Color, Width: 1.4}
	for _, d := range l.Dashes {
		style.Dashes = append(style.Dashes, vg.Length(d))
	}
	return style
}
