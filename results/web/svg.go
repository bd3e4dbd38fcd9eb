package web

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/words"
)

// figure is a plot as the template shows it: a legend, and an SVG for each panel, so that panels are below each other on a phone.
type figure struct {
	ID, Title string
	Legend    []key
	Panels    []svgPanel
	Class     string // "rows": panels of the same rows; "wide": one panel, or panels of names; "": others
}

type key struct {
	Label  string
	Sample template.HTML
}

type svgPanel struct {
	ID, Title string
	SVG       template.HTML
}

// maxPoints of a line are drawn; of more, every second, third … is.
const maxPoints = 500

// thin is a line with the points that are drawn, the last among them.
func thin(l chart.Line) chart.Line {
	n := (len(l.X) + maxPoints - 1) / maxPoints
	l.X, l.Y, l.Lo, l.Hi, l.Names, l.Seeds = each(l.X, n), each(l.Y, n), each(l.Lo, n), each(l.Hi, n), each(l.Names, n), each(l.Seeds, n)
	return l
}

// each is every n-th element of a list, and the last.
func each[T any](list []T, n int) []T {
	var out []T
	for i, x := range list {
		if i%n == 0 || i == len(list)-1 {
			out = append(out, x)
		}
	}
	return out
}

// escape is a text in SVG, between tags or in an attribute.
func escape(s string) string { return template.HTMLEscapeString(s) }

// The size of a panel in the units of its SVG, which are pixels of CSS at its natural width.
const (
	panelWidth, panelHeight = 460, 300
	rowsWidth               = 320 // of each of several panels with the same rows
	rowHeight, nameLine     = 36, 15
	nameWidth               = 7 // of a character
	maxNameLines            = 3
)

// frame is a panel, and where it is drawn.
type frame struct {
	chart.Panel
	left, top, width, height float64
	names                    [][]string // of the rows, in lines
}

// x and y are the places of coordinates.
func (f *frame) x(v float64) float64 {
	return f.left + f.width*(v-f.XAxis.Min)/(f.XAxis.Max-f.XAxis.Min)
}
func (f *frame) y(v float64) float64 {
	return f.top + f.height*(f.YAxis.Max-v)/(f.YAxis.Max-f.YAxis.Min)
}

// at is the place of a point; a value beyond the axis is at its end.
func (f *frame) at(x, y float64) (float64, float64) {
	return f.x(f.XAxis.Place(x)), f.y(min(max(f.YAxis.Place(y), f.YAxis.Min), f.YAxis.Max))
}

func px(v float64) string { return strconv.FormatFloat(math.Round(10*v)/10+0, 'f', -1, 64) }

// figure draws a plot of an experiment, and keeps its data for the script.
func (v *view) figure(experiment string, d *chart.Chart) *figure {
	f := &figure{ID: experiment + "-" + page.FileName(d.Name), Title: d.Title}
	for _, k := range d.Legend {
		f.Legend = append(f.Legend, key{k.Label, v.sample(k)})
	}
	for i, p := range d.Panels {
		if p.Y == "" && i > 0 { // the panels of a row share it, here each has its own
			p.Y = d.Panels[i/d.PerRow*d.PerRow].Y
		}
		p.Lines = slices.Clone(p.Lines)
		for k := range p.Lines {
			p.Lines[k] = thin(p.Lines[k])
		}
		id := panelID(f.ID, i)
		title := p.Title
		if title == "" {
			title = d.Title
		}
		if len(d.Panels) > 1 && p.Y != "" {
			title += ": " + p.Y
		}
		f.Panels = append(f.Panels, svgPanel{id, p.Title, v.panel(id, title, p, d.RowNames != nil)})
		switch {
		case d.RowNames != nil:
			f.Class = "rows"
		case p.Named || len(d.Panels) == 1:
			f.Class = "wide"
		}
	}
	return f
}

// panelID is the id of the i-th panel of a figure.
func panelID(figure string, i int) string { return fmt.Sprintf("%s-p%d", figure, i+1) }

// sample is an entry's line or marker in the legend.
func (v *view) sample(k chart.Key) template.HTML {
	var b strings.Builder
	width := 14.0
	if k.Joined {
		width = 34
	}
	fmt.Fprintf(&b, `<svg class="key %s" viewBox="0 0 %s 14" width="%s" height="14" aria-hidden="true">`, v.colors.class(k.Look.Color),
		px(width), px(width))
	if k.Joined {
		fmt.Fprintf(&b, `<path class="ln" d="M1 7H33"%s/>`, dashes(k.Look))
	}
	fmt.Fprintf(&b, `<path class="mk" d="%s"/></svg>`, marker(k.Look.Marker, width/2, 7, 4))
	return template.HTML(b.String())
}

func dashes(l chart.Look) string {
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

// nameRows breaks the names of the rows into lines, and makes room for them.
func (f *frame) nameRows(width float64) {
	f.left, f.width = 12, width-26
	fits := words.Within(int(f.width) / nameWidth)
	lines := 1
	for _, t := range f.YAxis.Ticks {
		name := words.Wrap(t.Label, fits)
		if len(name) > maxNameLines {
			name = append(name[:maxNameLines-1], strings.Join(name[maxNameLines-1:], " "))
		}
		for i := range name {
			name[i] = words.Cut(name[i], fits)
		}
		f.names, lines = append(f.names, name), max(lines, len(name))
	}
	f.height = float64(rowHeight+nameLine*(lines-1))*(f.YAxis.Max-f.YAxis.Min) + 8
}

// panel draws a pair of axes and what is on them.
func (v *view) panel(id, title string, p chart.Panel, shared bool) template.HTML {
	f := &frame{Panel: p, left: 58, top: 14, width: panelWidth - 58 - 14, height: panelHeight - 14 - 46}
	switch {
	case shared:
		f.nameRows(rowsWidth)
	case p.Named:
		f.nameRows(panelWidth)
	}
	width, height := f.left+f.width+14, f.top+f.height+46
	var b strings.Builder
	fmt.Fprintf(&b, `<svg id="%s" class="plot" viewBox="0 0 %s %s" role="img" tabindex="0" aria-labelledby="%s-t %s-d">`+
		`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		id, px(width), px(height), id, id, id, escape(title), id, escape(describe(p)))
	if p.Field != nil {
		v.field(&b, f)
	}
	f.grid(&b)
	box := fmt.Sprintf("%s %s %s %s", px(f.left), px(f.top-4), px(f.width), px(f.height+8))
	fmt.Fprintf(&b, `<svg x="%s" y="%s" width="%s" height="%s" viewBox="%s">`, px(f.left), px(f.top-4), px(f.width), px(f.height+8), box)
	for i := range p.Lines {
		f.band(&b, &p.Lines[i], v.colors.class(p.Lines[i].Look.Color))
	}
	b.WriteString(`</svg>`)
	for i := range p.Lines {
		f.trace(&b, &p.Lines[i], v.colors.class(p.Lines[i].Look.Color))
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
	for _, t := range f.XAxis.Ticks {
		fmt.Fprintf(b, "M%s %sV%s", px(f.x(t.At)), px(f.top), px(bottom))
	}
	if !f.Named {
		for _, t := range f.YAxis.Ticks {
			fmt.Fprintf(b, "M%s %sH%s", px(f.left), px(f.y(t.At)), px(right))
		}
	}
	fmt.Fprintf(b, `"/><path class="axis" d="M%s %sH%s`, px(f.left), px(bottom), px(right))
	if f.Zero {
		fmt.Fprintf(b, "M%s %sV%s", px(f.x(0)), px(f.top), px(bottom))
	}
	b.WriteString(`"/></g><g class="tick" text-anchor="middle">`)
	last := math.Inf(-1)
	for i, t := range f.XAxis.Ticks {
		at, half := f.x(t.At), 3.4*float64(len([]rune(t.Label)))
		if at-half < last+4 { // it would touch the one before
			continue
		}
		last = at + half
		anchor := ""
		if i == len(f.XAxis.Ticks)-1 && at+half > right+12 {
			anchor = ` text-anchor="end"`
		}
		fmt.Fprintf(b, `<text x="%s" y="%s"%s>%s</text>`, px(at), px(bottom+17), anchor, tickText(t.Label))
	}
	b.WriteString(`</g>`)
	if f.Named {
		b.WriteString(`<g class="name">`)
		for i, t := range f.YAxis.Ticks {
			for k, line := range f.names[i] {
				above := 9 + float64(nameLine*(len(f.names[i])-1-k))
				fmt.Fprintf(b, `<text x="%s" y="%s">%s</text>`, px(f.left), px(f.y(t.At)-above), escape(line))
			}
		}
		b.WriteString(`</g>`)
	} else {
		b.WriteString(`<g class="tick" text-anchor="end">`)
		for _, t := range f.YAxis.Ticks {
			fmt.Fprintf(b, `<text x="%s" y="%s">%s</text>`, px(f.left-7), px(f.y(t.At)+4), tickText(t.Label))
		}
		b.WriteString(`</g>`)
	}
	fmt.Fprintf(b, `<text class="label" text-anchor="middle" x="%s" y="%s">%s</text>`, px(f.left+f.width/2), px(bottom+38), escape(f.X))
	if f.Y != "" && !f.Named {
		fmt.Fprintf(b, `<text class="label" text-anchor="middle" transform="translate(14 %s)rotate(-90)">%s</text>`, px(f.top+f.height/2),
			escape(f.Y))
	}
}

// band draws the interval of a line.
func (f *frame) band(b *strings.Builder, l *chart.Line, class string) {
	if l.Apart {
		return
	}
	for i := 0; i < len(l.X); {
		j := i
		for j < len(l.X) && l.Bounded(j) {
			j++
		}
		if j-i > 1 {
			fmt.Fprintf(b, `<path class="bd %s" d="`, class)
			command := "M"
			for k := i; k < j; k++ {
				x, y := f.at(l.X[k], l.Hi[k])
				b.WriteString(command + px(x) + " " + px(y))
				command = "L"
			}
			for k := j - 1; k >= i; k-- {
				x, y := f.at(l.X[k], l.Lo[k])
				b.WriteString("L" + px(x) + " " + px(y))
			}
			b.WriteString(`z"/>`)
		}
		i = max(j, i+1)
	}
}

// trace draws a line with its markers, or points with their intervals and seeds.
func (f *frame) trace(b *strings.Builder, l *chart.Line, class string) {
	fmt.Fprintf(b, `<g class="%s">`, class)
	var line, bars, seeds, marks strings.Builder
	every := 1
	if !l.Apart {
		every = (len(l.X) + 19) / 20
	}
	for i := range l.X {
		x, y := f.at(l.X[i], l.Y[i])
		var singles []chart.Value
		if l.Seeds != nil {
			singles = l.Seeds[i]
		}
		switch {
		case f.Named:
			x, y = f.x(l.Y[i]), f.y(l.X[i])
			if l.Bounded(i) {
				lo, hi := px(f.x(max(l.Lo[i], f.XAxis.Min))), px(f.x(min(l.Hi[i], f.XAxis.Max)))
				fmt.Fprintf(&bars, "M%s %sH%sM%s %sv8M%s %sv8", lo, px(y), hi, lo, px(y-4), hi, px(y-4))
			}
			for _, s := range singles {
				seeds.WriteString(marker("disc", f.x(s.Y), y+9, 1.6))
			}
		case !l.Apart:
			command := "L"
			if i == 0 {
				command = "M"
			}
			line.WriteString(command + px(x) + " " + px(y))
		default:
			if l.Bounded(i) {
				_, low := f.at(l.X[i], l.Lo[i])
				_, high := f.at(l.X[i], l.Hi[i])
				fmt.Fprintf(&bars, "M%s %sV%sM%s %sh6M%s %sh6", px(x), px(low), px(high), px(x-3), px(low), px(x-3), px(high))
			}
			for _, s := range singles {
				seeds.WriteString(marker("disc", x+8, f.y(s.Y), 1.6))
			}
		}
		if i%every == 0 || i == len(l.X)-1 {
			marks.WriteString(marker(l.Look.Marker, x, y, 3.2))
		}
	}
	for _, part := range []struct {
		class string
		d     *strings.Builder
		more  string
	}{{"ln", &line, dashes(l.Look)}, {"ln", &bars, ""}, {"mk pale", &seeds, ""}, {"mk", &marks, ""}} {
		if part.d.Len() > 0 {
			fmt.Fprintf(b, `<path class="%s"%s d="%s"/>`, part.class, part.more, part.d.String())
		}
	}
	b.WriteString(`</g>`)
}

// field draws the steps of a field, a path each.
func (v *view) field(b *strings.Builder, f *frame) {
	paths := make([]strings.Builder, len(f.Field.Levels)+1)
	f.Field.Tiles(func(step int, x0, x1, y0, y1 float64) {
		fmt.Fprintf(&paths[step], "M%s %sH%sV%sH%sz", px(f.x(x0)), px(f.y(y0)), px(f.x(x1)), px(f.y(y1)), px(f.x(x0)))
	})
	for i := range paths {
		if paths[i].Len() > 0 {
			fmt.Fprintf(b, `<path class="fd %s" shape-rendering="crispEdges" d="%s"/>`, v.colors.class(f.Field.Look(i).Color), paths[i].String())
		}
	}
}

// maxDescribed lines are described in words.
const maxDescribed = 8

// describe says in words what a panel shows: its alternative text.
func describe(p chart.Panel) string {
	var parts []string
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
	switch {
	case p.Named:
		parts = append(parts, p.X+" of "+words.Count(len(p.Lines), "case"))
	case p.X != "":
		parts = append(parts, p.Y+" against "+p.X)
	default:
		parts = append(parts, p.Y)
	}
	for i, l := range p.Lines {
		if i == maxDescribed {
			parts = append(parts, fmt.Sprintf("and %d more", len(p.Lines)-maxDescribed))
			break
		}
		last := len(l.X) - 1
		label := l.Label
		if label == "" {
			label = "the line"
		}
		if last == 0 {
			parts = append(parts, fmt.Sprintf("%s: %s", label, number(l.Y[0])))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s from %s at %s to %s at %s, between %s and %s", label, number(l.Y[0]), number(l.X[0]),
			number(l.Y[last]), number(l.X[last]), number(slices.Min(l.Y)), number(slices.Max(l.Y))))
	}
	if f := p.Field; f != nil {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, column := range f.Values {
			lo, hi = min(lo, slices.Min(column)), max(hi, slices.Max(column))
		}
		parts = append(parts, fmt.Sprintf("values from %s to %s on a grid of %d × %d", number(lo), number(hi), len(f.X), len(f.Y)))
	}
	return strings.Join(parts, "; ") + "."
}
