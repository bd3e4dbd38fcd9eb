package state

import (
	"os"
	"strconv"
	"strings"
)

// FreeMemory is how many bytes this process may still take, as far as the system tells; 0 where it does not.
func FreeMemory() int {
	text, _ := os.ReadFile("/proc/meminfo")
	free := 0
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			kib, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			free = kib << 10
		}
	}
	// A container may have less.
	if limit := readNumber("/sys/fs/cgroup/memory.max"); limit > 0 && (free == 0 || limit < free) {
		free = limit
	}
	return free
}

// readNumber reads a file of one number; 0 where it is none.
func readNumber(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}
