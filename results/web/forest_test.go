package web

import (
	"strings"
	"testing"

	"cenet/results"
	"cenet/results/stats"
)

// The chart of the overview opens the claims, with the names of its rows and the mark at 0 in each panel.
func TestOpeningChart(t *testing.T) {
	paper := 1.0
	row := results.ForestRow{Label: "ResNet-50 & co", Ours: &stats.Interval{N: 3, Mean: 2, SD: 1, Half: 2.5}, Paper: &paper}
	chart := results.Chart{Name: "forest", Title: "All differences", Panels: []results.Panel{{Title: "SE", X: "pp", Rows: []results.ForestRow{row}}, {Title: "CE", X: "pp", Rows: []results.ForestRow{row}}}}
	topics := []results.Topic{{Head: "A question?", Claims: []stats.Claim{{Statement: "CE > SE", Decision: stats.Smaller}}}}
	page, err := Page(Site{Overview: results.Overview{Title: "Claims", Topics: topics, Chart: &chart}})
	if err != nil {
		t.Fatal(err)
	}
	html := string(page.HTML)
	at := strings.Index(html, `<figure id="claims-forest"`)
	if at < 0 || at > strings.Index(html, "A question?") || strings.Count(html, ">ResNet-50 &amp; co<") != 2 || !strings.Contains(html, "smaller than the paper&#39;s") {
		t.Errorf("the chart does not open the claims, at %d", at)
	}
	chart.Panels[0].Rows = []results.ForestRow{{Label: "empty"}}
	if _, err := Page(Site{Overview: results.Overview{Chart: &chart}}); err == nil {
		t.Error("an empty chart is drawn")
	}
}
