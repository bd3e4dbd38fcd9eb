package web

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"cenet/results/chart"
)

// plotData is what the script knows of a panel.
type plotData struct {
	X      string      `json:"x"`
	Y      string      `json:"y"`
	Range  [4]float64  `json:"range"` // xmin, xmax, ymin, ymax on the axes
	Box    [4]float64  `json:"box"`   // left, top, width, height in the SVG
	LogX   bool        `json:"logx,omitempty"`
	ZeroX  *float64    `json:"zerox,omitempty"` // where 0 is on a logarithmic axis
	LogY   bool        `json:"logy,omitempty"`
	Rows   bool        `json:"rows,omitempty"` // a case each, values along x
	Traces []traceData `json:"traces,omitempty"`
	Field  *fieldData  `json:"field,omitempty"`
}

type traceData struct {
	Label string     `json:"label"`
	X     []figureIn `json:"at"`
	Y     []figureIn `json:"of"`
	Lo    []figureIn `json:"lo,omitempty"`
	Hi    []figureIn `json:"hi,omitempty"`
	Names []string   `json:"names,omitempty"`
	Seeds [][]single `json:"seeds,omitempty"` // of many, the lowest and the highest
	Count []int      `json:"count,omitempty"` // of seeds, where there are many
}

// maxSeeds of a point are listed one by one.
const maxSeeds = 12

// single is the figure of a seed: a pair, as there are many.
type single struct {
	seed  string
	value figureIn
}

func (s single) MarshalJSON() ([]byte, error) { return json.Marshal([]any{s.seed, s.value}) }

type fieldData struct {
	X      []figureIn   `json:"x"`
	Y      []figureIn   `json:"y"`
	Values [][]figureIn `json:"values"`
}

// figureIn is a figure of the data with six digits; null if it is not finite.
type figureIn float64

func (f figureIn) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(f), 'g', 6, 64), nil
}

// data is a panel as the script knows it.
func (f *frame) data() plotData {
	d := plotData{
		X: f.X, Y: f.Y, Range: [4]float64{f.XAxis.Min, f.XAxis.Max, f.YAxis.Min, f.YAxis.Max}, Box: [4]float64{f.left, f.top, f.width, f.height},
		LogX: f.XAxis.Log, LogY: f.YAxis.Log, ZeroX: f.XAxis.Zero, Rows: f.Named,
	}
	if f.Named {
		d.X, d.Y = "", f.X
	}
	for i := range f.Lines {
		d.Traces = append(d.Traces, traceOf(&f.Lines[i]))
	}
	if f.Field != nil {
		d.Field = &fieldData{X: figures(f.Field.X), Y: figures(f.Field.Y)}
		for _, column := range f.Field.Values {
			d.Field.Values = append(d.Field.Values, figures(column))
		}
	}
	return d
}

// traceOf is a line as the script knows it.
func traceOf(l *chart.Line) traceData {
	d := traceData{Label: l.Label, X: figures(l.X), Y: figures(l.Y)}
	if slices.ContainsFunc(l.Names, func(name string) bool { return name != "" }) {
		d.Names = l.Names
	}
	bounded, many := false, false
	for i := range l.X {
		bounded = bounded || l.Bounded(i)
		many = many || l.Seeds != nil && len(l.Seeds[i]) > maxSeeds
	}
	if bounded {
		d.Lo, d.Hi = figures(l.Lo), figures(l.Hi)
	}
	for _, shown := range l.Seeds {
		if many {
			d.Count = append(d.Count, len(shown))
		}
		if len(shown) > maxSeeds {
			byValue := func(a, b chart.Value) int { return cmp.Compare(a.Y, b.Y) }
			shown = []chart.Value{slices.MinFunc(shown, byValue), slices.MaxFunc(shown, byValue)}
		}
		var seeds []single
		for _, v := range shown {
			seeds = append(seeds, single{v.Seed, figureIn(v.Y)})
		}
		d.Seeds = append(d.Seeds, seeds)
	}
	return d
}

func figures(list []float64) []figureIn {
	out := make([]figureIn, len(list))
	for i, x := range list {
		out[i] = figureIn(x)
	}
	return out
}
