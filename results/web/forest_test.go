package web

import (
	"strings"
	"testing"

	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
)

// The chart of the overview opens the claims, with the names of its rows and the mark at 0 in each panel.
func TestOpeningChart(t *testing.T) {
	paper := 1.0
	row := chart.Row{Label: "ResNet-50 & co", Ours: &stats.Interval{N: 3, Mean: 2, SD: 1, Half: 2.5}, Paper: &paper}
	forest := chart.Chart{Name: "forest", Title: "All differences", Panels: []chart.Panel{{Title: "SE", X: "pp", Rows: []chart.Row{row}},
		{Title: "CE", X: "pp", Rows: []chart.Row{row}}}}
	topics := []page.Topic{{Head: "A question?", Claims: []stats.Claim{{Statement: "CE > SE", Decision: stats.Smaller}}}}
	drawn, err := Page(Site{Overview: page.Overview{Title: "Claims", Topics: topics, Chart: &forest}})
	if err != nil {
		t.Fatal(err)
	}
	html := string(drawn.HTML)
	at := strings.Index(html, `<figure id="claims-forest"`)
	if at < 0 || at > strings.Index(html, "A question?") || strings.Count(html, ">ResNet-50 &amp; co<") != 2 ||
		!strings.Contains(html, "smaller than the paper&#39;s") {
		t.Errorf("the chart does not open the claims, at %d", at)
	}
	forest.Panels[0].Rows = []chart.Row{{Label: "empty"}}
	if _, err := Page(Site{Overview: page.Overview{Chart: &forest}}); err == nil {
		t.Error("an empty chart is drawn")
	}
}
