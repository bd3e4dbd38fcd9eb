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
		if f := choose(name); int(f) != i {
			t.Errorf("%s is chosen for %s", familyNames[f], name)
		}
		restore := Use(name)
		if Family() != name {
			t.Errorf("the family %s runs, not %s", Family(), name)
		}
		restore()
	}
	if f := choose("another"); f != fastest() {
		t.Errorf("%s is chosen for an unknown family", familyNames[f])
	}
}

// The assembly is what its generator makes. The first line, which holds the command, is not compared.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the generator")
	}
	dir := t.TempDir()
	for _, args := range [][]string{{"build", "-C", "gen", "-o", os.DevNull, "./gemm"},
		{"run", "-C", "gen", "./gemm", "-out", filepath.Join(dir, "gemm_amd64.s"), "-stubs", filepath.Join(dir, "stubs_gemm_amd64.go"), "-pkg", "kernel"}} {
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			if args[0] == "build" {
				t.Skipf("the generator cannot be built here, perhaps for want of its modules: %s", out)
			}
			t.Fatalf("%s", out)
		}
	}
	for _, name := range []string{"gemm_amd64.s", "stubs_gemm_amd64.go"} {
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
