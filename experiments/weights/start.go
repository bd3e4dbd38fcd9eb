package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"cenet/experiments/mistake"
	"cenet/nn"
	"cenet/nn/statedict"
)

// hashes are those of files by path, as long as size and time stay.
var hashes sync.Map

type hashed struct {
	size int64
	time time.Time
	hash string
}

// Hash is the SHA-256 of a file in hexadecimal. The error is a mistake.Error.
func Hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", mistake.Errorf("%s: %w", path, mistake.Bare(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", mistake.Errorf("%s: %w", path, err)
	}
	if h, ok := hashes.Load(path); ok && h.(hashed).size == info.Size() && h.(hashed).time.Equal(info.ModTime()) {
		return h.(hashed).hash, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", mistake.Errorf("%s: %w", path, mistake.Bare(err))
	}
	sum := hex.EncodeToString(h.Sum(nil))
	hashes.Store(path, hashed{info.Size(), info.ModTime(), sum})
	return sum, nil
}

// Start sets the network's parameters and buffers from a file of that hash, under PyTorch's names, to train from there. What the file may
// lack, statedict.Start says. The lines say what is read, what is ignored and what keeps its initial values. The error, of one line, is a
// mistake.Error; the network is then not to be used.
func Start(n Network, net *nn.Network, path, hash string) (lines []string, err error) {
	if now, err := Hash(path); err != nil {
		return nil, err
	} else if now != hash {
		return nil, mistake.Errorf("%s: has changed since the run began: its SHA-256 was %.12s… and is %.12s…", path, hash, now)
	}
	f, file, err := openStored(path)
	if err != nil {
		return nil, mistake.Errorf("%s: %w", path, err)
	}
	defer file.Close()
	m, err := statedict.Start(f, n.Names().Tensors(net))
	if err == nil {
		err = m.Set(f)
	}
	if err != nil {
		return nil, mistake.Errorf("%s: %w", path, withNearest(n, err))
	}
	lines = []string{fmt.Sprintf("%s (SHA-256 %.12s…): %d tensors are read into %s", path, hash, len(m.Read), n)}
	if len(m.Ignored) > 0 {
		lines = append(lines, "  ignored: "+ignored(m))
	}
	if len(m.Fresh) > 0 {
		lines = append(lines, "  starts fresh: "+fresh(m))
	}
	return append(lines, notesOf(path)...), nil
}

// ignored names the tensors of the file that are not read.
func ignored(m statedict.Match) string {
	counters := len(m.Ignored)
	m.Ignored = slices.DeleteFunc(m.Ignored, statedict.Counter)
	counters -= len(m.Ignored)
	var parts []string
	if m.Classes > 0 {
		parts = append(parts, fmt.Sprintf("%s, a classifier of %d classes", strings.Join(m.Ignored, " and "), m.Classes))
	}
	if counters > 0 {
		parts = append(parts, fmt.Sprintf("counters (%d)", counters))
	}
	return strings.Join(parts, "; ")
}

// fresh names the tensors of the network that the file lacks.
func fresh(m statedict.Match) string {
	var parts []string
	sites, tensors, first := map[string]bool{}, 0, ""
	for _, w := range m.Fresh {
		site, _, blocked := statedict.InBlock(w.Path)
		switch {
		case !blocked:
			parts = append(parts, w.Name)
			continue
		case first == "":
			first = w.Name
		}
		tensors++
		sites[site] = true
	}
	if tensors > 0 {
		parts = append(parts, fmt.Sprintf("channel blocks (%d, with %d tensors, such as %s)", len(sites), tensors, first))
	}
	return strings.Join(parts, ", ")
}

// Frozen returns the paths of the parameters whose PyTorch names match one of the patterns, which spaces separate. A pattern is a name in
// which * matches any text and ? any character, as path.Match has it. The error, of one line, is a mistake.Error.
func Frozen(n Network, params []*nn.Param, patterns string) (map[string]bool, error) {
	frozen := map[string]bool{}
	names := n.Names()
	for _, pattern := range strings.Fields(patterns) {
		var known []string // their first parts, as many as the pattern has
		found := false
		for _, p := range params {
			name := names.Tensor(p.Path, p.Shape, nil).Name
			parts := strings.Split(name, ".")
			known = append(known, strings.Join(parts[:min(len(parts), 1+strings.Count(pattern, "."))], "."))
			match, err := path.Match(pattern, name)
			if err != nil {
				return nil, mistake.Errorf("%s is not a valid pattern: * matches any text, ? a character, [ab] one of these", mistake.Quote(pattern))
			}
			if match {
				frozen[p.Path], found = true, true
			}
		}
		if !found {
			return nil, mistake.Errorf("%s matches no parameter of %v; nearest: %q", mistake.Quote(pattern), n, mistake.Nearest(pattern, known))
		}
	}
	if len(frozen) == len(params) {
		return nil, mistake.Errorf("%s freezes all parameters of %v: there is nothing to train", mistake.Quote(patterns), n)
	}
	return frozen, nil
}

// withNearest adds the nearest name to an error about a name.
func withNearest(n Network, err error) error {
	var other *statedict.NameError
	if errors.As(err, &other) {
		return fmt.Errorf("%w (%v); nearest: %q", err, n, mistake.Nearest(other.Name, other.Known))
	}
	return err
}
