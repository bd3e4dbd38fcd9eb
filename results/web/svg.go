package web

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"cenet/results"
)

// figure is a plot as the template shows it: a legend, and an SVG for each panel, so that panels stand beneath each other on a phone.
type figure struct {
	ID, Title string
	Legend    []key
	Panels    []svgPanel
	Wide      bool // one panel, of names
}

type key struct {
	Label  string
	Sample template.HTML
}

type svgPanel struct {
	ID, Title string
	SVG       template.HTML
}

// mostPoints of a trace are drawn; of more, every second, third … is.
const mostPoints = 500

// thin leaves of points as many as are drawn, the last among them.
func thin(points []results.Dot) []results.Dot {
	if len(points) <= mostPoints {
		return points
	}
	every := (len(points) + mostPoints - 1) / mostPoints
	var list []results.Dot
	for i := 0; i < len(points); i += every {
		list = append(list, points[i])
	}
	if (len(points)-1)%every != 0 {
		list = append(list, points[len(points)-1])
	}
	return list
}

// escape is a text in SVG, between tags or in an attribute.
func escape(s string) string { return template.HTMLEscapeString(s) }

// The size of a panel in the units of its SVG, which are pixels of CSS at its natural width.
const (
	panelWidth, panelHeight = 460, 300
	rowHeight               = 36
	nameLength              = 62 // characters
)

// frame is where a panel draws.
type frame struct {
	results.Axes
	left, top, width, height float64
}

func (f *frame) x(v float64) float64 { return f.left + f.width*(v-f.XMin)/(f.XMax-f.XMin) }
func (f *frame) y(v float64) float64 { return f.top + f.height*(f.YMax-v)/(f.YMax-f.YMin) }

// inside keeps a value on the axis.
func (f *frame) inside(v float64) float64 { return min(max(v, f.YMin), f.YMax) }

func px(v float64) string { return strconv.FormatFloat(math.Round(10*v)/10+0, 'f', -1, 64) }

// figure draws a plot of an experiment, and keeps its data for the script.
func (v *view) figure(experiment string, d *results.Drawing) *figure {
	f := &figure{ID: experiment + "-" + identifier(d.Name), Title: d.Title}
	for _, k := range d.Legend {
		f.Legend = append(f.Legend, key{k.Label, v.sample(k)})
	}
	for i, a := range d.Panels {
		if a.Y == "" && i > 0 { // the panels of a row share it, here they stand alone
			a.Y = d.Panels[i/max(1, d.PerRow)*max(1, d.PerRow)].Y
		}
		for k := range a.Traces {
			a.Traces[k].Points = thin(a.Traces[k].Points)
		}
		id := fmt.Sprintf("%s-p%d", f.ID, i+1)
		title := a.Title
		if title == "" {
			title = d.Title
		}
		if len(d.Panels) > 1 && a.Y != "" {
			title += ": " + a.Y
		}
		f.Panels = append(f.Panels, svgPanel{id, a.Title, v.panel(id, title, a)})
		f.Wide = f.Wide || a.Names || len(d.Panels) == 1
	}
	return f
}

// sample is an entry's line or marker in the legend.
func (v *view) sample(k results.Key) template.HTML {
	var b strings.Builder
	width := 14.0
	if k.Joined {
		width = 34
	}
	fmt.Fprintf(&b, `<svg class="key %s" viewBox="0 0 %s 14" width="%s" height="14" aria-hidden="true">`, v.colors.class(k.Look.Color), px(width), px(width))
	if k.Joined {
		fmt.Fprintf(&b, `<path class="ln" d="M1 7H33"%s/>`, dashes(k.Look))
	}
	fmt.Fprintf(&b, `<path class="mk" d="%s"/></svg>`, marker(k.Look.Marker, width/2, 7, 4))
	return template.HTML(b.String())
}

func dashes(l results.Look) string {
	if len(l.Dashes) == 0 {
		return ""
	}
	var parts []string
	for _, d := range l.Dashes {
		parts = append(parts, px(d))
	}
	return ` stroke-dasharray="` + strings.Join(parts, " ") + `"`
}

// marker is the path of a marker at a place.
func marker(shape string, x, y, r float64) string {
	move := func(dx, dy float64) string { return px(x+dx) + " " + px(y+dy) }
	switch shape {
	case "square":
		return "M" + move(-.85*r, -.85*r) + "h" + px(1.7*r) + "v" + px(1.7*r) + "h-" + px(1.7*r) + "z"
	case "triangle":
		return "M" + move(0, -1.2*r) + "L" + move(1.1*r, .8*r) + "L" + move(-1.1*r, .8*r) + "z"
	case "inverted triangle":
		return "M" + move(0, 1.2*r) + "L" + move(1.1*r, -.8*r) + "L" + move(-1.1*r, -.8*r) + "z"
	case "diamond":
		return "M" + move(0, -1.3*r) + "L" + move(1.3*r, 0) + "L" + move(0, 1.3*r) + "L" + move(-1.3*r, 0) + "z"
	}
	d := px(2 * r)
	return "M" + move(-r, 0) + "a" + px(r) + " " + px(r) + " 0 1 0 " + d + " 0a" + px(r) + " " + px(r) + " 0 1 0 -" + d + " 0z"
}

// panel draws a pair of axes and what is on them.
func (v *view) panel(id, title string, a results.Axes) template.HTML {
	f := &frame{a, 58, 14, panelWidth - 58 - 14, panelHeight - 14 - 46}
	if a.Names {
		f.left, f.width = 12, panelWidth-26
		f.height = rowHeight*(a.YMax-a.YMin) + 8
	}
	width, height := f.left+f.width+14, f.top+f.height+46
	var b strings.Builder
	fmt.Fprintf(&b, `<svg id="%s" class="plot" viewBox="0 0 %s %s" role="img" tabindex="0" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		id, px(width), px(height), id, id, id, escape(title), id, escape(describe(a)))
	if a.Field != nil {
		v.field(&b, f)
	}
	f.grid(&b)
	fmt.Fprintf(&b, `<svg x="%s" y="%s" width="%s" height="%s" viewBox="%s %s %s %s">`, px(f.left), px(f.top-4), px(f.width), px(f.height+8), px(f.left), px(f.top-4), px(f.width), px(f.height+8))
	for _, t := range a.Traces {
		f.band(&b, t, v.colors.class(t.Look.Color))
	}
	b.WriteString(`</svg>`)
	for _, t := range a.Traces {
		f.trace(&b, t, v.colors.class(t.Look.Color))
	}
	b.WriteString(`<circle class="spot" r="6" visibility="hidden"/></svg>`)
	v.Plots[id] = f.data()
	return template.HTML(b.String())
}

// tickText is a label of an axis, with a sign for minus where it is a figure.
func tickText(label string) string {
	if _, err := strconv.ParseFloat(label, 64); err == nil {
		label = strings.ReplaceAll(label, "-", "−")
	}
	return escape(label)
}

// grid draws axes, ticks and labels.
func (f *frame) grid(b *strings.Builder) {
	right, bottom := f.left+f.width, f.top+f.height
	b.WriteString(`<g class="grid"><path d="`)
	for _, t := range f.XTicks {
		fmt.Fprintf(b, "M%s %sV%s", px(f.x(t.At)), px(f.top), px(bottom))
	}
	if !f.Names {
		for _, t := range f.YTicks {
			fmt.Fprintf(b, "M%s %sH%s", px(f.left), px(f.y(t.At)), px(right))
		}
	}
	fmt.Fprintf(b, `"/><path class="axis" d="M%s %sH%s`, px(f.left), px(bottom), px(right))
	if f.Zero {
		fmt.Fprintf(b, "M%s %sV%s", px(f.x(0)), px(f.top), px(bottom))
	}
	b.WriteString(`"/></g><g class="tick" text-anchor="middle">`)
	last := math.Inf(-1)
	for i, t := range f.XTicks {
		at, half := f.x(t.At), 3.4*float64(len([]rune(t.Label)))
		if at-half < last+4 { // it would touch the one before
			continue
		}
		last = at + half
		anchor := ""
		if i == len(f.XTicks)-1 && at+half > right+12 {
			anchor = ` text-anchor="end"`
		}
		fmt.Fprintf(b, `<text x="%s" y="%s"%s>%s</text>`, px(at), px(bottom+17), anchor, tickText(t.Label))
	}
	b.WriteString(`</g>`)
	if f.Names {
		b.WriteString(`<g class="name">`)
		for _, t := range f.YTicks {
			label := []rune(t.Label)
			if len(label) > nameLength {
				label = append(label[:nameLength-1], '…')
			}
			fmt.Fprintf(b, `<text x="%s" y="%s">%s</text>`, px(f.left), px(f.y(t.At)-9), escape(string(label)))
		}
		b.WriteString(`</g>`)
	} else {
		b.WriteString(`<g class="tick" text-anchor="end">`)
		for _, t := range f.YTicks {
			fmt.Fprintf(b, `<text x="%s" y="%s">%s</text>`, px(f.left-7), px(f.y(t.At)+4), tickText(t.Label))
		}
		b.WriteString(`</g>`)
	}
	fmt.Fprintf(b, `<text class="label" text-anchor="middle" x="%s" y="%s">%s</text>`, px(f.left+f.width/2), px(bottom+38), escape(f.X))
	if f.Y != "" && !f.Names {
		fmt.Fprintf(b, `<text class="label" text-anchor="middle" transform="translate(14 %s)rotate(-90)">%s</text>`, px(f.top+f.height/2), escape(f.Y))
	}
}

// band draws the interval of a line.
func (f *frame) band(b *strings.Builder, t results.Trace, class string) {
	if !t.Joined {
		return
	}
	for i := 0; i < len(t.Points); {
		j := i
		for j < len(t.Points) && t.Points[j].Bounded() {
			j++
		}
		if j-i > 1 {
			fmt.Fprintf(b, `<path class="bd %s" d="`, class)
			command := "M"
			for _, p := range t.Points[i:j] {
				b.WriteString(command + px(f.x(p.X)) + " " + px(f.y(f.inside(p.Hi))))
				command = "L"
			}
			for _, p := range slices.Backward(t.Points[i:j]) {
				b.WriteString("L" + px(f.x(p.X)) + " " + px(f.y(f.inside(p.Lo))))
			}
			b.WriteString(`z"/>`)
		}
		i = max(j, i+1)
	}
}

// trace draws a line with its markers, or points with their intervals and seeds.
func (f *frame) trace(b *strings.Builder, t results.Trace, class string) {
	fmt.Fprintf(b, `<g class="%s">`, class)
	var line, bars, seeds, marks strings.Builder
	every := 1
	if t.Joined {
		every = (len(t.Points) + 19) / 20
	}
	for i, p := range t.Points {
		x, y := f.x(p.X), f.y(f.inside(p.Y))
		switch {
		case t.Rows:
			x, y = f.x(p.Y), f.y(p.X)
			if p.Bounded() {
				fmt.Fprintf(&bars, "M%s %sH%sM%s %sv8M%s %sv8", px(f.x(max(p.Lo, f.XMin))), px(y), px(f.x(min(p.Hi, f.XMax))), px(f.x(max(p.Lo, f.XMin))), px(y-4), px(f.x(min(p.Hi, f.XMax))), px(y-4))
			}
			for _, s := range p.Singles {
				seeds.WriteString(marker("disc", f.x(s.Value), y+9, 1.6))
			}
		case t.Joined:
			command := "L"
			if i == 0 {
				command = "M"
			}
			line.WriteString(command + px(x) + " " + px(y))
		default:
			if p.Bounded() {
				lo, hi := px(f.y(f.inside(p.Lo))), px(f.y(f.inside(p.Hi)))
				fmt.Fprintf(&bars, "M%s %sV%sM%s %sh6M%s %sh6", px(x), lo, hi, px(x-3), lo, px(x-3), hi)
			}
			for _, s := range p.Singles {
				seeds.WriteString(marker("disc", x+8, f.y(s.Value), 1.6))
			}
		}
		if i%every == 0 || i == len(t.Points)-1 {
			marks.WriteString(marker(t.Look.Marker, x, y, 3.2))
		}
	}
	for _, part := range []struct {
		class string
		d     *strings.Builder
		more  string
	}{{"ln", &line, dashes(t.Look)}, {"ln", &bars, ""}, {"mk pale", &seeds, ""}, {"mk", &marks, ""}} {
		if part.d.Len() > 0 {
			fmt.Fprintf(b, `<path class="%s"%s d="%s"/>`, part.class, part.more, part.d.String())
		}
	}
	b.WriteString(`</g>`)
}

// field draws the steps of a field, a path each.
func (v *view) field(b *strings.Builder, f *frame) {
	s := f.Field
	edge := func(grid []float64, i int) float64 { // below point i, half way to the one before
		if i == 0 || i == len(grid) {
			return grid[min(i, len(grid)-1)]
		}
		return (grid[i-1] + grid[i]) / 2
	}
	paths := make([]strings.Builder, len(s.Looks))
	for i, column := range s.Values {
		for j := 0; j < len(column); {
			step := s.Step(column[j])
			end := j + 1
			for end < len(column) && s.Step(column[end]) == step {
				end++
			}
			fmt.Fprintf(&paths[step], "M%s %sH%sV%sH%sz", px(f.x(edge(s.X, i))), px(f.y(edge(s.Y, j))), px(f.x(edge(s.X, i+1))), px(f.y(edge(s.Y, end))), px(f.x(edge(s.X, i))))
			j = end
		}
	}
	for i := range paths {
		if paths[i].Len() > 0 {
			fmt.Fprintf(b, `<path class="fd %s" shape-rendering="crispEdges" d="%s"/>`, v.colors.class(s.Looks[i].Color), paths[i].String())
		}
	}
}

// mostDescribed traces are described in words.
const mostDescribed = 8

// describe says in words what a panel shows, for who does not see it.
func describe(a results.Axes) string {
	var parts []string
	number := func(v float64, logarithmic bool) string {
		if logarithmic {
			v = math.Pow(10, v)
		}
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	place := func(x float64) string {
		if a.ZeroX != nil && x == *a.ZeroX {
			return "0"
		}
		return number(x, a.LogX)
	}
	switch {
	case a.Names:
		parts = append(parts, a.X+" of "+count(len(a.Traces), "case"))
	case a.X != "":
		parts = append(parts, a.Y+" against "+a.X)
	default:
		parts = append(parts, a.Y)
	}
	for i, t := range a.Traces {
		if i == mostDescribed {
			parts = append(parts, fmt.Sprintf("and %d more", len(a.Traces)-mostDescribed))
			break
		}
		first, last := t.Points[0], t.Points[len(t.Points)-1]
		label := t.Label
		if label == "" {
			label = "the line"
		}
		if len(t.Points) == 1 {
			parts = append(parts, fmt.Sprintf("%s: %s", label, number(first.Y, a.LogY)))
			continue
		}
		lo, hi := first.Y, first.Y
		for _, p := range t.Points {
			lo, hi = min(lo, p.Y), max(hi, p.Y)
		}
		parts = append(parts, fmt.Sprintf("%s from %s at %s to %s at %s, between %s and %s", label, number(first.Y, a.LogY), place(first.X),
			number(last.Y, a.LogY), place(last.X), number(lo, a.LogY), number(hi, a.LogY)))
	}
	if f := a.Field; f != nil {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, column := range f.Values {
			for _, x := range column {
				lo, hi = min(lo, x), max(hi, x)
			}
		}
		parts = append(parts, fmt.Sprintf("values from %s to %s on a grid of %d × %d", number(lo, false), number(hi, false), len(f.X), len(f.Y)))
	}
	return strings.Join(parts, "; ") + "."
}
