package results

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// A scale is how an axis of numbers runs: evenly, or by powers of ten where the positive ones span more than two decades and none is negative.
type scale struct {
	logarithmic bool
	zero        *float64 // the place of 0 on a logarithmic axis, a decade below the others; nil: there is no 0
}

// scaleOf is the scale for some values in ascending order.
func scaleOf(values []float64) scale {
	const evenly = 100 // times the smallest
	positive := slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return x == 0 })
	if len(positive) == 0 || positive[0] < 0 || positive[len(positive)-1] <= evenly*positive[0] {
		return scale{}
	}
	s := scale{logarithmic: true}
	if len(positive) < len(values) {
		at := math.Floor(math.Log10(positive[0])+1e-9) - 1
		s.zero = &at
	}
	return s
}

// at is the place of a value on the axis.
func (s scale) at(x float64) float64 {
	switch {
	case !s.logarithmic:
		return x
	case x == 0:
		return *s.zero
	}
	return math.Log10(x)
}

// Ticks marks powers of ten, and 0.
func (s scale) Ticks(lo, hi float64) []plot.Tick {
	if s.zero == nil {
		return powerTicks{}.Ticks(lo, hi)
	}
	zero := plot.Tick{Value: *s.zero, Label: "0"}
	return append([]plot.Tick{zero}, powerTicks{}.Ticks(*s.zero+0.5, hi)...)
}

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
	scale := scaleOf(slices.Sorted(maps.Keys(values)))
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
				x = scale.at(x)
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
		if scale.logarithmic {
			p.logX, p.zeroX, p.xticks = true, scale.zero, scale
		}
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
