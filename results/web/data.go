package web

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"cenet/results"
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

// mostSeeds of a point are told one by one.
const mostSeeds = 12

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

// figureIn is a figure of the data, with as many digits as somebody reads; null where it is not finite.
type figureIn float64

func (f figureIn) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(f), 'g', 6, 64), nil
}

// data is a panel as the script knows it.
func (f *frame) data() plotData {
	a := f.Axes
	d := plotData{
		X: a.X, Y: a.Y, Range: [4]float64{a.XMin, a.XMax, a.YMin, a.YMax}, Box: [4]float64{f.left, f.top, f.width, f.height},
		LogX: a.LogX, LogY: a.LogY, ZeroX: a.ZeroX, Rows: a.Names,
	}
	if a.Names {
		d.X, d.Y = "", a.X
	}
	for _, t := range a.Traces {
		d.Traces = append(d.Traces, traceOf(a, t))
	}
	if a.Field != nil {
		d.Field = &fieldData{X: figures(a.Field.X), Y: figures(a.Field.Y)}
		for _, column := range a.Field.Values {
			d.Field.Values = append(d.Field.Values, figures(column))
		}
	}
	return d
}

// traceOf is a trace as the script knows it, in the units of its axes.
func traceOf(a results.Axes, t results.Trace) traceData {
	d := traceData{Label: t.Label}
	value := func(x float64, logarithmic bool) figureIn {
		if logarithmic {
			x = math.Pow(10, x)
		}
		return figureIn(x)
	}
	bounded := slices.ContainsFunc(t.Points, results.Dot.Bounded)
	named := slices.ContainsFunc(t.Points, func(p results.Dot) bool { return p.Name != "" })
	several := slices.ContainsFunc(t.Points, func(p results.Dot) bool { return len(p.Singles) > 0 })
	many := slices.ContainsFunc(t.Points, func(p results.Dot) bool { return len(p.Singles) > mostSeeds })
	for _, p := range t.Points {
		x := value(p.X, a.LogX)
		if a.ZeroX != nil && p.X == *a.ZeroX {
			x = 0
		}
		d.X, d.Y = append(d.X, x), append(d.Y, value(p.Y, a.LogY))
		if bounded {
			d.Lo, d.Hi = append(d.Lo, value(p.Lo, a.LogY)), append(d.Hi, value(p.Hi, a.LogY))
		}
		if named {
			d.Names = append(d.Names, p.Name)
		}
		if several {
			told := p.Singles
			if len(told) > mostSeeds {
				byValue := func(a, b results.Single) int { return cmp.Compare(a.Value, b.Value) }
				told = []results.Single{slices.MinFunc(told, byValue), slices.MaxFunc(told, byValue)}
			}
			var seeds []single
			for _, s := range told {
				seeds = append(seeds, single{s.Seed, value(s.Value, a.LogY)})
			}
			d.Seeds = append(d.Seeds, seeds)
		}
		if many {
			d.Count = append(d.Count, len(p.Singles))
		}
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
