package bench

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/sys/cpu"
)

//go:embed peer/blocks.py peer/nets.py peer/peer.py
var scripts embed.FS

// A peer is a PyTorch process that answers questions, see peer/peer.py.
type peer struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	folder string
	name   string // of PyTorch, with its version
	errs   bytes.Buffer
}

// peers answer in turn with us. noAMX, nil where the processor has none or nothing is in bfloat16, is kept from its tiles.
type peers struct{ usual, noAMX *peer }

// start starts those that the jobs need.
func (p *peers) start(ctx context.Context, o Options, todo []job) (err error) {
	if o.Python == "" {
		return nil
	}
	if p.usual, err = startPeer(ctx, o.Python, o.Device != nil); err != nil {
		return err
	}
	if amx && slices.ContainsFunc(todo, func(j job) bool { return strings.HasSuffix(j.name, bfloat16) }) {
		p.noAMX, err = startPeer(ctx, o.Python, false, "ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16")
	}
	return err
}

// close ends those that were started.
func (p *peers) close() {
	for _, one := range []**peer{&p.usual, &p.noAMX} {
		if *one != nil {
			(*one).close()
			*one = nil
		}
	}
}

// amx reports whether the processor has tiles of bfloat16, which PyTorch uses and we do not.
var amx = cpu.X86.HasAMXBF16

type question struct {
	Net     string  `json:"net"`
	Mode    string  `json:"mode"`
	Small   bool    `json:"small,omitempty"` // images of 32×32, not 224×224
	Workers int     `json:"workers"`
	Batch   int     `json:"batch"`
	Seconds float64 `json:"seconds"`
	Way     string  `json:"way,omitempty"`    // memory format, in the mode memory only
	Device  string  `json:"device,omitempty"` // cuda; "": the CPU
	TF32    bool    `json:"tf32,omitempty"`   // on cuda
	// BFloat16 turns on the CPU's autocast to bfloat16.
	BFloat16 bool `json:"bf16,omitempty"`
}

func (q question) String() string { return line(q) }

type answer struct {
	Seconds float64 `json:"seconds,omitempty"`
	Way     string  `json:"way,omitempty"`
	Threads int     `json:"threads,omitempty"`
	Bytes   int     `json:"bytes,omitempty"`
}

func (a answer) String() string { return line(a) }

func line(v any) string {
	text, _ := json.Marshal(v) // numbers and strings: no error
	return string(text)
}

// unpack writes the scripts to a temporary folder, which the caller removes.
func unpack() (folder string, err error) {
	if folder, err = os.MkdirTemp("", "cenet-peer-"); err != nil {
		return "", err
	}
	return folder, os.CopyFS(folder, scripts)
}

// startPeer starts PyTorch with additions to the environment, with cuda on CUDA: measurements there need no torchvision.
func startPeer(ctx context.Context, python string, cuda bool, env ...string) (*peer, error) {
	test, want, from := "import torch, torchvision", "PyTorch with torchvision",
		"on Debian: apt-get install python3-torch python3-torchvision libopenblas0"
	if cuda {
		test, want, from = "import torch; torch.cuda.init()", "PyTorch with CUDA", "https://pytorch.org/get-started has it"
	}
	if out, err := exec.CommandContext(ctx, python, "-c", test).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("bench: %s has no %s (%s); %s, or name another with --python",
			python, want, lastLine(string(out), err), from)
	}
	folder, err := unpack()
	if err != nil {
		return nil, err
	}
	p := &peer{folder: folder}
	p.cmd = exec.CommandContext(ctx, python, "-B", filepath.Join(folder, "peer", "peer.py"))
	p.cmd.Stderr = &p.errs
	p.cmd.Env = slices.Concat(os.Environ(), openBLAS(), env)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if !p.out.Scan() { // while PyTorch is loaded nothing else is measured
		p.close()
		return nil, fmt.Errorf("bench: PyTorch does not start: %s", lastLine(p.errs.String(), nil))
	}
	var loaded struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(p.out.Bytes(), &loaded); err != nil {
		p.close()
		return nil, fmt.Errorf("bench: PyTorch does not start: %w", err)
	}
	p.name = "PyTorch " + loaded.Version
	return p, nil
}

// openBLAS names the kernels of OpenBLAS that fit the processor. PyTorch uses OpenBLAS for some products, and OpenBLAS takes processors
// newer than itself for very old ones. A choice in the environment has priority.
func openBLAS() []string {
	const name = "OPENBLAS_CORETYPE"
	switch {
	case os.Getenv(name) != "":
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL:
		return []string{name + "=SkylakeX"}
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return []string{name + "=Haswell"}
	}
	return nil
}

func (p *peer) close() {
	p.in.Close()
	p.cmd.Wait()
	os.RemoveAll(p.folder)
}

// errNoAnswer is the error of a PyTorch that has ended.
var errNoAnswer = errors.New("PyTorch does not answer")

// time asks for one measurement.
func (p *peer) time(q question) (a answer, err error) {
	if _, err := fmt.Fprintln(p.in, q); err != nil || !p.out.Scan() {
		p.cmd.Wait()
		return a, fmt.Errorf("%w: %s", errNoAnswer, lastLine(p.errs.String(), err))
	}
	return a, json.Unmarshal(p.out.Bytes(), &a)
}

func peerMemory(ctx context.Context, python string, q question) (a answer, err error) {
	folder, err := unpack()
	if err != nil {
		return a, err
	}
	defer os.RemoveAll(folder)
	cmd := exec.CommandContext(ctx, python, "-B", filepath.Join(folder, "peer", "peer.py"), "--memory")
	cmd.Stdin = strings.NewReader(q.String() + "\n")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	cmd.Env = append(os.Environ(), openBLAS()...)
	out, err := cmd.Output()
	if err != nil {
		return a, fmt.Errorf("PyTorch: %s", lastLine(errs.String(), err))
	}
	return a, json.Unmarshal(out, &a)
}

// lastLine is the last line of a message that has a letter, or the error without such a line.
func lastLine(text string, err error) string {
	for _, line := range slices.Backward(strings.Split(text, "\n")) {
		if strings.ContainsFunc(line, unicode.IsLetter) {
			return strings.TrimSpace(line)
		}
	}
	return fmt.Sprint(err)
}
