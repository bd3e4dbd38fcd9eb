package layout

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
)

// minAlong is the number of values that an axis must have for a figure along it.
const minAlong = 3

// alongAxes shows final accuracies against each setting of a sweep that takes several numbers: a line for each combination of the
// other settings.
func (v *view) alongAxes() []chart.Chart {
	if v.Kind == Blocks {
		return nil
	}
	var list []chart.Chart
	for i, axis := range v.axes() {
		list = append(list, v.along(i, axis)...)
	}
	return list
}

// along is the figure of one axis, unless it has too few numbers or there would be too many lines.
func (v *view) along(i int, axis string) []chart.Chart {
	groups := make(map[string][]*caseOf)
	var keys []string // of groups with several values, in the order of the cases
	values := map[float64]bool{}
	for _, c := range v.cases {
		x, err := strconv.ParseFloat(c.values[i], 64)
		_, named := v.Labels[axis+"="+c.values[i]] // a number that means something else
		if err != nil || !stats.Finite(x) || named || len(c.trials) == 0 {
			continue
		}
		key := strings.Join(without(c.values, i), "\x00")
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], c)
		values[x] = true
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { return len(groups[k]) < minAlong })
	if len(values) < minAlong || len(keys) == 0 || len(keys) > maxLines {
		return nil
	}
	name := v.axisLabel(axis)
	out := chart.Chart{Name: "along-" + page.FileName(axis), Title: v.titled("last epoch against " + name + ", mean and 95 % confidence band")}
	rates := chart.Rates(slices.Sorted(maps.Keys(values)))
	for _, q := range []struct {
		label string
		of    figure
	}{{testTop1.label, top1Percent}, {fitTop1.label, fitPercent}} {
		var lines []chart.Line
		for k, key := range keys {
			list := slices.Clone(groups[key])
			slices.SortStableFunc(list, func(a, b *caseOf) int { return naturally(a.values[i], b.values[i]) })
			l := chart.Line{Label: v.shortLabel(v.usual, list[0].values, axis), Look: v.lineLook(list[0], k, len(keys))}
			for _, c := range list {
				x, _ := strconv.ParseFloat(c.values[i], 64)
				l.Add(x, c.perSeed(q.of))
			}
			if len(l.X) > 0 {
				lines = append(lines, l)
			}
		}
		if len(lines) > 0 {
			out.Panels = append(out.Panels, alongPanel(name, q.label, lines, rates))
		}
	}
	return drawable(out)
}

// alongPanel is a panel of lines along a kind of axis.
func alongPanel(x, y string, lines []chart.Line, along chart.Axis) chart.Panel {
	lo, hi := seedRange(lines)
	from, to := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for i := range l.X {
			from, to = min(from, along.Place(l.X[i])), max(to, along.Place(l.X[i]))
			if l.Bounded(i) {
				lo, hi = min(lo, l.Lo[i]), max(hi, l.Hi[i])
			}
		}
	}
	return chart.Panel{X: x, Y: y, LogX: along.Log, Lines: lines, Overlaid: true, XAxis: along.Over(from, to),
		YAxis: chart.Round(lo, hi, 0, 100)}
}
