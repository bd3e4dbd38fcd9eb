package spec

import (
	"reflect"

	"cenet/experiments/mistake"
)

// paper reads the array of tables with the paper's figures.
func (l *loader) paper(path string, v any) {
	tables, ok := arrayOfTables(v)
	if !ok {
		l.blame(l.index.line(path), "paper", "expected tables [[paper]], got %s", describe(v))
		return
	}
	l.spec.Paper = nil
	seen := map[[2]string]int{}
	for i, table := range tables {
		at := element(path, i)
		line := l.index.line(at)
		cell := l.cell(at, table)
		name := [2]string{cell.Model, cell.Block}
		if before, twice := seen[name]; twice && cell.Model != "" {
			l.blame(line, "paper", "%s with block %s is given on line %d, too", mistake.Quote(cell.Model), mistake.Quote(cell.Block), before)
		}
		seen[name] = line
		l.spec.Paper = append(l.spec.Paper, cell)
	}
}

// cell reads one table of the paper's figures.
func (l *loader) cell(path string, table map[string]any) Cell {
	var cell Cell
	given := map[string]any{}
	for _, k := range l.inOrder(path, table) {
		at, shown := child(path, k), "paper."+k
		f := find(cellSettings, k)
		if f == nil {
			l.blame(l.index.line(at), "paper."+mistake.Plain(k), "unknown key; nearest: %q", "paper."+mistake.Nearest(k, keys(cellSettings)))
			continue
		}
		if value, ok := l.check(f, shown, at, table[k]); ok {
			given[k] = value
		}
	}
	for _, f := range cellSettings {
		if _, ok := table[f.Key]; f.Required && !ok {
			l.blame(l.index.line(path), "paper."+f.Key, "missing: %s", f.Doc)
		}
	}
	fill(cellSettings, nil, reflect.ValueOf(&cell).Elem(), given)
	return cell
}
