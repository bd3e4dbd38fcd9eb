package nash

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// No product of this package is fused with a sum, which the compiler may do on other processors: float64(x*y) forbids it. So the figures do
// not depend on the level of the processor that the program is built for. What gonum computes does, but for builds by reproduce.sh.
func TestNoFusedProducts(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the package once more")
	}
	c := exec.Command("go", "build", "-gcflags=-S", "-o", os.DevNull, ".")
	c.Env = append(os.Environ(), "GOARCH=amd64", "GOAMD64=v3", "CGO_ENABLED=0", "GOFLAGS=")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Skipf("it cannot be compiled here: %v: %.200s", err, out)
	}
	if !strings.Contains(string(out), "VMOVSD") && !strings.Contains(string(out), "MULSD") {
		t.Fatal("the compiler prints no instructions")
	}
	for _, line := range regexp.MustCompile(`(?m)^.*\bVFN?M(ADD|SUB).*$`).FindAllString(string(out), -1) {
		t.Error("fused:", line)
	}
}
