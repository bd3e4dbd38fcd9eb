// Package plot draws charts with gonum/plot, as PNG and as SVG.
//
//	plot.go    a figure: title, legend, panels
//	lines.go   what is on the axes
//	markers.go the markers
package plot

import (
	"bytes"
	"fmt"
	"image/color"
	"slices"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"cenet/results/chart"
	"cenet/results/words"
)

// Figures are as wide as the text of a page, so that they are printed at the size they are drawn for.
const (
	pageWidth  = 17 * vg.Centimeter
	pngDPI     = 150
	titleSize  = 12 // points
	labelSize  = 10.5
	tickSize   = 10
	legendSize = 10.5
	nameWidth  = 5.4 * vg.Centimeter // of the names that all panels share
)

// Files are the files of a chart that Resolve has completed, by ending: PNG and SVG.
func Files(c chart.Chart) (map[string][]byte, error) {
	files := map[string][]byte{}
	var err error
	if files[".png"], err = PNG(c); err == nil {
		files[".svg"], err = SVG(c)
	}
	if err != nil {
		return nil, fmt.Errorf("chart %s: %w", c.Name, err)
	}
	return files, nil
}

// PNG draws a chart that Resolve has completed.
func PNG(c chart.Chart) ([]byte, error) {
	height, onto := figure{c}.layOut()
	canvas := vgimg.NewWith(vgimg.UseWH(pageWidth, height), vgimg.UseDPI(pngDPI), vgimg.UseBackgroundColor(color.White))
	onto(draw.New(canvas))
	var b bytes.Buffer
	_, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(&b)
	return b.Bytes(), err
}

// SVG draws a chart that Resolve has completed.
func SVG(c chart.Chart) ([]byte, error) {
	height, onto := figure{c}.layOut()
	canvas := vgsvg.New(pageWidth, height)
	onto(draw.New(canvas))
	var b bytes.Buffer
	_, err := canvas.WriteTo(&b)
	// The SVG names the font and does not carry it; where it is missing these have the same widths or nearly so.
	const named, fallback = "font-family:Liberation Sans;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;"
	return bytes.ReplaceAll(b.Bytes(), []byte(named), []byte(fallback)), err
}

// figure is a title, a legend and panels in rows below them.
type figure struct{ chart.Chart }

func textStyle(size vg.Length, weight stdfont.Weight) text.Style {
	return text.Style{
		Color:   color.Black,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size},
		XAlign:  draw.XCenter,
		YAlign:  draw.YTop,
		Handler: plot.DefaultTextHandler,
	}
}

// layOut returns the height of the figure and what draws it.
func (f figure) layOut() (vg.Length, func(draw.Canvas)) {
	title := words.Wrap(f.Title, within(textStyle(titleSize, stdfont.WeightBold), pageWidth-vg.Centimeter))
	rows := (len(f.Panels) + f.PerRow - 1) / f.PerRow
	lines := f.legendRows()
	const titleLine, legendLine, margin = vg.Length(titleSize) * 1.35, vg.Length(legendSize) * 1.7, 6
	f.RowHeight = max(f.RowHeight, float64(f.namesHeight()))
	head := vg.Length(len(title))*titleLine + vg.Length(len(lines))*legendLine + 2*margin
	height := head + vg.Length(rows)*vg.Length(f.RowHeight) + margin

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
		if f.RowNames != nil {
			body = draw.Crop(body, nameWidth, 0, 0, 0)
		}
		plots := make([][]*plot.Plot, rows)
		for r := range plots {
			plots[r] = make([]*plot.Plot, f.PerRow)
		}
		for i, p := range f.Panels {
			plots[i/f.PerRow][i%f.PerRow] = gonumPlot(p, f.RowNames != nil)
		}
		// Align gives the panels of a column the same axes' width, those of a row the same height.
		tiles := draw.Tiles{Rows: rows, Cols: f.PerRow, PadX: 10, PadY: 6, PadLeft: 6, PadRight: 10}
		canvases := plot.Align(plots, tiles, body)
		for r, row := range plots {
			for i, p := range row {
				if p != nil {
					p.Draw(canvases[r][i])
				}
			}
		}
		if f.RowNames != nil {
			f.nameRows(c, plots[0][0], canvases[0][0])
		}
	}

	return height, onto
}

// gonumPlot makes gonum's plot of a panel, unnamed if the names of its rows are to the left of all panels.
func gonumPlot(p chart.Panel, unnamed bool) *plot.Plot {
	q := plot.New()
	q.Title.Text = p.Title
	q.Title.TextStyle = textStyle(labelSize, stdfont.WeightBold)
	q.Title.Padding = 3
	q.X.Label.Text, q.Y.Label.Text = p.X, p.Y
	for axis, of := range map[*plot.Axis]*chart.Axis{&q.X: p.XAxis, &q.Y: p.YAxis} {
		align := axis.Label.TextStyle
		axis.Label.TextStyle = textStyle(labelSize, stdfont.WeightNormal)
		axis.Label.TextStyle.XAlign, axis.Label.TextStyle.YAlign = align.XAlign, align.YAlign
		axis.Label.Padding = 3
		align = axis.Tick.Label
		axis.Tick.Label = textStyle(tickSize, stdfont.WeightNormal)
		axis.Tick.Label.XAlign, axis.Tick.Label.YAlign = align.XAlign, align.YAlign
		axis.Tick.Length = 4
		axis.Padding = 0
		axis.Tick.Marker = ticks(of)
	}
	grid := plotter.NewGrid()
	light := draw.LineStyle{Color: color.Gray{0xDD}, Width: 0.5}
	grid.Horizontal, grid.Vertical = light, light
	if p.Named {
		q.Y.Tick.Length = 0
	}
	q.Add(grid)
	if p.Zero {
		q.Add(zeroLine{})
	}
	if unnamed {
		q.Y.Tick.Marker = plot.ConstantTicks{}
	}
	q.Add(content(p)...)
	// Adding lets plotters widen the range; ours are cut at the edge instead.
	q.X.Min, q.X.Max, q.Y.Min, q.Y.Max = p.XAxis.Min, p.XAxis.Max, p.YAxis.Min, p.YAxis.Max
	return q
}

// ticks are those of an axis. Names are cut to leave room for the panel.
func ticks(a *chart.Axis) plot.ConstantTicks {
	list := plot.ConstantTicks{}
	for _, t := range a.Ticks {
		list = append(list, plot.Tick{Value: t.At, Label: words.Cut(t.Label, within(textStyle(tickSize, stdfont.WeightNormal), 0.6*pageWidth))})
	}
	return list
}

// within reports whether a text in a style is at most a width wide.
func within(style text.Style, width vg.Length) func(s string) bool {
	return func(s string) bool { return style.Width(s) <= width }
}

// nameLine is the height of a line of a row's name.
const nameLine = vg.Length(tickSize) * 1.2

// nameLines breaks the name of a row into lines.
func nameLines(name string) []string {
	return words.Wrap(name, within(textStyle(tickSize, stdfont.WeightNormal), nameWidth-0.3*vg.Centimeter))
}

// namesHeight is the height that the panels need if their rows are as high as the longest name.
func (f figure) namesHeight() vg.Length {
	most := 0
	for _, name := range f.RowNames {
		most = max(most, len(nameLines(name)))
	}
	if most == 0 {
		return 0
	}
	const room = 2 * vg.Centimeter // of title and axis
	return vg.Length(len(f.RowNames))*(vg.Length(most)+0.6)*nameLine + room
}

// nameRows writes the names of the rows to the left of a panel.
func (f figure) nameRows(c draw.Canvas, p *plot.Plot, panel draw.Canvas) {
	data := p.DataCanvas(panel)
	_, trY := p.Transforms(&data)
	sty := textStyle(tickSize, stdfont.WeightNormal)
	sty.XAlign, sty.YAlign = draw.XLeft, draw.YCenter
	for i, name := range f.RowNames {
		lines := nameLines(name)
		y := trY(float64(len(f.RowNames)-1-i)) + nameLine*vg.Length(len(lines)-1)/2
		for _, text := range lines {
			c.FillText(sty, vg.Point{X: c.Min.X + 0.2*vg.Centimeter, Y: y}, text)
			y -= nameLine
		}
	}
}

// legendRows breaks the legend into as few rows as fit the page, of about the same number of entries.
func (f figure) legendRows() [][]chart.Key {
	if len(f.Legend) == 0 {
		return nil
	}
	for rows := 1; ; rows++ {
		each := (len(f.Legend) + rows - 1) / rows
		chunks := slices.Collect(slices.Chunk(f.Legend, each))
		fits := func(row []chart.Key) bool { return legendRowWidth(row) <= pageWidth-vg.Centimeter }
		if each == 1 || !slices.ContainsFunc(chunks, func(row []chart.Key) bool { return !fits(row) }) {
			return chunks
		}
	}
}

const (
	sampleGap = vg.Length(5)  // between a sample and its text
	entryGap  = vg.Length(18) // between entries
)

// sampleWidth is the width of a sample: a line with a marker, or the marker alone.
func sampleWidth(k chart.Key) vg.Length {
	if k.Joined {
		return 30
	}
	return 2 * markerSize
}

func entryWidth(k chart.Key) vg.Length {
	return sampleWidth(k) + sampleGap + textStyle(legendSize, stdfont.WeightNormal).Width(k.Label) + entryGap
}

func legendRowWidth(row []chart.Key) vg.Length {
	width := -entryGap
	for _, k := range row {
		width += entryWidth(k)
	}
	return width
}

// drawLegendRow draws entries side by side, centred, above the panels, where they cannot cover a line.
func (f figure) drawLegendRow(c draw.Canvas, row []chart.Key, y vg.Length) {
	sty := textStyle(legendSize, stdfont.WeightNormal)
	sty.XAlign, sty.YAlign = draw.XLeft, draw.YCenter
	x := c.Center().X - legendRowWidth(row)/2
	for _, k := range row {
		width := sampleWidth(k)
		if k.Joined {
			c.StrokeLine2(lineStyle(k.Look), x, y, x+width, y)
		}
		c.DrawGlyphNoClip(glyph(k.Look, markerSize), vg.Point{X: x + width/2, Y: y})
		c.FillText(sty, vg.Point{X: x + width + sampleGap, Y: y + 1.2}, k.Label) // the eye's centre is above the box's
		x += entryWidth(k)
	}
}
