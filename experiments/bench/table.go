package bench

import (
	"fmt"
	"slices"
	"strings"

	"cenet/nn"
	"cenet/results/markdown"
	"cenet/results/page"
)

// Tables draws a table for each mode.
func Tables(figures []Figure) (string, error) {
	var text strings.Builder
	for _, mode := range Modes {
		var rows [][]string
		peer, bfloat := false, false
		for _, f := range figures {
			if f.Mode == mode {
				rows = append(rows, f.cells())
				peer, bfloat = peer || f.PeerWay != "", bfloat || strings.HasSuffix(f.Net, bfloat16)
			}
		}
		if bfloat {
			rows = inPrecisions(rows)
		}
		if err := write(&text, mode, rows, bfloat, !peer && slices.Contains(peerModes, mode)); err != nil {
			return "", err
		}
		if mode == "train" {
			if err := write(&text, "limits", limits(figures), false, false); err != nil {
				return "", err
			}
		}
	}
	return text.String(), nil
}

// inPrecisions takes the precision out of the names of networks, to a second column.
func inPrecisions(rows [][]string) [][]string {
	for i, row := range rows {
		precision := nn.Float32.String()
		if name, ok := strings.CutSuffix(row[0], bfloat16); ok {
			row[0], precision = name, nn.BFloat16.String()
		}
		rows[i] = slices.Insert(row, 1, precision)
	}
	return rows
}

// write writes a table if it has rows. With bfloat it has a second column of precisions. With alone it lacks the peer's columns, which
// are the last.
func write(text *strings.Builder, name string, rows [][]string, bfloat, alone bool) error {
	if rows == nil {
		return nil
	}
	t := &page.Table{Name: name, Rows: rows}
	for i, head := range heads[name] {
		t.Columns = append(t.Columns, page.Column{Head: head, Text: i == 0})
		if i == 0 && bfloat {
			t.Columns = append(t.Columns, page.Column{Head: "precision", Text: true})
		}
	}
	if alone {
		t.Columns = t.Columns[:len(t.Columns)-3]
		for i, row := range t.Rows {
			t.Rows[i] = row[:len(t.Columns)]
		}
	}
	table, err := markdown.Table(t)
	fmt.Fprintf(text, "%s\n", table)
	return err
}

// peerModes are the modes in which the peer is measured.
var peerModes = []string{"train", "infer", "memory"}

var heads = map[string][]string{
	"data":   {"images", "workers", "images/s", "of a worker"},
	"limits": {"training", "on", "images/s", "images prepared/s", "time of the workers", "limit"},
	"kernel": {"kernel", "GFLOP/s", "share of peak"},
	"train":  {"training", "workers", "batch", "images/s", "GFLOP/s", "PyTorch images/s", "at its best with", "ratio"},
	"infer":  {"inference", "workers", "batch", "ms", "GFLOP/s", "PyTorch ms", "at its best with", "ratio"},
	"memory": {"memory of training", "workers", "batch", "MB", "PyTorch MB", "layout", "ratio"},
}

func (f Figure) cells() []string {
	number := func(x float64, decimals int) string {
		if x == 0 {
			return "–"
		}
		return fmt.Sprintf("%.*f", decimals, x)
	}
	at := []string{f.Net, fmt.Sprint(f.Workers), fmt.Sprint(f.Batch)}
	ratio, way := number(f.Ratio, 2), f.PeerWay
	if f.RatioLeast > 0 {
		ratio += fmt.Sprintf(" (%.2f to %.2f)", f.RatioLeast, f.RatioMost)
	}
	if f.PeerThreads > 0 {
		way += fmt.Sprintf(", %d threads", f.PeerThreads)
	}
	if f.NoAMX > 0 && f.Mode == "train" {
		way += fmt.Sprintf("; without AMX %.1f images/s", float64(f.Batch)/f.NoAMX)
	} else if f.NoAMX > 0 {
		way += fmt.Sprintf("; without AMX %.2f ms", 1e3*f.NoAMX)
	}
	switch f.Mode {
	case "kernel":
		share := "–"
		if f.Share > 0 {
			share = fmt.Sprintf("%.0f %%", 100*f.Share)
		}
		return []string{f.Kernel, number(f.GFLOPS, 1), share}
	case "data":
		return []string{f.Net, fmt.Sprint(f.Workers), number(f.ImagesPerS, 1), number(f.ImagesPerS/float64(max(1, f.Workers)), 1)}
	case "train":
		if f.TF32Seconds > 0 {
			way += fmt.Sprintf(", float32; with TF32 %.1f images/s", float64(f.Batch)/f.TF32Seconds)
		}
		peer := 0.0
		if f.PeerSeconds > 0 {
			peer = float64(f.Batch) / f.PeerSeconds
		}
		return append(at, number(f.ImagesPerS, 1), number(f.GFLOPS, 1), number(peer, 1), way, ratio)
	case "infer":
		return append(at, number(1e3*f.Seconds, 2), number(f.GFLOPS, 1), number(1e3*f.PeerSeconds, 2), way, ratio)
	}
	return append(at, number(float64(f.Bytes)/1e6, 0), number(float64(f.PeerBytes)/1e6, 0), f.PeerWay, ratio)
}
