package web

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cenet/results"
	"cenet/results/chart"
	"cenet/results/layout"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/web/webtest"
)

const (
	script = `<script>alert(1)</script>`
	image  = `"><img src=x onerror="alert(2)">`
	ends   = `</script></style></title><svg onload=alert(3)>{{.}}` + "`alert(4)`" + `${alert(5)}`
)

// hostile is a site in which every text tries to be more than a text.
func hostile() Site {
	evil := script + image + ends
	c := chart.Chart{Name: evil, Title: evil, PerRow: 1, Legend: []chart.Key{{Label: evil, Joined: true}, {Label: "b"}},
		Panels: []chart.Panel{{
			Title: evil, X: evil, Y: evil, XAxis: &chart.Axis{Max: 2, Ticks: []chart.Tick{{At: 1, Label: image}}},
			YAxis: &chart.Axis{Max: 2, Ticks: []chart.Tick{{At: 1, Label: script}}},
			Lines: []chart.Line{{Label: evil, Look: chart.Look{Color: color.RGBA{1, 2, 3, 255}, Marker: evil}, X: []float64{1}, Y: []float64{1},
				Lo: []float64{0.5}, Hi: []float64{1.5},
				Names: []string{evil}, Seeds: [][]chart.Value{{{Seed: image, Y: 1}}}}},
		}}}
	rows := make([][]string, maxRows+50)
	for i := range rows {
		rows[i] = []string{evil, strconv.Itoa(i)}
	}
	t := &page.Table{Name: "table", Columns: []page.Column{{Head: evil, Text: true}, {Head: image}}, Rows: rows}
	return Site{
		Overview: page.Overview{Title: script, Summary: []page.Sentence{{Question: evil, Answer: evil}}, About: []string{evil}, Topics: []page.Topic{
			{Head: evil, Name: image, Title: evil, Scale: evil, Claims: []stats.Claim{{Subject: evil, Statement: evil, Measure: evil, Found: evil,
				Reason: image, Notes: []string{evil}, Plot: evil}}},
			{Head: "absent", Name: evil, Title: evil, Absent: evil},
		}},
		Experiments: []Experiment{
			{Name: image, Files: []string{`javascript:alert(6)`, image}, Page: page.Page{Title: script,
				About: []string{evil}, Facts: page.Command(evil), Machine: []string{evil},
				Sections: []page.Section{{Head: evil, Text: []string{evil}, List: []string{evil}, Table: t, Charts: []chart.Chart{c}}}}},
			{Name: image + "?", Problem: evil, Page: page.Page{Title: image}},
		},
	}
}

// Titles, names of classes, of folders and of hosts are shown as what they are. The browser's console stays empty: nothing was even tried.
func TestHostile(t *testing.T) {
	for _, live := range []bool{false, true} {
		s := hostile()
		s.Live = live
		p, err := Page(s)
		if err != nil {
			t.Fatal(err)
		}
		// But for ours there is no script, image or handler among the tags.
		if tags := regexp.MustCompile(`<(script|img|iframe|object|embed|form|base)\b[^>]*>`).FindAllString(string(p.HTML), -1); len(tags) != 4 {
			t.Errorf("tags: %q", tags)
		}
	}
	tab := webtest.Open(t, written(t, hostile()), 1280, 900)
	if got := tab.Text(`document.querySelector("h1").textContent`); got != script {
		t.Errorf("the title is %q", got)
	}
	if got := tab.Text(`document.querySelector("table.data td").textContent`); got != script+image+ends {
		t.Errorf("a cell is %q", got)
	}
	if got := tab.Text(`document.querySelector(".legend li").textContent`); got != script+image+ends {
		t.Errorf("the legend is %q", got)
	}
	tab.Text(`document.querySelector(".unfold").click()`)
	if got := tab.Text(fmt.Sprintf(`document.querySelectorAll("table.data tbody tr").length + document.querySelector("table.data tbody tr:nth-child(%d) td").textContent`, maxRows+40)); got != strconv.Itoa(maxRows+50)+script+image+ends {
		t.Errorf("a row that is made later: %q", got)
	}
	tab.Text(`(document.querySelector("svg.plot").focus(), document.querySelector("svg.plot").dispatchEvent(new KeyboardEvent("keydown", {key: "Home"})))`)
	if got := tab.Text(`document.getElementById("tip").textContent`); !strings.Contains(got, script) || !strings.Contains(got, image) {
		t.Errorf("the tip is %q", got)
	}
	if n := tab.Text(`document.images.length + document.scripts.length`); n != "3" {
		t.Errorf("%s images and scripts", n)
	}
}

// The same results give the same bytes, and a folder with damage is named on the page and in the error.
func TestRead(t *testing.T) {
	var sums [2][32]byte
	for i := range sums {
		p, err := Page(committed(t))
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = sha256.Sum256(p.HTML)
	}
	if sums[0] != sums[1] {
		t.Error("another page of the same results")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a/page.json": `{"title": "A", "sections": []}`, "b/page.json": "{", "c/records.jsonl": "{}\n", "d/notes.txt": "",
		"a/changed/x=1/page.json": `{"title": "AX", "sections": []}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := Read(dir)
	var names []string
	for _, e := range list {
		names = append(names, e.Name+" "+strconv.FormatBool(e.Problem != ""))
	}
	if got := strings.Join(names, ", "); got != "a false, a/changed/x=1 false, b true, c true" {
		t.Errorf("read %s", got)
	}
	for _, want := range []string{filepath.Join("b", "page.json"), filepath.Join("c", "records.jsonl") + ":1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named: %v", want, err)
		}
	}
	p, err := Page(Site{Experiments: list})
	if err != nil || !bytes.Contains(p.HTML, []byte("records.jsonl:1")) {
		t.Errorf("the page does not name the damage: %v", err)
	}
}

// madeUp is a sweep of the given number of cases and seeds, with made-up figures of thirty epochs.
func madeUp(cases, seeds int) (layout.Layout, []results.Record) {
	l := layout.Layout{Title: "Made up", Kind: layout.Sweep, Axes: []string{"model.block", "train.lr", "train.batch", "train.weight_decay",
		"seed"}, Classes: 10}
	blocks := []string{"none", "se", "ce", "bd", "ir"}
	var list []results.Record
	for i := range cases {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		for seed := range seeds {
			settings := map[string]any{"model.block": blocks[i%5], "train.lr": float64(i/5%20+1) / 100, "train.batch": 8 * (i/100%10 + 1),
				"train.weight_decay": float64(i/1000) / 1e5, "seed": seed + 1}
			res := &results.Result{Weights: strings.Repeat("0", 64)}
			for e := 1; e <= 30; e++ {
				a := 0.9 - 0.5/float64(e) + 0.02*r.NormFloat64()
				res.Epochs = append(res.Epochs, results.Epoch{Epoch: e, LR: 0.1, TrainLoss: results.Loss(2 - a), TrainTop1: min(1, a),
					TestLoss: results.Loss(2.1 - a), TestTop1: min(1, a), TestTop5: 0.99})
			}
			res.Top1, res.Top5, res.TestLoss = res.Epochs[29].TestTop1, 0.99, 1.2
			list = append(list, results.Record{Kind: results.KindTrial, Name: fmt.Sprint(settings), Identity: fmt.Sprintf("%064x", i*seeds+seed),
				Settings: settings, Result: res,
				Provenance: results.Provenance{Seconds: 10, CPU: "made up"}})
		}
	}
	return l, list
}

// openLarge opens the page of 9,600 trials, and says how long it took from the navigation to the end of its load event, in milliseconds.
func openLarge(t testing.TB, seeds int) (tab *webtest.Tab, took float64) {
	t.Helper()
	l, records := madeUp(9600/seeds, seeds)
	d, err := layout.Page(l, records)
	if err == nil {
		d, err = d.Resolve()
	}
	if err != nil {
		t.Fatal(err)
	}
	p, err := Page(Site{Experiments: []Experiment{{Name: "large", Page: d}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), File)
	if err := os.WriteFile(path, p.HTML, 0o644); err != nil {
		t.Fatal(err)
	}
	tab = webtest.Open(t, "file://"+path, 1280, 900)
	took = webtest.Value[float64](tab, `new Promise(done => { const look = () => { const n = performance.getEntriesByType("navigation")[0]; n.loadEventEnd ? done(n.loadEventEnd) : setTimeout(look, 20); }; look(); })`)
	t.Logf("%d seeds a case: %.1f MB of page, opened in %.0f ms", seeds, float64(len(p.HTML))/1e6, took)
	return tab, took
}

// The page of 9,600 trials takes less than 200 MB and few elements, whether they are a few seeds of many cases or a case each.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser, and minutes under load")
	}
	for _, seeds := range []int{5, 1} {
		tab, _ := openLarge(t, seeds)
		memory := tab.Memory()
		if memory > 200<<20 {
			t.Errorf("takes %d MB", memory>>20)
		}
		// Sorting all of them, and back again, does not make elements of hidden rows.
		tab.Text(`document.querySelector("table.data th:nth-child(5) button").click()`)
		if rows := tab.Text(`document.querySelectorAll("#large-t1 tbody tr").length`); rows != strconv.Itoa(shownRows) {
			t.Errorf("%s rows", rows)
		}
		if top := tab.Text(`[...document.querySelectorAll("#large-t1 tbody tr")].map(r => parseFloat(r.cells[4].textContent)).every((x, i, l) => !i || l[i - 1] <= x)`); top != "true" {
			t.Error("not sorted")
		}
		elements := webtest.Value[int](tab, `document.getElementsByTagName("*").length`)
		if elements > 2000 {
			t.Errorf("%d elements", elements)
		}
		t.Logf("%d MB, %d elements", memory>>20, elements)
		tab.Shot(fmt.Sprintf("large-%d", seeds))
	}
}

// How long a browser takes to open the page of 9,600 trials.
func BenchmarkLarge(b *testing.B) {
	for _, seeds := range []int{5, 1} {
		b.Run(fmt.Sprintf("seeds=%d", seeds), func(b *testing.B) {
			var sum float64
			for b.Loop() {
				_, took := openLarge(b, seeds)
				sum += took
			}
			b.ReportMetric(sum/float64(b.N), "ms/page")
			b.ReportMetric(0, "ns/op")
		})
	}
}
