// Package web draws everything that is in a folder of results as one page of HTML, which needs no other file: styles, script,
// figures and their data are in it, and it asks for nothing over a network. The same results give the same bytes.
//
//	web.go      reading a folder, and the page as a whole
//	view.go     what the template shows
//	svg.go      figures as SVG
//	data.go     what the script shows of a figure at the pointer
//	palette.go  the colours of the figures, on light and on dark
//	page.html, style.css, page.js, live.js
//
// Whatever comes from a file is escaped by html/template, or by escape in svg.go; the policy of the page allows its own style and
// script alone, by their hashes.
package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cenet/nn/durable"
	"cenet/results"
	"cenet/results/folder"
	"cenet/results/page"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed style.css
	styleCSS string
	//go:embed page.js
	pageJS string
	//go:embed live.js
	liveJS string
)

// File is the name of the page in the folder of the results.
const File = "index.html"

// A Site is what the page shows.
type Site struct {
	Overview    page.Overview
	Experiments []Experiment
	Live        bool // the page follows what is under way, from /events of the server that it comes from
}

// An Experiment is the folder of one.
type Experiment struct {
	Name    string    // of the folder, as seen from that of the results, with slashes
	Page    page.Page // complete
	Files   []string  // that the page refers to
	Problem string    // why there is nothing to show; "" where there is
}

// Read reads the folders of a folder of results, in alphabetical order, those of changed settings after the one that they change.
// One that cannot be read is in the list with its problem, and all these are in the error.
func Read(dir string) ([]Experiment, error) {
	var list []Experiment
	var problems []error
	visit := func(name string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		p, err := folder.Read(path)
		if errors.Is(err, fs.ErrNotExist) && !holds(path) {
			return
		}
		if err == nil {
			p, err = p.Resolve()
		}
		e := Experiment{Name: name, Page: p, Files: files(path)}
		if err != nil {
			e.Page = page.Page{Title: name}
			e.Problem = err.Error()
			problems = append(problems, err)
		}
		list = append(list, e)
	}
	names, err := folders(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		visit(name)
		changed, err := folders(filepath.Join(dir, name, "changed"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, err)
		}
		for _, c := range changed {
			visit(name + "/changed/" + c)
		}
	}
	return list, errors.Join(problems...)
}

// holds reports whether a folder has what an experiment leaves.
func holds(dir string) bool {
	for _, name := range []string{results.RecordsFile, folder.PageFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

func folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			list = append(list, e.Name())
		}
	}
	return list, nil
}

// files are the tables and data of an experiment.
func files(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		if !e.IsDir() && slices.Contains([]string{".md", ".csv", ".json", ".jsonl"}, filepath.Ext(e.Name())) {
			list = append(list, e.Name())
		}
	}
	return list
}

// Write draws the page into dir, and returns its path.
func Write(dir string, s Site) (string, error) {
	drawn, err := Page(s)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, File)
	return path, durable.WriteBytes(path, drawn.HTML)
}

// A Drawn page is its text, and the policy under which it is to be shown.
type Drawn struct {
	HTML   []byte
	Policy string // for the header Content-Security-Policy; the page has one like it itself
}

var pageTemplate = template.Must(template.New("page").Funcs(functions).Parse(pageHTML))

// Page draws the page.
func Page(s Site) (Drawn, error) {
	v := newView(s)
	opening, err := s.Overview.Opening()
	if err != nil {
		return Drawn{}, fmt.Errorf("the page: %w", err)
	}
	if opening != nil {
		v.Figure = v.figure("claims", opening)
	}
	v.Style = template.CSS(styleCSS + v.colors.css())
	script := pageJS
	connect := "'none'"
	if s.Live {
		script += liveJS
		connect = "'self'"
	}
	v.Script = template.JS(script)
	v.Policy = fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; img-src data:; connect-src %s; base-uri 'none'; form-action "+
		"'none'",
		hashed(string(v.Style)), hashed(script), connect)
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return Drawn{}, fmt.Errorf("the page: %w", err)
	}
	return Drawn{b.Bytes(), v.Policy + "; frame-ancestors 'none'"}, nil
}

// hashed is how a policy names a style or a script in the page.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
