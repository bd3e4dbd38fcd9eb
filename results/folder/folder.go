// Package folder reads and writes the folder of an experiment: its page or its records with their layout, and what is drawn from them.
package folder

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"cenet/nn/durable"
	"cenet/results"
	"cenet/results/layout"
	"cenet/results/markdown"
	"cenet/results/page"
	"cenet/results/plot"
)

// Files of a folder from which the others can be drawn again.
const (
	PageFile   = "page.json"
	layoutFile = "layout.json" // with results.RecordsFile
)

// Render draws the page of some records into dir, which it creates: table.md, CSV files, charts as PNG and SVG, and
// the layout, so that the folder with its records can be drawn again by itself. It returns the page and the
// files written, table.md first. The same layout and records give the same bytes. Trials that failed or are missing are
// listed on the page; records that do not fit the layout are an error.
func Render(dir string, l layout.Layout, records []results.Record) (page.Page, []string, error) {
	p, err := layout.Page(l, records)
	if err != nil {
		return p, nil, err
	}
	files, err := write(dir, p, layoutFile, l.Short())
	return p, files, err
}

// RenderPage draws a page into dir, which it creates, and keeps it there. It returns the files written, table.md first. The same page gives
// the same bytes.
func RenderPage(dir string, p page.Page) ([]string, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return write(dir, p, PageFile, p)
}

// write draws a page, and keeps in a file what it can be drawn from again.
func write(dir string, p page.Page, name string, source any) ([]string, error) {
	kept, err := json.Marshal(source)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(); err != nil {
		return nil, err
	}
	text, err := markdown.Page(p)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{name: append(kept, '\n')}
	for _, s := range p.Sections {
		for _, t := range s.Tables() {
			if t.Name == "" {
				continue
			}
			if files[t.Name+".csv"], err = asCSV(t); err != nil {
				return nil, err
			}
		}
		for _, c := range s.Charts {
			drawn, err := plot.Files(c)
			if err != nil {
				return nil, err
			}
			for ending, data := range drawn {
				files[c.Name+ending] = data
			}
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	written := []string{filepath.Join(dir, "table.md")}
	if err := durable.WriteBytes(written[0], []byte(text)); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		if err := durable.WriteBytes(path, files[name]); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}

func asCSV(t *page.Table) ([]byte, error) {
	rows := t.CSV
	if rows == nil {
		head := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			head[i] = c.Head
		}
		rows = append([][]string{head}, t.Rows...)
	}
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return b.Bytes(), err
}

// ReadPage reads the page that RenderPage kept in dir.
func ReadPage(dir string) (page.Page, error) {
	path := filepath.Join(dir, PageFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return page.Page{}, err
	}
	var p page.Page
	if err = json.Unmarshal(text, &p); err == nil {
		err = p.Validate()
	}
	if err != nil {
		return page.Page{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// Read reads what an experiment has left in its folder, as a page: the page of a check, or that of its records. If the folder has
// neither, the error wraps fs.ErrNotExist.
func Read(dir string) (page.Page, error) {
	p, err := ReadPage(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	path := filepath.Join(dir, results.RecordsFile)
	records, err := results.ReadRecords(path)
	if err != nil {
		return page.Page{}, err
	}
	file := filepath.Join(dir, layoutFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return page.Page{}, fmt.Errorf("%s: %s is missing, which describes the experiment: `./reproduce.sh render %s` writes it", path,
			layoutFile, filepath.Base(dir))
	}
	if err != nil {
		return page.Page{}, err
	}
	l, err := layout.Parse(text)
	if err != nil {
		return page.Page{}, fmt.Errorf("%s: %w", file, err)
	}
	if p, err = layout.Page(l, records); err != nil {
		return page.Page{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// WriteOverview draws the overview of all claims into a file, and its chart next to it.
func WriteOverview(path string, o page.Overview) error {
	text, err := markdown.Overview(o)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	opening, err := o.Opening()
	if err != nil {
		return err
	}
	if opening != nil {
		files, err := plot.Files(*opening)
		if err != nil {
			return err
		}
		for ending, data := range files {
			if err := durable.WriteBytes(filepath.Join(dir, opening.Name+ending), data); err != nil {
				return err
			}
		}
	}
	return durable.WriteBytes(path, []byte(text))
}
