package results

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"cenet/nn/durable"
	"cenet/results/stats"
)

// Figures are as wide as the text of a page, so that they are printed at the size they are drawn for.
const (
	pageWidth  = 17 * vg.Centimeter
	pngDPI     = 150
	titleSize  = 12 // points
	labelSize  = 10.5
	tickSize   = 10
	legendSize = 10.5
)

// point is a mean at x with the ends of its interval and the range of the single values it is the mean of. Without an
// interval lo and hi are infinite.
type point struct {
	x, y     float64
	lo, hi   float64
	min, max float64
	singles  []Single // by seed; nil: not known
	name     string   // of its case, where that is not the line's
}

// series is one line or one group of points of a panel.
type series struct {
	label  string
	style  style
	points []point
}

// newSeries refuses a series without points and figures that are not finite; only the interval of a single value is
// without bounds.
func newSeries(label string, s style, points []point) (series, error) {
	if len(points) == 0 {
		return series{}, errors.New("results: a series without points")
	}
	for _, p := range points {
		if !stats.Finite(p.x) || !stats.Finite(p.y) || !stats.Finite(p.min) || !stats.Finite(p.max) || math.IsNaN(p.lo) || math.IsNaN(p.hi) {
			return series{}, errors.New("results: a point that is not finite")
		}
	}
	return series{label, s, points}, nil
}

// panel is one pair of axes.
type panel struct {
	title, x, y string
	plotters    []plot.Plotter
	xmin, xmax  float64
	ymin, ymax  float64
	xticks      plot.Ticker
	yticks      plot.Ticker
	logX, logY  bool     // coordinates are exponents of 10
	zeroX       *float64 // the place of 0 on a logarithmic x axis; nil: it has none
	rowLabels   bool     // y labels are names, not figures
	unnamed     bool     // the figure has the names, to the left of its panels
	zero        bool     // 0 on the x axis is marked
}

// figure is a title, a legend and panels in rows below them.
type figure struct {
	name    string // of the file, without its ending
	title   string
	legend  []series
	panels  []panel
	perRow  int
	rowSize vg.Length // height of a row of panels
	joined  bool      // legend entries with a line through the marker
	rows    []string  // names of rows that all panels share, from top
}

func textStyle(size vg.Length, weight stdfont.Weight) text.Style {
	return text.Style{
		Color:   color.Black,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size},
		XAlign:  draw.XCenter,
		YAlign:  draw.YTop,
		Handler: plot.DefaultTextHandler,
	}
}

// onCanvas returns the height of the figure and what draws it.
func (f figure) onCanvas() (vg.Length, func(draw.Canvas)) {
	if len(f.panels) == 0 {
		panic("results: figure without panels")
	}
	title := wrap(f.title, textStyle(titleSize, stdfont.WeightBold), pageWidth-vg.Centimeter)
	rows := (len(f.panels) + f.perRow - 1) / f.perRow
	lines := f.legendRows()
	const titleLine, legendLine, margin = vg.Length(titleSize) * 1.35, vg.Length(legendSize) * 1.7, 6
	head := vg.Length(len(title))*titleLine + vg.Length(len(lines))*legendLine + 2*margin
	height := head + vg.Length(rows)*f.rowSize + margin

	onto := func(c draw.Canvas) {
		y := c.Max.Y - margin
		for _, line := range title {
			c.FillText(textStyle(titleSize, stdfont.WeightBold), vg.Point{X: c.Center().X, Y: y}, line)
			y -= titleLine
		}
		for _, line := range lines {
			f.drawLegendRow(c, line, y-legendLine/2)
			y -= legendLine
		}
		body := draw.Crop(c, 0, 0, margin, -head)
		if f.rows != nil {
			body = draw.Crop(body, rowNames, 0, 0, 0)
		}
		plots := make([][]*plot.Plot, rows)
		for r := range plots {
			plots[r] = make([]*plot.Plot, f.perRow)
		}
		for i, p := range f.panels {
			plots[i/f.perRow][i%f.perRow] = p.plot()
		}
		// Align gives the panels of a column the same axes' width, those of a row the same height.
		tiles := draw.Tiles{Rows: rows, Cols: f.perRow, PadX: 10, PadY: 6, PadLeft: 6, PadRight: 10}
		canvases := plot.Align(plots, tiles, body)
		for r, row := range plots {
			for i, p := range row {
				if p != nil {
					p.Draw(canvases[r][i])
				}
			}
		}
		if f.rows != nil {
			f.nameRows(c, plots[0][0], canvases[0][0])
		}
	}

	return height, onto
}

// png returns the figure as PNG.
func (f figure) png() ([]byte, error) {
	height, onto := f.onCanvas()
	c := vgimg.NewWith(vgimg.UseWH(pageWidth, height), vgimg.UseDPI(pngDPI), vgimg.UseBackgroundColor(color.White))
	onto(draw.New(c))
	var b bytes.Buffer
	_, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&b)
	return b.Bytes(), err
}

// svg returns the figure as SVG.
func (f figure) svg() ([]byte, error) {
	height, onto := f.onCanvas()
	c := vgsvg.New(pageWidth, height)
	onto(draw.New(c))
	var b bytes.Buffer
	_, err := c.WriteTo(&b)
	// The SVG names the font and does not carry it; where it is missing these have the same widths or nearly so.
	const named, fallback = "font-family:Liberation Sans;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;"
	return bytes.ReplaceAll(b.Bytes(), []byte(named), []byte(fallback)), err
}

// write draws the figure into a folder, as PNG and as SVG.
func (f figure) write(dir string) error {
	for ending, draw := range map[string]func() ([]byte, error){".png": f.png, ".svg": f.svg} {
		data, err := draw()
		if err != nil {
			return fmt.Errorf("figure %s: %w", f.name, err)
		}
		if err := durable.WriteBytes(filepath.Join(dir, f.name+ending), data); err != nil {
			return err
		}
	}
	return nil
}

// plot makes gonum's plot of a panel.
func (p panel) plot() *plot.Plot {
	q := plot.New()
	q.Title.Text = p.title
	q.Title.TextStyle = textStyle(labelSize, stdfont.WeightBold)
	q.Title.Padding = 3
	q.X.Min, q.X.Max, q.Y.Min, q.Y.Max = p.xmin, p.xmax, p.ymin, p.ymax
	q.X.Label.Text, q.Y.Label.Text = p.x, p.y
	for _, axis := range []*plot.Axis{&q.X, &q.Y} {
		align := axis.Label.TextStyle
		axis.Label.TextStyle = textStyle(labelSize, stdfont.WeightNormal)
		axis.Label.TextStyle.XAlign, axis.Label.TextStyle.YAlign = align.XAlign, align.YAlign
		axis.Label.Padding = 3
		align = axis.Tick.Label
		axis.Tick.Label = textStyle(tickSize, stdfont.WeightNormal)
		axis.Tick.Label.XAlign, axis.Tick.Label.YAlign = align.XAlign, align.YAlign
		axis.Tick.Length = 4
		axis.Padding = 0
	}
	q.X.Tick.Marker, q.Y.Tick.Marker = p.xticks, p.yticks
	grid := plotter.NewGrid()
	light := draw.LineStyle{Color: color.Gray{0xDD}, Width: 0.5}
	grid.Horizontal, grid.Vertical = light, light
	if p.rowLabels {
		q.Y.Tick.Length = 0
	}
	q.Add(grid)
	if p.zero {
		q.Add(zeroLine{})
	}
	if p.unnamed {
		q.Y.Tick.Marker = plot.ConstantTicks{}
	}
	q.Add(p.plotters...)
	// Adding lets plotters widen the range; ours are cut at the edge instead.
	q.X.Min, q.X.Max, q.Y.Min, q.Y.Max = p.xmin, p.xmax, p.ymin, p.ymax
	return q
}

// legendRows breaks the legend into as few rows as fit the page, of about the same number of entries.
func (f figure) legendRows() [][]series {
	if len(f.legend) == 0 {
		return nil
	}
	for rows := 1; ; rows++ {
		each := (len(f.legend) + rows - 1) / rows
		chunks := slices.Collect(slices.Chunk(f.legend, each))
		fits := func(row []series) bool { return f.legendRowWidth(row) <= pageWidth-vg.Centimeter }
		if each == 1 || !slices.ContainsFunc(chunks, func(row []series) bool { return !fits(row) }) {
			return chunks
		}
	}
}

const (
	thumbGap = vg.Length(5)  // between a sample and its text
	entryGap = vg.Length(18) // between entries
)

// thumbWidth is the width of a sample: a line with a marker, or the marker alone.
func (f figure) thumbWidth() vg.Length {
	if f.joined {
		return 30
	}
	return 2 * markerSize
}

func (f figure) entryWidth(label string) vg.Length {
	return f.thumbWidth() + thumbGap + textStyle(legendSize, stdfont.WeightNormal).Width(label) + entryGap
}

func (f figure) legendRowWidth(row []series) vg.Length {
	width := -entryGap
	for _, s := range row {
		width += f.entryWidth(s.label)
	}
	return width
}

// drawLegendRow draws entries side by side, centred, above the panels, where they cannot cover a line.
func (f figure) drawLegendRow(c draw.Canvas, row []series, y vg.Length) {
	sty := textStyle(legendSize, stdfont.WeightNormal)
	sty.XAlign, sty.YAlign = draw.XLeft, draw.YCenter
	x := c.Center().X - f.legendRowWidth(row)/2
	for _, s := range row {
		if f.joined {
			c.StrokeLine2(s.style.line(), x, y, x+f.thumbWidth(), y)
		}
		c.DrawGlyphNoClip(s.style.glyph(markerSize), vg.Point{X: x + f.thumbWidth()/2, Y: y})
		c.FillText(sty, vg.Point{X: x + f.thumbWidth() + thumbGap, Y: y + 1.2}, s.label) // the eye's centre is above the box's
		x += f.entryWidth(s.label)
	}
}

// wrap breaks a text into lines that fit a width.
func wrap(s string, sty text.Style, width vg.Length) []string {
	var lines []string
	for _, word := range strings.Fields(s) {
		if n := len(lines); n > 0 && sty.Width(lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// axisRange widens [lo, hi] to round numbers and returns the step between ticks: 1, 2 or 5 times a power of ten, about
// five of them. The range stays within [least, most], the values that the quantity can have.
func axisRange(lo, hi, least, most float64) (from, to, step float64) {
	// A spread below a fiftieth of the values does not fill the axis: noise would look like an effect.
	span := 0.02 * math.Max(math.Abs(lo), math.Abs(hi))
	if span == 0 {
		span = 1
	}
	if room := (span - (hi - lo)) / 2; room > 0 {
		lo, hi = lo-room, hi+room
	}
	lo, hi = math.Max(lo, least), math.Min(hi, most)
	step = niceStep((hi - lo) / 5)
	from = math.Max(math.Floor(lo/step+1e-9)*step, least)
	to = math.Min(math.Ceil(hi/step-1e-9)*step, most)
	return from, to, step
}

// niceStep is the smallest of 1, 2, 5 × 10ᵏ that is not below x.
func niceStep(x float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= x*(1-1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

// roundTicks marks the multiples of a step.
type roundTicks struct{ step float64 }

func (t roundTicks) Ticks(lo, hi float64) []plot.Tick {
	decimals := max(0, -int(math.Floor(math.Log10(t.step)+1e-9)))
	var ticks []plot.Tick
	for k := math.Ceil(lo/t.step - 1e-9); k*t.step <= hi+1e-9*t.step; k++ {
		v := k*t.step + 0 // never −0
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'f', decimals, 64)})
	}
	return ticks
}

// nameTicks marks the places 0, 1, 2 … with names.
type nameTicks []string

func (t nameTicks) Ticks(lo, hi float64) []plot.Tick {
	ticks := make([]plot.Tick, len(t))
	for i, s := range t {
		ticks[i] = plot.Tick{Value: float64(i), Label: cutToWidth(s, 0.6*pageWidth)}
	}
	return ticks
}

// cutToWidth cuts a name so that it leaves room for what is drawn next to it: axes of no width have no place for any figure.
func cutToWidth(s string, most vg.Length) string {
	style := textStyle(tickSize, stdfont.WeightNormal)
	for n := utf8.RuneCountInString(s) - 1; n > 0 && style.Width(s) > most; n-- {
		s = cutTo(s, n)
	}
	return s
}

const markerSize = vg.Length(2.8)

func (s style) line() draw.LineStyle {
	return draw.LineStyle{Color: s.color, Width: 1.4, Dashes: s.dashes}
}

func (s style) glyph(radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: s.color, Radius: radius, Shape: s.marker}
}

// Filled markers: those of gonum/plot leave the triangle and the square at unequal sizes and have no diamond.
type (
	disc             struct{}
	square           struct{}
	triangle         struct{}
	invertedTriangle struct{}
	diamond          struct{}
)

func (disc) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, p vg.Point) {
	draw.CircleGlyph{}.DrawGlyph(c, s, p)
}
func (square) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, p vg.Point) {
	ngon(c, s, p, 4, math.Pi/4, 1.15)
}
func (triangle) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, p vg.Point) {
	ngon(c, s, p, 3, math.Pi/2, 1.3)
}
func (invertedTriangle) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, p vg.Point) {
	ngon(c, s, p, 3, -math.Pi/2, 1.3)
}
func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, p vg.Point) {
	ngon(c, s, p, 4, math.Pi/2, 1.3)
}

func ngon(c *draw.Canvas, s draw.GlyphStyle, p vg.Point, corners int, start, scale float64) {
	c.SetColor(s.Color)
	var path vg.Path
	for i := range corners {
		sin, cos := math.Sincos(start + 2*math.Pi*float64(i)/float64(corners))
		q := vg.Point{X: p.X + s.Radius*vg.Length(scale*cos), Y: p.Y + s.Radius*vg.Length(scale*sin)}
		if i == 0 {
			path.Move(q)
		} else {
			path.Line(q)
		}
	}
	path.Close()
	c.Fill(path)
}
