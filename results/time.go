package results

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"cenet/nn/median"
	"cenet/results/stats"
)

// timeFigure shows for each model what accuracy its blocks reach after which time of training: what a block that makes every step dearer has to
// make up for. The time of an epoch is the median over the seeds, with the evaluation after it. False where no time is known.
func (v *view) timeFigure() (figure, bool) {
	f := figure{name: "time", title: v.titled("accuracy after so much training, mean over seeds, 95 % confidence band"), rowSize: 7.6 * vg.Centimeter, joined: true}
	var models []string
	lines := map[string][]series{}
	for i, c := range v.cases {
		minutes, ok := c.epochMinutes()
		if !ok {
			continue
		}
		s, err := c.curve(testTop1, v.valueLabel(BlockKey, c.values[1]), v.lineStyle(c, i, len(v.cases)))
		if err != nil {
			continue
		}
		for k := range s.points {
			s.points[k].x *= minutes
		}
		if len(lines[c.values[0]]) == 0 {
			models = append(models, c.values[0])
		}
		lines[c.values[0]] = append(lines[c.values[0]], s)
	}
	for _, m := range models {
		p, ok := curvePanel(v.valueLabel(ModelKey, m), testTop1, lines[m])
		if !ok {
			continue
		}
		least, most := math.Inf(1), 0.0
		for _, s := range lines[m] {
			least, most = min(least, s.points[0].x), max(most, s.points[len(s.points)-1].x)
		}
		p.x, p.xmin, p.xmax, p.xticks = "minutes of training", 0, most, roundTicks{niceStep(most / 5)}
		if least == most { // one epoch
			p.xmax = 2 * most
		}
		f.panels = append(f.panels, p)
		for _, s := range lines[m] {
			if !slices.ContainsFunc(f.legend, func(l series) bool { return l.label == s.label }) {
				f.legend = append(f.legend, s)
			}
		}
	}
	f.perRow = min(3, len(f.panels))
	return f, len(f.panels) > 0
}

// epochMinutes is the median over the seeds of the time of an epoch.
func (c *caseOf) epochMinutes() (float64, bool) {
	var minutes []float64
	for _, seed := range c.seeds() {
		r := c.trials[seed]
		if s := r.Provenance.Seconds; stats.Finite(s) && s > 0 && len(r.Result.Epochs) > 0 {
			minutes = append(minutes, s/60/float64(len(r.Result.Epochs)))
		}
	}
	if len(minutes) == 0 {
		return 0, false
	}
	return median.Of(minutes), true
}
