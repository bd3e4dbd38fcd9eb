package web

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// view is what the template shows.
type view struct {
	page.Overview
	Live        bool
	Decisions   []stats.Decision  // of all rows, counted or not, to filter by
	Figure      *figure           // that opens the claims; nil: there is none
	Links       map[string]string // ids of experiments, by name
	Parts       []part
	Groups      []string
	Experiments []experiment
	Plots       map[string]plotData // by the id of the panel
	Rows        map[string][][]string

	Style  template.CSS
	Script template.JS
	Policy string

	colors *palette
}

// part is the topics under one heading.
type part struct {
	Head, About string
	Topics      []topic
}

// topic is a group of claims.
type topic struct {
	page.Topic
	ID   string
	Link string // id of the experiment on the page; "": it is not there
	Rows []claim
}

type claim struct {
	page.ClaimRow
	Link string // id of the figure; "": there is none
}

// experiment is a section of the page.
type experiment struct {
	ID, Name, Title, Problem string
	Quick                    bool
	About                    []string
	Facts                    []page.Fact // next to the tables
	Sections                 []section
	Machine                  []string
	Files                    []string
}

type section struct {
	ID, Head string
	Blocks   []block
	Folded   bool // shown on demand
}

type block struct {
	Text   string
	List   []string
	Table  *table
	Figure *figure
}

type table struct {
	ID, Caption string
	Columns     []tableColumn
	Rows        [][]string // those in the page from the beginning
	All         int
	Rest        bool // the others are data of the script
	Foldable    bool
	CSV         string
}

// tableColumn is the head of a column, and the class of its cells.
type tableColumn struct{ Head, Class string }

// columnClass: figures are aligned right; of texts, short ones are not broken.
func columnClass(t *page.Table, i int) string {
	const long = 26 // characters
	switch {
	case !t.Columns[i].Text:
		return ""
	case slices.ContainsFunc(t.Rows, func(r []string) bool { return len([]rune(r[i])) > long }):
		return "text long"
	}
	return "text"
}

// Rows of a table.
const (
	shownRows = 12  // before it is unfolded
	maxRows   = 200 // in the page from the beginning; the script adds the others on demand
)

var functions = template.FuncMap{"rich": rich, "count": words.Count, "look": look}

// span is a piece of a text.
type span struct {
	Text string
	Code bool
}

// rich splits a text at its back quotes.
func rich(text string) []span {
	var list []span
	for i, piece := range strings.Split(text, "`") {
		if piece != "" {
			list = append(list, span{piece, i%2 == 1})
		}
	}
	return list
}

func newView(s Site) *view {
	v := &view{
		Overview: s.Overview, Live: s.Live,
		Plots: map[string]plotData{}, Rows: map[string][][]string{}, Links: map[string]string{}, colors: &palette{},
	}
	if v.Title == "" {
		v.Title = "Results"
	}
	taken := map[string]bool{"claims": true, "live": true, "contents": true, "main": true}
	for _, e := range ordered(s) {
		id := page.FileName(e.Name)
		for n := 2; taken[id]; n++ {
			id = fmt.Sprintf("%s-%d", page.FileName(e.Name), n)
		}
		taken[id], v.Links[e.Name] = true, id
		v.Experiments = append(v.Experiments, v.experiment(id, e))
	}
	s.Overview.Correct()
	others := s.Overview.Split(false)
	v.Parts = []part{{Topics: v.topics(others, 1)}}
	if list := s.Overview.Split(true); len(list) > 0 {
		v.Parts = append(v.Parts, part{"Demonstrations", page.AboutDemonstrations, v.topics(list, len(others)+1)})
	}
	return v
}

// topics are groups of claims with links to their figures, with ids from a number on.
func (v *view) topics(list []page.Topic, id int) (groups []topic) {
	for i, t := range list {
		g := topic{Topic: t, ID: fmt.Sprintf("claims-%d", id+i), Link: v.Links[t.Name]}
		g.Head = t.Heading()
		for _, r := range t.Rows() {
			c := claim{ClaimRow: r}
			figure := g.Link + "-" + page.FileName(r.Plot)
			if _, drawn := v.Plots[panelID(figure, 0)]; drawn && r.Plot != "" && !r.Case {
				c.Link = figure
			}
			g.Rows = append(g.Rows, c)
			if !slices.Contains(v.Decisions, r.Decision) {
				v.Decisions = append(v.Decisions, r.Decision)
			}
		}
		groups = append(groups, g)
		if len(g.Rows) > 0 {
			v.Groups = append(v.Groups, g.Head)
		}
	}
	return groups
}

// look is the class of a decision.
func look(d stats.Decision) string {
	switch d {
	case stats.Reproduced:
		return "yes"
	case stats.Undecided:
		return "open"
	}
	return "no"
}

// ordered puts experiments in the order of the topics, the others after them.
func ordered(s Site) []Experiment {
	rank := map[string]int{}
	for i, t := range s.Overview.Topics {
		if _, ok := rank[t.Name]; !ok {
			rank[t.Name] = i - len(s.Overview.Topics)
		}
	}
	of := func(e Experiment) int { // those of changed settings come after the one that they change
		name, _, _ := strings.Cut(e.Name, "/")
		return rank[name]
	}
	list := slices.Clone(s.Experiments)
	slices.SortStableFunc(list, func(a, b Experiment) int { return of(a) - of(b) })
	return list
}

// experiment is the section of one. Tables and figures are shown; what only explains is folded.
func (v *view) experiment(id string, e Experiment) experiment {
	d := e.Page
	out := experiment{ID: id, Name: e.Name, Title: d.Title, Problem: e.Problem, Quick: d.Quick, Machine: d.Machine, Files: e.Files}
	out.Facts = slices.Clone(d.Facts)
	for _, paragraph := range d.About {
		for line := range strings.Lines(paragraph) {
			if line = strings.TrimSpace(line); line != "" {
				out.About = append(out.About, line)
			}
		}
	}
	tables := 0
	for i, part := range d.Sections {
		s := section{ID: fmt.Sprintf("%s-s%d", id, i+1), Head: part.Head}
		for _, text := range part.Text {
			s.Blocks = append(s.Blocks, block{Text: text})
		}
		if t := part.Table; t != nil && len(t.Rows) > 0 {
			tables++
			s.Blocks = append(s.Blocks, block{Table: v.table(fmt.Sprintf("%s-t%d", id, tables), part.Head, d.Title, t, e.Files)})
		}
		for _, text := range part.Notes {
			s.Blocks = append(s.Blocks, block{Text: text})
		}
		for k := range part.Charts {
			s.Blocks = append(s.Blocks, block{Figure: v.figure(id, &part.Charts[k])})
		}
		if len(part.List) > 0 {
			s.Blocks = append(s.Blocks, block{List: part.List})
		}
		out.Facts = append(out.Facts, part.Facts...)
		shown := func(b block) bool { return b.Table != nil || b.Figure != nil }
		s.Folded = s.Head != "" && !strings.HasPrefix(s.Head, "Failed") && !slices.ContainsFunc(s.Blocks, shown)
		if len(s.Blocks) > 0 {
			out.Sections = append(out.Sections, s)
		}
	}
	return out
}

// table shows the first rows; what is beyond maxRows is data for the script.
func (v *view) table(id, head, title string, t *page.Table, files []string) *table {
	out := &table{ID: id, Caption: title, Rows: t.Rows, All: len(t.Rows), Foldable: len(t.Rows) > shownRows+3}
	if head != "" {
		out.Caption = head
	}
	for i, c := range t.Columns {
		out.Columns = append(out.Columns, tableColumn{c.Head, columnClass(t, i)})
	}
	if csv := t.Name + ".csv"; slices.Contains(files, csv) {
		out.CSV = csv
	}
	if len(t.Rows) > maxRows {
		out.Rest, out.Rows = true, t.Rows[:maxRows]
		v.Rows[id] = t.Rows[maxRows:]
	}
	return out
}
