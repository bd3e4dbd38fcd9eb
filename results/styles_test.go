package results

import "cenet/results/stats"

// What the registry of blocks gives layouts in the program.
var (
	madeUpStyles = Styles{
		"none": {1, "dark grey", "disc", "dashed"},
		"se":   {2, "orange", "square", "dash-dot"},
		"ce":   {3, "blue", "triangle", "solid"},
		"bd":   {4, "green", "diamond", "long dashes"},
		"ir":   {5, "vermillion", "inverted triangle", "dotted"},
	}
	madeUpCompare = []stats.Comparison{
		{Key: BlockKey, Value: "se", Against: "none", Role: stats.Control}, {Key: BlockKey, Value: "ce", Against: "none"}, {Key: BlockKey, Value: "ce", Against: "se"},
	}
)

// madeUpBlocks gives a layout what the registry of blocks would.
func madeUpBlocks(l Layout) Layout {
	l.Styles, l.Compare = madeUpStyles, madeUpCompare
	labels := map[string]string{"se": "SE", "ce": "CE", "bd": "BD", "ir": "IR"}
	for k, v := range l.Labels {
		labels[k] = v
	}
	l.Labels = labels
	return l
}
