package state

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"cenet/nn/kernel"
	"cenet/results"
)

// Provenance describes work that began or was resumed at a time, and took the given total seconds, workers and steps.
func Provenance(began time.Time, seconds float64, workers, steps int) results.Provenance {
	return results.Provenance{
		Started: began.UTC().Truncate(time.Second), Seconds: seconds, StepSeconds: seconds / float64(max(1, steps)),
		CPU: Processor(), GoVersion: runtime.Version(), Version: CodeVersion(), Kernels: kernel.Family(),
		Cores: runtime.NumCPU(), Workers: workers,
	}
}

// Processor is the name of the CPU, or the architecture if the system does not report a name.
func Processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// CodeVersion is the Git revision of the sources, if the build knows it, and "+changes" if they are modified. Changes in results/ do
// not count.
var CodeVersion = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+changes"
		}
	}
	if modified != "" && sourcesUnchanged(os.Getenv("CENET_ROOT")) {
		modified = ""
	}
	return revision + modified
})

// sourcesUnchanged reports whether a checkout has no changes outside of results/; false if git fails.
func sourcesUnchanged(checkout string) bool {
	if checkout == "" {
		return false
	}
	out, err := exec.Command("git", "-C", checkout, "-c", "safe.directory=*", "status", "--porcelain", "--", ".", ":(exclude)results").Output()
	return err == nil && len(bytes.TrimSpace(out)) == 0
}

// Machine describes when and on which machine work ran that began at a time.
func Machine(began time.Time) []string {
	return []string{
		fmt.Sprintf("%s UTC, %.0f s", began.UTC().Format("2006-01-02 15:04"), time.Since(began).Seconds()),
		fmt.Sprintf("%s, %d cores, %s, code %s", Processor(), runtime.NumCPU(), runtime.Version(), CodeVersion()),
	}
}
