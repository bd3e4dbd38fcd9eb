package amd64

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The bytes of instructions that Go's assembler lacks are those of the comment above them, as binutils reads them.
func TestBytes(t *testing.T) {
	const objdump = "objdump"
	if _, err := exec.LookPath(objdump); err != nil {
		t.Skip(objdump + " is not installed (package binutils)")
	}
	text, err := os.ReadFile("../../gemm_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string, bits int) uint64 {
		n, err := strconv.ParseUint(s, 0, bits)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var raw []byte
	var want []string
	for _, m := range regexp.MustCompile(`// (V\w+ .*)\n\s*LONG +\$(\w+)\n\s*WORD +\$(\w+)\n((?:\s*BYTE +\$\w+\n)*)`).FindAllStringSubmatch(string(text), -1) {
		want = append(want, m[1])
		raw = binary.LittleEndian.AppendUint32(raw, uint32(number(m[2], 32)))
		raw = binary.LittleEndian.AppendUint16(raw, uint16(number(m[3], 16)))
		for _, b := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(m[4], -1) {
			raw = append(raw, byte(number(b[1], 8)))
		}
	}
	if len(want) < 500 {
		t.Fatalf("only %d instructions are found", len(want))
	}
	file := filepath.Join(t.TempDir(), "bytes")
	if err := os.WriteFile(file, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(objdump, "-D", "-b", "binary", "-m", "i386:x86-64", "--no-show-raw-insn", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := regexp.MustCompile(`(?m)^ *[0-9a-f]+:\s+(\S.*)$`).FindAllStringSubmatch(string(out), -1)
	if len(lines) != len(want) {
		t.Fatalf("%d of %d instructions are read", len(lines), len(want))
	}
	for i, m := range lines {
		if got := goSyntax(m[1]); got != want[i] {
			t.Errorf("instruction %d is %q, not %q", i, got, want[i])
		}
	}
}

// goSyntax turns an instruction in the syntax of GNU's assembler into Go's.
func goSyntax(s string) string {
	name, operands, _ := strings.Cut(strings.ReplaceAll(s, "%zmm", "%z"), " ")
	operands = strings.ReplaceAll(strings.TrimSpace(operands), "{1to16}", "")
	operands = regexp.MustCompile(`%r(ax|bx|cx|dx|si|di|bp)`).ReplaceAllString(operands, "%$1")
	operands = regexp.MustCompile(`(?:0x0)?\((%\w+),(%\w+),(\d)\)`).ReplaceAllString(operands, "($1)($2*$3)")
	operands = strings.ReplaceAll(strings.ReplaceAll(operands, "0x0(", "("), "%", "")
	return strings.ToUpper(name + " " + strings.ReplaceAll(operands, ",", ", "))
}
