package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func options(mode string, only ...string) Options {
	return Options{Modes: []string{mode}, Only: only, Workers: []int{1}, Batches: []int{1}, Time: time.Nanosecond, Rounds: 1, Log: io.Discard}
}

func TestFigures(t *testing.T) {
	for _, c := range []struct{ mode, name string }{
		{"kernel", "sgemm 64×1024×576"}, {"train", "resnet20/ce"}, {"infer", "resnet18/none"}, {"infer", "resnet20/ce-bf16"},
	} {
		var figures []Figure
		if err := Run(context.Background(), options(c.mode, c.name),
			func(f Figure) error { figures = append(figures, f); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(figures) != 1 || figures[0].Net+figures[0].Kernel != c.name || figures[0].Seconds <= 0 || figures[0].GFLOPS <= 0 {
			t.Errorf("%s gives %+v", c.name, figures)
		}
		if text, err := Tables(figures); err != nil || !strings.Contains(text, strings.TrimSuffix(c.name, bfloat16)) {
			t.Errorf("table %q, error %v", text, err)
		}
	}
}

// Images are prepared in memory and from files, and the table says whether training or images limit the speed.
func TestData(t *testing.T) {
	var figures []Figure
	o := options("data")
	o.Workers = []int{2}
	if err := Run(context.Background(), o, func(f Figure) error { figures = append(figures, f); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(figures) != len(feeds) || figures[0].ImagesPerS <= 0 || figures[1].ImagesPerS <= 0 {
		t.Fatalf("figures %+v", figures)
	}
	figures = append(figures,
		Figure{Mode: "train", Net: "resnet20/none", Workers: 2, Batch: 64, ImagesPerS: figures[0].ImagesPerS / 2},
		Figure{Mode: "train", Net: "resnet50" + large + "/none", Workers: 1, Batch: 64, Device: "a device",
			ImagesPerS: 3 * figures[1].ImagesPerS},
		Figure{Mode: "train", Net: "resnet20/se", Workers: 1, Batch: 64, ImagesPerS: 1}) // nothing was measured with one worker
	rows := limits(figures)
	if len(rows) != 2 || rows[0][4] != "50.0 %" || rows[0][5] != "the network" || rows[1][4] != "300.0 %" || rows[1][5] != "the images" {
		t.Errorf("rows %q", rows)
	}
	if text, err := Tables(figures); err != nil || !strings.Contains(text, fromFiles) || !strings.Contains(text, "300.0 %") {
		t.Errorf("table %q, error %v", text, err)
	}
}

// The multiply-accumulates of an image of 32×32, convolutions and the last layer, by hand: He et al. (2016) say 41 million for
// a network without 1×1 shortcuts.
func TestOperations(t *testing.T) {
	_, macs, done, err := job{mode: "train", name: "resnet20/none", workers: 1, batch: 2}.prepare()
	if err != nil {
		t.Fatal(err)
	}
	done()
	want := 9*3*16<<10 + 6*9*16*16<<10 + 9*16*32<<8 + 5*9*32*32<<8 + 16*32<<8 + 9*32*64<<6 + 5*9*64*64<<6 + 32*64<<6 + 640
	if macs != 3*want {
		t.Errorf("%d multiply-accumulates, not %d", macs, 3*want)
	}
}

func TestUnknownName(t *testing.T) {
	err := Run(context.Background(), options("train", "resnet20/c"), nil)
	var unknown *UnknownError
	if !errors.As(err, &unknown) || !strings.Contains(err.Error(), `nearest: "resnet20/ce"`) {
		t.Errorf("error %v", err)
	}
}

func TestEveryNetworkBuilds(t *testing.T) {
	for _, mode := range []string{"train", "infer", "memory"} {
		for _, name := range Names(mode, true) {
			if _, err := setup(name, mode); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if !slices.Contains(Names("train", true), "resnet50-w0.25/ce-fused") {
		t.Error("no job for CE written for speed")
	}
}

// The largest memory is that of a separate process: the test runs itself.
func TestMemoryOf(t *testing.T) {
	const question = `{"net": "resnet20/none", "workers": 1, "batch": 4}`
	if os.Getenv("CENET_TEST_MEMORY") != "" {
		text, err := MemoryOf(question)
		fmt.Println(text, err)
		return
	}
	c := exec.Command(os.Args[0], "-test.run=^TestMemoryOf$")
	c.Env = append(os.Environ(), "CENET_TEST_MEMORY=1")
	if text, err := c.Output(); err != nil || !strings.HasPrefix(string(text), `{"bytes":`) {
		t.Errorf("%q, error %v", text, err)
	}
	if _, err := MemoryOf("{"); err == nil {
		t.Error("an invalid question has an answer")
	}
}

// A missing peer is an error that says how to install it.
func TestNoPeer(t *testing.T) {
	o := options("train", "resnet20/none")
	o.Python = "/nonexistent/python"
	if err := Run(context.Background(), o, nil); err == nil || !strings.Contains(err.Error(), "--python") {
		t.Errorf("error %v", err)
	}
}

// Where the processor has AMX, networks in bfloat16 are timed without it, too; tables name the precision in a column of its own.
func TestPrecisions(t *testing.T) {
	defer func(was bool) { amx = was }(amx)
	amx = true
	o := options("train", "resnet20/none", "resnet20/none-bf16")
	o.Trained = []int{2}
	o.Python = filepath.Join(t.TempDir(), "python")
	const python = `#!/bin/sh
[ "$1" = -c ] && exit 0
echo '{"version": "0"}'
seconds=1
[ "$ONEDNN_MAX_CPU_ISA" = AVX512_CORE_BF16 ] && seconds=2
while read question; do echo "{\"seconds\": $seconds, \"way\": \"nhwc\", \"threads\": 1}"; done
`
	if err := os.WriteFile(o.Python, []byte(python), 0o755); err != nil {
		t.Fatal(err)
	}
	var figures []Figure
	if err := Run(context.Background(), o, func(f Figure) error { figures = append(figures, f); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(figures) != 2 || figures[0].NoAMX != 0 || figures[1].NoAMX != 2 || figures[1].PeerSeconds != 1 || figures[1].Batch != 2 {
		t.Fatalf("%+v", figures)
	}
	text, err := Tables(figures)
	if err != nil || !strings.Contains(text, "precision") || !strings.Contains(text, "without AMX 1.0 images/s") ||
		strings.Contains(text, bfloat16) {
		t.Errorf("%v:\n%s", err, text)
	}
	if text, err = Tables(figures[:1]); err != nil || strings.Contains(text, "precision") {
		t.Errorf("of float32 alone: %v:\n%s", err, text)
	}
}

// BenchmarkNetworks takes steps of training and inferences with one worker; it is for profiles, as in
//
//	go test ./experiments/bench -run '^$' -bench Networks/train/resnet20/none -cpuprofile cpu.out
func BenchmarkNetworks(b *testing.B) {
	for _, mode := range []string{"train", "infer"} {
		for _, name := range Names(mode, false) {
			b.Run(mode+"/"+name, func(b *testing.B) {
				j := job{mode: mode, name: name, workers: 1, batch: 64}
				if mode == "infer" {
					j.batch = 1
				}
				step, _, done, err := j.prepare()
				if err != nil {
					b.Fatal(err)
				}
				defer done()
				step()
				for b.Loop() {
					step()
				}
				b.ReportMetric(float64(j.batch*b.N)/b.Elapsed().Seconds(), "images/s")
			})
		}
	}
}

// The page has a section for each run, with its tables, command, date and machine. A later run replaces what it has measured anew, and an
// earlier one keeps the rest.
func TestPage(t *testing.T) {
	figure := func(net string, workers int, ratio float64) Figure {
		return Figure{Mode: "train", Net: net, Workers: workers, Batch: 64, ImagesPerS: 1000, Peer: "PyTorch 1.2.3", PeerSeconds: 0.1,
			PeerWay: "nchw", PeerThreads: 2, Ratio: ratio, RatioLeast: 1.4, RatioMost: 1.6}
	}
	early := Section{"./reproduce.sh bench --peer --write", []string{"2026-01-02", "a machine"},
		[]Figure{figure("resnet20/none", 2, 1.51), figure("resnet20/none", 1, 1.52), figure("resnet20/ce", 1, 1.53)}}
	late := Section{"./reproduce.sh bench --workers 1", []string{"2026-01-03", "another"},
		[]Figure{figure("resnet20/none", 1, 1.54), figure("resnet20/none-bf16", 1, 1.55)}}
	path := filepath.Join(t.TempDir(), "bench.jsonl")
	if sections, err := ReadSections(path); err != nil || sections != nil {
		t.Errorf("without a file: %v, %v", sections, err)
	}
	if err := os.WriteFile(path, Lines(With(late, With(early, nil))), 0o644); err != nil {
		t.Fatal(err)
	}
	sections, err := ReadSections(path)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Page(sections)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, want := range []string{"## Run of 2026-01-03", "Command: `./reproduce.sh bench --workers 1`", "On another; PyTorch 1.2.3.",
		"precision", "1.54 (1.40 to 1.60)", "1.55 ", "## Run of 2026-01-02", "Command: `./reproduce.sh bench --peer --write`", "On a machine; PyTorch 1.2.3.",
		"resnet20/none", "nchw, 2 threads", "1.51 ", "resnet20/ce", "1.53 "} {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Fatalf("%q is not in\n%s", want, page[at:])
		}
		at += i
	}
	if strings.Contains(page, "1.52") || len(With(late, []Section{late})) != 1 {
		t.Errorf("a figure that was measured again remains:\n%s", page)
	}
	o := options("train", "resnet20/none-bf16", "resnet20/se")
	if figure, by, err := o.Replaces(sections, early.Command); err != nil || figure != "train resnet20/none-bf16" || by != late.Command {
		t.Errorf("replaces %q by %q, %v", figure, by, err)
	}
	if figure, _, err := o.Replaces(sections, late.Command); err != nil || figure != "" {
		t.Errorf("the same command replaces %q, %v", figure, err)
	}
	o.Workers = []int{2}
	if figure, _, err := o.Replaces(sections, ""); err != nil || figure != "" {
		t.Errorf("other workers replace %q, %v", figure, err)
	}
	if err := os.WriteFile(path, []byte("{\"command\": 1}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSections(path); err == nil || !strings.Contains(err.Error(), "bench.jsonl:1: ") {
		t.Errorf("a damaged file: %v", err)
	}
}

// The committed page is drawn from the committed figures.
func TestCommittedPage(t *testing.T) {
	sections, err := ReadSections("../../results/bench.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	page, err := Page(sections)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile("../../results/bench.md"); err != nil || string(text) != page {
		t.Errorf("results/bench.md is not what results/bench.jsonl gives, %v", err)
	}
}
