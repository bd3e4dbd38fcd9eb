package web

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	_ "cenet/experiments/network" // which has the colours of the blocks
	"cenet/results/layout"
	"cenet/results/markdown"
	"cenet/results/page"
	"cenet/results/web/webtest"
)

// committed is the site of the results that come with the project. Their claims stand for those that `page` takes from the experiments.
func committed(t testing.TB) Site {
	t.Helper()
	list, err := Read("..")
	if err != nil {
		t.Fatal(err)
	}
	s := Site{Experiments: list, Overview: page.Overview{Title: "What reproduces", Summary: []page.Sentence{{Question: "Is CE more accurate than SE?",
		Answer: "Yes for ResNet-18."}}, About: []string{"How `claims` are judged."}}}
	for _, e := range list {
		if len(e.Page.Claims()) > 0 {
			s.Overview.Topics = append(s.Overview.Topics, page.Topic{Head: "Claims of " + e.Name, Name: e.Name, Title: e.Page.Title,
				Claims: e.Page.Claims()})
		}
	}
	return s
}

// written draws a site into a file, and returns its address.
func written(t testing.TB, s Site) string {
	t.Helper()
	path, err := Write(t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// The page of the committed results, on a desk and on a phone, light and dark: nothing is wider than the page, and figures and tables are
// all there.
func TestCommitted(t *testing.T) {
	s := committed(t)
	address := written(t, s)
	for _, size := range [][2]int64{{1280, 900}, {390, 844}} {
		t.Run(fmt.Sprint(size[0]), func(t *testing.T) {
			tab := webtest.Open(t, address, size[0], size[1])
			if tab.Requests != 1 {
				t.Errorf("%d requests for one page", tab.Requests)
			}
			if wide := tab.Text(`[...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll, svg, .unseen, .skip, thead, #contents") && e.getBoundingClientRect().right > innerWidth + 1)
				.slice(0, 3).map(e => e.tagName + " " + e.className + " " + e.textContent.slice(0, 60)).join("; ")`); wide != "" {
				t.Errorf("wider than the page: %s", wide)
			}
			if got := tab.Text(`document.documentElement.scrollWidth`); got != fmt.Sprint(size[0]) {
				t.Errorf("the page is %s wide", got)
			}
			if got := tab.Text(`document.querySelectorAll("main > section.experiment").length`); got != fmt.Sprint(len(s.Experiments)) {
				t.Errorf("%s experiments", got)
			}
			// Headings in order, none empty; every figure has a caption and every plot a name and a description; ids are unique.
			if bad := tab.Text(`(() => {
				let last = 0, bad = [];
				for (const h of document.querySelectorAll("h1, h2, h3, h4")) {
					const n = Number(h.tagName[1]);
					if (n > last + 1 || !h.textContent.trim()) bad.push(h.outerHTML);
					last = n;
				}
				for (const f of document.querySelectorAll("figure")) if (!f.querySelector("figcaption").textContent.trim()) bad.push(f.id);
				for (const s of document.querySelectorAll("svg.plot")) if (s.querySelector("title").textContent.length < 5 || s.querySelector("desc").textContent.length < 10) bad.push(s.id);
				const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
				bad.push(...ids.filter((id, i) => ids.indexOf(id) !== i));
				for (const a of document.querySelectorAll("a[href^='#']")) if (!document.getElementById(a.hash.slice(1))) bad.push(a.href);
				return bad.join("\n");
			})()`); bad != "" {
				t.Errorf("the structure: %s", bad)
			}
			for _, id := range strings.Fields("claims remark1 remark1-plane table1-curves-resnet18 table1-top1 newton-top1 magnitude-decorrelated " +
				"ablation-sites-resnet18 corrupt-curves nash-identity") {
				tab.Text(`document.getElementById("` + id + `").scrollIntoView({behavior: "instant"})`)
				tab.Shot(fmt.Sprintf("%s-%d", id, size[0]))
			}
			tab.Text(`document.getElementById("theme").click(), document.getElementById("theme").click()`)
			if got := tab.Text(`getComputedStyle(document.body).backgroundColor`); got != "rgb(20, 23, 26)" {
				t.Errorf("the dark page is %s", got)
			}
			for _, id := range strings.Fields("claims remark1-plane table1-curves-resnet18 gamma-gamma") {
				tab.Text(`document.getElementById("` + id + `").scrollIntoView({behavior: "instant"})`)
				tab.Shot(fmt.Sprintf("dark-%s-%d", id, size[0]))
			}
		})
	}
}

// The contents mark the section that was jumped to, also one that is too low on the page to come to its top, until the reader scrolls.
func TestContents(t *testing.T) {
	tab := webtest.Open(t, written(t, committed(t)), 1280, 900)
	for _, at := range []string{"at(-1)", "at(-2)", "at(2)"} {
		tab.Text(`[...document.querySelectorAll("#contents a")].` + at + `.click()`)
		tab.Until(`document.querySelectorAll("#contents a[aria-current]").length === 1 && [...document.querySelectorAll("#contents a")].` + at +
			`.hasAttribute("aria-current")`)
	}
	tab.Text(`scrollTo({top: 0, behavior: "instant"}), dispatchEvent(new WheelEvent("wheel"))`)
	tab.Until(`![...document.querySelectorAll("#contents a")].at(2).hasAttribute("aria-current")`)
}

// On paper there is nothing to click, all rows are there, and what is folded is open.
func TestPrint(t *testing.T) {
	tab := webtest.Open(t, written(t, committed(t)), 800, 1100)
	if _, err := chromedp.Call(tab.Context, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	tab.Text(`dispatchEvent(new Event("beforeprint"))`)
	for _, id := range []string{"claims", "newton", "newton-top1"} {
		tab.Text(`document.getElementById("` + id + `").scrollIntoView({behavior: "instant"})`)
		tab.Shot("print-" + id)
	}
	for what, want := range map[string]string{
		`[...document.querySelectorAll("nav, button, .filter, .skip")].filter(e => e.offsetParent && !e.closest("thead")).length + [...document.querySelectorAll("table.data thead th")].filter(e => !e.innerText.trim()).length`: "0",
		`[...document.querySelectorAll("table.data tbody tr")].filter(e => !e.offsetParent).length`:                                                                                                                               "0",
		`[...document.querySelectorAll("details:not([open])")].length`:                                                                                                                                                            "0",
	} {
		if got := tab.Text(what); got != want {
			t.Errorf("%s is %s", what, got)
		}
	}
	tab.Text(`dispatchEvent(new Event("afterprint"))`)
	if got := tab.Text(`document.querySelectorAll(".part[open]").length`); got != "0" {
		t.Errorf("%s parts stay open", got)
	}
}

// Claims are filtered by verdict and by group, tables sorted by mouse and by keyboard, and a plot tells seed, epoch and value.
func TestUse(t *testing.T) {
	s := committed(t)
	of := map[string]int{} // claims of each experiment
	for _, e := range s.Experiments {
		of[e.Name] = len(e.Page.Claims())
	}
	tab := webtest.Open(t, written(t, s), 1280, 900)
	shown := `[...document.querySelectorAll(".topic .claims tbody tr:not(.case)")].filter(r => r.offsetParent)`
	all := tab.Text(shown + ".length")
	if all == "0" || !strings.HasPrefix(tab.Text(`document.getElementById("filtered").textContent`), all+" of "+all) {
		t.Fatalf("%s claims, the page says %s", all, tab.Text(`document.getElementById("filtered").textContent`))
	}
	tab.Text(`document.querySelectorAll("#filter input").forEach(i => { if (i.value !== "reproduced") i.click(); })`)
	if got := tab.Text(shown + `.every(r => r.dataset.verdict === "reproduced") && ` + shown + ".length"); got == all || got == "false" ||
		got == "0" {
		t.Errorf("reproduced claims: %s", got)
	}
	tab.Do(chromedp.SetValue("#filter select", "Claims of table1"))
	tab.Text(`document.querySelector("#filter select").dispatchEvent(new Event("input", {bubbles: true}))`)
	tab.Text(`document.querySelectorAll("#filter input").forEach(i => { if (!i.checked) i.click(); })`)
	if got := tab.Text(shown + `.every(r => r.closest(".topic").dataset.group === "Claims of table1") && ` + shown +
		".length"); got != fmt.Sprint(of["table1"]) {
		t.Errorf("claims of table 1: %s, want %d", got, of["table1"])
	}
	tab.Shot("filtered")

	column := `[...document.querySelectorAll("#table1-t1 tbody tr")].map(r => parseFloat(r.cells[2].textContent))`
	before := tab.Text(column)
	tab.Text(`document.querySelector("#table1-t1 thead th:nth-child(3) button").focus()`)
	for _, want := range []string{"ascending", "descending", "null"} {
		tab.Do(chromedp.KeyEvent("\r"))
		if got := tab.Text(`document.querySelector("#table1-t1 thead th:nth-child(3)").getAttribute("aria-sort")`); got != want {
			t.Errorf("aria-sort is %s, want %s", got, want)
		}
		sorted := column + `.every((x, i, l) => i === 0 || l[i - 1] <= x)`
		if want == "descending" {
			sorted = column + `.every((x, i, l) => i === 0 || l[i - 1] >= x)`
		}
		if want == "null" {
			if after := tab.Text(column); after != before {
				t.Errorf("the third time: %s, was %s", after, before)
			}
		} else if tab.Text(sorted) != "true" {
			t.Errorf("%s: %s", want, tab.Text(column))
		}
	}

	// The last point of the first curve, by pointer and by keys.
	plot := "table1-curves-resnet18-p1"
	epoch := "epoch " + tab.Text(`JSON.parse(document.getElementById("plots").textContent)["`+plot+`"].traces[0].at.at(-1)`)
	tip := ""
	for i := 0; i < 50 && !strings.Contains(tip, epoch); i++ { // until all is laid out, the pointer may be over another plot
		last := webtest.Value[[]float64](tab, `(() => {
			const svg = document.getElementById("`+plot+`"), d = JSON.parse(document.getElementById("plots").textContent)["`+plot+`"], t = d.traces[0], i = t.at.length - 1;
			svg.scrollIntoView({behavior: "instant", block: "center"});
			const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
			const x = d.box[0] + d.box[2] * (t.at[i] - d.range[0]) / (d.range[1] - d.range[0]), y = d.box[1] + d.box[3] * (d.range[3] - t.of[i]) / (d.range[3] - d.range[2]);
			return [box.left + x * scale, box.top + y * scale];
		})()`)
		tab.Do(chromedp.MouseEvent("mouseMoved", last[0]-float64(i%2), last[1]))
		time.Sleep(100 * time.Millisecond)
		tip = tab.Text(`document.getElementById("tip").innerText`)
	}
	for _, want := range []string{epoch, "seed 1: ", "seed 2: ", "95 % interval"} {
		if !strings.Contains(tip, want) {
			t.Errorf("the tip does not say %q: %s", want, tip)
		}
	}
	tab.Shot("tip")
	tab.Do(chromedp.MouseEvent("mouseMoved", 5, 5))
	tab.Until(`document.getElementById("tip").hidden`)
	tab.Text(`document.getElementById("` + plot + `").focus()`)
	tab.Do(chromedp.KeyEvent(kb.Home))
	for range 3 {
		tab.Do(chromedp.KeyEvent(kb.ArrowRight))
	}
	tab.Do(chromedp.KeyEvent(kb.ArrowDown))
	if tip := tab.Text(`document.getElementById("tip").innerText`); !strings.Contains(tip, "SE") || !strings.Contains(tip, "epoch 4") {
		t.Errorf("by keys: %s", tip)
	}
}

// Of many seeds the page knows the lowest and the highest.
func TestManySeeds(t *testing.T) {
	d, err := layout.Page(madeUp(1, 20))
	if err == nil {
		d, err = d.Resolve()
	}
	if err != nil {
		t.Fatal(err)
	}
	tab := webtest.Open(t, written(t, Site{Experiments: []Experiment{{Name: "many", Page: d}}}), 1280, 900)
	plot := tab.Text(`Object.entries(JSON.parse(document.getElementById("plots").textContent)).find(([, p]) => p.traces[0].at.length === 30)[0]`)
	tab.Text(`document.getElementById("` + plot + `").focus()`)
	tab.Do(chromedp.KeyEvent(kb.Home))
	tip := tab.Text(`document.getElementById("tip").innerText`)
	want := tab.Text(`(() => {
		const t = JSON.parse(document.getElementById("plots").textContent)["` + plot + `"].traces[0], [low, high] = t.seeds[0];
		if (t.seeds[0].length !== 2 || !(low[1] < t.of[0] && t.of[0] < high[1])) return "seeds " + JSON.stringify(t.seeds[0]);
		return "20 seeds, from seed " + low[0] + ": " + Number(low[1].toPrecision(5)) + " to seed " + high[0] + ": " + Number(high[1].toPrecision(5));
	})()`)
	if !strings.Contains(tip, want) {
		t.Errorf("the tip does not say %q: %s", want, tip)
	}
}

// The page has every cell of table.md, as that is drawn from the same records; where the one in the folder was drawn by an earlier version
// of the program, that is said.
func TestFigures(t *testing.T) {
	s := committed(t)
	tab := webtest.Open(t, written(t, s), 1280, 900)
	for _, e := range s.Experiments {
		text, err := markdown.Page(e.Page)
		if err != nil {
			t.Fatal(err)
		}
		if old, err := os.ReadFile(filepath.Join("..", e.Name, "table.md")); err != nil || string(old) != text {
			t.Logf("%s: table.md is not of this version: `./reproduce.sh render` draws it again (%v)", e.Name, err)
		}
		want := cells(text)
		got := webtest.Value[[][]string](tab, `[...document.querySelectorAll("#`+strings.ReplaceAll(page.FileName(e.Name), ".",
			`\\.`)+` table.data tbody tr")].map(r => [...r.cells].map(c => c.textContent.trim()))`)
		if len(want) == 0 || !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Errorf("%s: %d rows on the page, %d in table.md, or others", e.Name, len(got), len(want))
		}
	}
}

// cells are the rows of all tables of a text in Markdown.
func cells(text string) [][]string {
	var rows [][]string
	before := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "|:") && !strings.HasPrefix(line, "|-") && strings.HasPrefix(before, "|") {
			var row []string
			for _, cell := range strings.Split(strings.ReplaceAll(line[1:len(line)-1], `\|`, "\x00"), "|") {
				row = append(row, strings.ReplaceAll(strings.TrimSpace(cell), "\x00", "|"))
			}
			rows = append(rows, row)
		}
		before = line
	}
	return rows
}
