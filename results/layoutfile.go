package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"cenet/nn/durable"
)

// layoutFile keeps the layout beside the records, so that a folder can be drawn again from what is in it.
const layoutFile = "layout.json"

// writeLayout keeps a layout. Of the planned trials it keeps what tells them apart.
func writeLayout(dir string, l Layout) error {
	keep := append(l.axes(), SeedKey)
	planned := make([]map[string]any, len(l.Planned))
	for i, p := range l.Planned {
		planned[i] = map[string]any{}
		for _, key := range keep {
			if v, ok := p[key]; ok {
				planned[i][key] = v
			}
		}
	}
	l.Planned = planned
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return durable.WriteBytes(filepath.Join(dir, layoutFile), append(text, '\n'))
}

// readLayout reads what writeLayout kept in dir.
func readLayout(dir string) (Layout, error) {
	path := filepath.Join(dir, layoutFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Layout{}, err
	}
	var l Layout
	if err := unmarshalStrict(bytes.TrimSpace(text), &l); err != nil {
		return Layout{}, fmt.Errorf("%s: %w", path, err)
	}
	for _, p := range l.Planned {
		for key, v := range p {
			p[key] = plainNumbers(v)
		}
	}
	if err := l.Validate(); err != nil {
		return Layout{}, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}
