package kernel

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// On arm64, where the compiler may contract x*y + z into one rounding, it does so nowhere in what decides the bits of a training and of
// what is measured on it, but where math.FMA asks for it. (On amd64 it never does, so that results would differ.)
func TestNoContraction(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the network library for arm64")
	}
	packages := []string{"../../nn/...", "../../ce", "../../corrupt", "../../ablation"}
	c := exec.Command("go", append([]string{"build", "-gcflags=-S"}, packages...)...)
	c.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0", "GOFLAGS=")
	listing, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, listing)
	}
	instruction := regexp.MustCompile(`\((\S+):(\d+)\)\s+(FN?M(?:ADD|SUB)[SD])`)
	seen, functions := map[string]bool{}, 0
	for line := range strings.Lines(string(listing)) {
		if strings.Contains(line, " STEXT ") {
			functions++
		}
		m := instruction.FindStringSubmatch(line)
		if m == nil || seen[m[1]+m[2]] || exempt(m[1]) {
			continue
		}
		seen[m[1]+m[2]] = true
		number, _ := strconv.Atoi(m[2])
		if source := sourceLine(t, m[1], number); !strings.Contains(source, "math.FMA(") {
			t.Errorf("%s:%s: %s contracts %s", m[1], m[2], m[3], source)
		}
	}
	if functions < 500 {
		t.Errorf("the listing has %d functions", functions)
	}
}

// exempt reports whether a file holds no part of a training: a float64 interpreter, what tests layers, or another module's.
func exempt(file string) bool {
	return strings.Contains(file, "/nn/nntest/") || strings.Contains(file, "/nn/graph/") ||
		strings.Contains(file, "/pkg/mod/")
}

func sourceLine(t *testing.T, file string, number int) string {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.Split(string(data), "\n")[number-1])
}
