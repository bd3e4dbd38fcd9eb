package results

import (
	"slices"
	"strconv"
)

// sweepTable is one row per case: the settings that vary, then what came out.
func (v *view) sweepTable() ([]column, [][]string) {
	var columns []column
	for _, a := range v.axes() {
		columns = append(columns, column{v.axisLabel(a), !v.numeric(a)})
	}
	n := len(columns)
	columns = append(columns, column{"Top-1 (%)", false}, column{"Top-5 (%)", false}, column{"Test loss", false},
		column{"Seconds a trial", false}, column{"Seeds", false})
	var rows [][]string
	for _, c := range v.cases {
		row := make([]string, n)
		for i, a := range v.axes() {
			row[i] = v.valueLabel(a, c.values[i])
		}
		if v.marked[c] {
			row[axisIndex(v.Layout, BlockKey)] += " †"
		}
		time := absent
		if t, err := Mean(c.over(seconds)); err == nil {
			time = strconv.FormatFloat(t.Mean, 'f', 1, 64)
		}
		rows = append(rows, append(row,
			MeanText(c.over(top1Percent), 2), MeanText(c.over(top5Percent), 2), MeanText(c.over(testLoss), 4), time, c.seedsText()))
	}
	return columns, rows
}

// numeric reports whether every value of an axis is a number.
func (v *view) numeric(axis string) bool {
	i := axisIndex(v.Layout, axis)
	for _, c := range v.cases {
		if _, err := strconv.ParseFloat(c.values[i], 64); err != nil {
			return false
		}
	}
	return true
}

func (v *view) sweepCSV() [][]string {
	rows := [][]string{slices.Concat(v.axes(), trialHead)}
	for _, c := range v.cases {
		values := slices.Clone(c.values)
		for i := range values {
			if values[i] == absent {
				values[i] = ""
			}
		}
		rows = append(rows, slices.Concat(values, v.trialCells(c)))
	}
	return rows
}
