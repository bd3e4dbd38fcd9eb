package results

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
)

// leastAlong is how many values an axis has at least for a figure along it.
const leastAlong = 3

// alongAxes shows final accuracies against each setting of a sweep that takes several numbers: a line for each combination of the
// other settings.
func (v *view) alongAxes() []figure {
	if v.Kind == LayoutBlocks {
		return nil
	}
	var figures []figure
	for i, axis := range v.axes() {
		if f, ok := v.along(i, axis); ok {
			figures = append(figures, f)
		}
	}
	return figures
}

// along is the figure of one axis; false where it has too few numbers or there would be too many lines.
func (v *view) along(i int, axis string) (figure, bool) {
	groups := make(map[string][]*caseOf)
	var keys []string // of groups that go on for some values, in the order of the cases
	values := map[float64]bool{}
	for _, c := range v.cases {
		x, err := strconv.ParseFloat(c.values[i], 64)
		_, named := v.Labels[axis+"="+c.values[i]] // a number that stands for something else
		if err != nil || named || len(c.trials) == 0 {
			continue
		}
		key := strings.Join(without(c.values, i), "\x00")
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], c)
		values[x] = true
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { return len(groups[k]) < leastAlong })
	if len(values) < leastAlong || len(keys) == 0 || len(keys) > mostLines {
		return figure{}, false
	}
	name := v.axisLabel(axis)
	f := figure{name: "along-" + fileName(axis), title: v.titled("last epoch against " + name + ", mean and 95 % confidence band"),
		rowSize: 8 * vg.Centimeter, joined: true}
	for _, q := range []struct {
		label string
		of    func(*Record) (float64, bool)
	}{
		{top1Axis, func(r *Record) (float64, bool) { return top1Percent(r), true }},
		{fitTop1.label, fitPercent},
	} {
		p := panel{x: name, y: q.label}
		lo, hi, xlo, xhi := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		var lines []series
		for k, key := range keys {
			list := slices.Clone(groups[key])
			slices.SortStableFunc(list, func(a, b *caseOf) int { return naturally(a.values[i], b.values[i]) })
			var points []point
			for _, c := range list {
				x, _ := strconv.ParseFloat(c.values[i], 64)
				singles := c.singles(q.of)
				if q, ok := meanPoint(x, c.having(q.of)); ok {
					q.singles = singles
					points = append(points, q)
					lo, hi, xlo, xhi = min(lo, q.min), max(hi, q.max), min(xlo, x), max(xhi, x)
					if q.hi-q.lo <= math.MaxFloat64 { // several seeds
						lo, hi = min(lo, q.lo), max(hi, q.hi)
					}
				}
			}
			if s, err := newSeries(v.shortLabel(v.usual, list[0].values, axis), v.lineStyle(list[0], k, len(keys)), points); err == nil {
				lines = append(lines, s)
			}
		}
		if len(lines) == 0 {
			continue
		}
		var step float64
		p.xmin, p.xmax, p.xticks = xlo, xhi, roundTicks{niceStep((xhi - xlo) / 6)}
		p.ymin, p.ymax, step = axisRange(lo, hi, 0, 100)
		p.yticks = roundTicks{step}
		for _, s := range lines {
			p.plotters = append(p.plotters, band(s))
		}
		for _, s := range lines {
			p.plotters = append(p.plotters, line(s))
		}
		f.panels = append(f.panels, p)
		if len(f.legend) == 0 && (len(lines) > 1 || lines[0].label != "") {
			f.legend = lines
		}
	}
	f.perRow = len(f.panels)
	return f, true
}
