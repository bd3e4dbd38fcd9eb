package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestFamily(t *testing.T) {
	if name := os.Getenv("CENET_KERNELS"); name == "portable" && Family() != name {
		t.Errorf("the family %s runs, not %s", Family(), name)
	}
	for i, name := range Families() {
		if f, _ := choose(name); f != supported()[i] {
			t.Errorf("%s is chosen for %s", familyNames[f], name)
		}
		restore := Use(name)
		if Family() != name {
			t.Errorf("the family %s runs, not %s", Family(), name)
		}
		restore()
	}
	list := Families()
	if f, _ := choose("another"); familyNames[f] != list[len(list)-1] {
		t.Errorf("%s is chosen for an unknown family", familyNames[f])
	}
	if !hasInstruction() {
		return
	}
	for name, want := range map[string]bool{"avx512": true, "avx512-nobf16": false, "another": true, "avx2-nobf16": true} {
		if _, got := choose(name); got != want {
			t.Errorf("%s: the instruction is used: %t", name, got)
		}
	}
	defer Use("avx512-nobf16")()
	if Family() != "avx512-nobf16" {
		t.Errorf("the family %s runs", Family())
	}
}

// The assembly is what its generator makes. The first line, which holds the command, is not compared.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the generator")
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-C", "gen", "-o", os.DevNull, "./gemm").CombinedOutput(); err != nil {
		t.Skipf("the generators cannot be built here, perhaps for want of their modules: %s", out)
	}
	for _, of := range []string{"gemm", "channels"} {
		files := []string{of + "_amd64.s", "stubs_" + of + "_amd64.go"}
		args := []string{"run", "-C", "gen", "./" + of, "-out", filepath.Join(dir, files[0]), "-stubs", filepath.Join(dir, files[1]), "-pkg",
			"kernel", "-arm64", dir}
		if of == "channels" {
			args = append(args, "-calls", filepath.Join(dir, "calls_amd64.go"))
			files = append(files, "calls_amd64.go")
		}
		files = append(files, of+"_arm64.s", "stubs_"+of+"_arm64.go", "calls_"+of+"_arm64.go")
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			t.Fatalf("%s", out)
		}
		for _, name := range files {
			want, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, want, _ = bytes.Cut(want, []byte("\n"))
			_, got, _ = bytes.Cut(got, []byte("\n"))
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what go generate makes", name)
			}
		}
	}
}
