package plot

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"cenet/results/chart"
)

const markerSize = vg.Length(2.8)

// glyph is the filled marker of a look: those of gonum/plot leave the triangle and the square at unequal sizes and have no diamond.
func glyph(l chart.Look, radius vg.Length) draw.GlyphStyle {
	style := draw.GlyphStyle{Color: l.Color, Radius: radius}
	switch l.Marker {
	case "square":
		style.Shape = polygon{4, math.Pi / 4, 1.15}
	case "triangle":
		style.Shape = polygon{3, math.Pi / 2, 1.3}
	case "inverted triangle":
		style.Shape = polygon{3, -math.Pi / 2, 1.3}
	case "diamond":
		style.Shape = polygon{4, math.Pi / 2, 1.3}
	default:
		style.Shape = draw.CircleGlyph{}
	}
	return style
}

// polygon is a regular one: the angle of its first corner, and its size as a multiple of the radius.
type polygon struct {
	corners      int
	start, scale float64
}

func (g polygon) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, p vg.Point) {
	c.SetColor(s.Color)
	var path vg.Path
	for i := range g.corners {
		sin, cos := math.Sincos(g.start + 2*math.Pi*float64(i)/float64(g.corners))
		q := vg.Point{X: p.X + s.Radius*vg.Length(g.scale*cos), Y: p.Y + s.Radius*vg.Length(g.scale*sin)}
		if i == 0 {
			path.Move(q)
		} else {
			path.Line(q)
		}
	}
	path.Close()
	c.Fill(path)
}
