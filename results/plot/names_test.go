package plot

import (
	"cenet/results/chart"
	"strings"
	"testing"

	stdfont "golang.org/x/image/font"
)

// Names of any length leave room for the axes.
func TestLongNamesLeaveRoom(t *testing.T) {
	for _, name := range []string{"short", strings.Repeat("W", 300), strings.Repeat("é i", 300)} {
		label := ticks(chart.Names([]string{name}, 0.5))[0].Label
		if w := textStyle(tickSize, stdfont.WeightNormal).Width(label); w > 0.6*pageWidth || len(name) < 10 && label != name || len(name) > 10 &&
			!strings.HasSuffix(label, "…") {
			t.Errorf("%.10q: %q is %v wide", name, label, w)
		}
	}
}
