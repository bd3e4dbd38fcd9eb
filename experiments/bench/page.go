package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// A Section of the page is what one run measured, with its command, its date and its machine. A ratio is always of two figures of one run.
type Section struct {
	Command string   `json:"command"`
	Machine []string `json:"machine"`
	Figures []Figure `json:"figures"`
}

// ReadSections reads a file of sections, a JSON object a line. A file that is not there has none.
func ReadSections(path string) ([]Section, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // writing them again would lose them
	var sections []Section
	for err == nil && d.More() {
		var s Section
		if err = d.Decode(&s); err == nil && len(s.Machine) < 2 {
			err = errors.New("expected a machine of two lines or more, the date first")
		}
		sections = append(sections, s)
	}
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", path, len(sections), err)
	}
	return sections, nil
}

// With puts a section before others and takes from them what it has measured anew. Others that keep nothing are left out.
func With(latest Section, others []Section) []Section {
	list := []Section{latest}
	for _, r := range others {
		r.Figures = slices.DeleteFunc(slices.Clone(r.Figures), func(f Figure) bool {
			return slices.ContainsFunc(latest.Figures, func(g Figure) bool { return g.row() == f.row() })
		})
		if len(r.Figures) > 0 {
			list = append(list, r)
		}
	}
	return list
}

// row is what a figure is of: where two have the same, the later replaces the earlier.
type row struct {
	mode, name, device string
	workers, batch     int
}

func (f *Figure) row() row { return row{f.Mode, f.Net + f.Kernel, f.Device, f.Workers, f.Batch} }

func (j *job) row() row {
	r := row{mode: j.mode, name: j.name, workers: j.workers, batch: j.batch}
	if j.device != nil {
		r.device = j.device.Info().Name
	}
	return r
}

// Replaces returns the first figure of another command's section that a call would measure anew, as "train resnet20/ce", and that
// command; "" if no figure is replaced. It returns an UnknownError as Run does.
func (o *Options) Replaces(sections []Section, command string) (name, by string, err error) {
	jobs, err := o.list()
	if err != nil {
		return "", "", err
	}
	for _, r := range sections {
		for _, f := range r.Figures {
			if r.Command != command && slices.ContainsFunc(jobs, func(j job) bool { return j.row() == f.row() }) {
				return f.Mode + " " + f.Net + f.Kernel, r.Command, nil
			}
		}
	}
	return "", "", nil
}

// Lines writes sections as ReadSections reads them.
func Lines(sections []Section) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, r := range sections {
		if err := e.Encode(r); err != nil {
			panic("bench: a figure that JSON cannot say")
		}
	}
	return b.Bytes()
}

// Page is a file with the sections: each with its tables, command, date and machine.
func Page(sections []Section) (string, error) {
	var b strings.Builder
	b.WriteString("# How fast\n\nMedians of several measurements, and their ratio to PyTorch's in the same run, each in turn, with the " +
		"least and the largest ratio of a pair; PyTorch in its better memory format, and with as many threads as are best for it. In " +
		"bf16 PyTorch runs under autocast. Each run has a section, the latest first; what a later run measured again is in its section " +
		"alone. Figures of different runs are not comparable: machine, load and code differ.\n")
	for _, r := range sections {
		tables, err := Tables(r.Figures)
		if err != nil {
			return "", err
		}
		machine := slices.Clone(r.Machine)
		if i := slices.IndexFunc(r.Figures, func(f Figure) bool { return f.Peer != "" }); i >= 0 {
			machine = append(machine, r.Figures[i].Peer)
		}
		fmt.Fprintf(&b, "\n## Run of %s\n\nCommand: `%s`\n\nOn %s.\n\n%s", machine[0], r.Command, strings.Join(machine[1:], "; "),
			strings.TrimRight(tables, "\n")+"\n")
	}
	return b.String(), nil
}
