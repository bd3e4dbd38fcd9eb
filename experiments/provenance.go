package experiments

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"cenet/nn/kernel"
	"cenet/results"
)

// provenance is that of work that began then, or was resumed then, and took so many seconds in all, on so many workers.
func provenance(began time.Time, seconds float64, workers, steps int) results.Provenance {
	return results.Provenance{
		Started: began.UTC().Truncate(time.Second), Seconds: seconds, StepSeconds: seconds / float64(max(1, steps)),
		CPU: processor(), GoVersion: runtime.Version(), Version: version(), Kernels: kernel.Family(),
		Cores: runtime.NumCPU(), Workers: workers,
	}
}

// processor is the name of the CPU, where the system tells it.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// version is that of the code, where the build knows it.
func version() string {
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
	return revision + modified
}
