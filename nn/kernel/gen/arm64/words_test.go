package arm64

import (
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The instructions that are written as words are those written next to them, as binutils reads them.
func TestWords(t *testing.T) {
	objdump := "aarch64-linux-gnu-objdump"
	if _, err := exec.LookPath(objdump); err != nil {
		t.Skip(objdump + " is not installed (package binutils-aarch64-linux-gnu)")
	}
	want := map[uint32]string{}
	for _, name := range []string{"gemm", "channels"} {
		text, err := os.ReadFile("../../" + name + "_arm64.s")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`WORD\t\$0x([0-9a-f]{8})\t// (.*)`).FindAllStringSubmatch(string(text), -1) {
			code, err := strconv.ParseUint(m[1], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			want[uint32(code)] = m[2]
		}
	}
	if len(want) < 1000 {
		t.Fatalf("only %d words are found", len(want))
	}
	codes := slices.Sorted(maps.Keys(want))
	var raw []byte
	for _, c := range codes {
		raw = binary.LittleEndian.AppendUint32(raw, c)
	}
	file := filepath.Join(t.TempDir(), "words")
	if err := os.WriteFile(file, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(objdump, "-D", "-b", "binary", "-m", "aarch64", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := regexp.MustCompile(`(?m)^ *[0-9a-f]+:\t([0-9a-f]{8}) \t(.*)$`).FindAllStringSubmatch(string(out), -1)
	if len(lines) != len(codes) {
		t.Fatalf("%d of %d words are read", len(lines), len(codes))
	}
	for i, m := range lines {
		if got := strings.Join(strings.Fields(m[2]), " "); m[1] != fmt.Sprintf("%08x", codes[i]) || got != want[codes[i]] {
			t.Errorf("%08x is %q, not %q", codes[i], got, want[codes[i]])
		}
	}
}
