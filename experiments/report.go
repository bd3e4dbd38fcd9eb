package experiments

import (
	"os"
	"path/filepath"

	"cenet/results"
)

// recordsFile stands beside the tables it is drawn into.
const recordsFile = "records.jsonl"

// write puts the records and what is drawn from them into the experiment's folder.
func write(s *Spec, o Options, trials []Trial, records []results.Record) error {
	dir := s.folder(o)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := results.WriteRecords(filepath.Join(dir, recordsFile), inOrder(records, trials)); err != nil {
		return err
	}
	files, err := results.Render(dir, s.Layout(o.Quick, trials), records)
	if err != nil {
		return err
	}
	for _, f := range files {
		if o.Log != nil {
			(&progress{out: o.Log}).printf("wrote %s", f)
		}
	}
	return nil
}

// Render draws tables and plots again from the records in the experiment's folder.
func Render(s *Spec, o Options) ([]string, error) {
	dir := s.folder(o)
	records, err := results.ReadRecords(filepath.Join(dir, recordsFile))
	if err != nil {
		return nil, err
	}
	trials := s.Trials()
	if o.Quick {
		trials = quick(trials)
	}
	return results.Render(dir, s.Layout(o.Quick, trials), records)
}

func (s *Spec) folder(o Options) string {
	if o.Quick {
		return filepath.Join(o.Out, s.Name, "quick")
	}
	return filepath.Join(o.Out, s.Name)
}

// inOrder sorts records as the experiment lists its trials, costs first.
func inOrder(records []results.Record, trials []Trial) []results.Record {
	var list []results.Record
	for _, r := range records {
		if r.Kind == results.KindNetwork {
			list = append(list, r)
		}
	}
	for _, t := range trials {
		for _, r := range records {
			if r.Kind == results.KindTrial && r.Name == t.String() {
				list = append(list, r)
			}
		}
	}
	return list
}

// Layout is what the tables say about the experiment beside its records.
func (s *Spec) Layout(quick bool, trials []Trial) results.Layout {
	l := results.Layout{
		Title: s.Title, Kind: s.Table, Axes: s.Axes(), Quick: quick,
		About:          []string{s.About},
		ExpectBaseline: s.Expect.BaselineTop1 / 100,
		Notes: []string{
			"Same measurement as the paper: GFLOPs (multiply-accumulates of convolutions and linear maps, plus one for " +
				"each elementary operation of everything else), parameters, and the place of the blocks. CPU (s) is the " +
				"time of one picture on this machine, not the paper's.",
			"Scaled down: the pictures, the width and the epochs of the networks that the accuracies are of; the file " +
				"of the experiment names them.",
		},
		Labels: map[string]string{"none": "baseline", "se": "SE", "ce": "CE", "resnet18": "ResNet-18", "resnet50": "ResNet-50", "resnet101": "ResNet-101"},
	}
	for _, c := range s.Paper {
		l.Paper = append(l.Paper, results.PaperCell(c))
	}
	for _, t := range trials {
		l.Planned = append(l.Planned, t.Settings())
	}
	return l
}
