package state

import (
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// FreeMemory is how many more bytes this process may allocate. It is the lowest of the machine's free memory, the limits of all control
// groups of the process, and its address space (ulimit -v). 0: unknown. A process at its limit gets 1.
func FreeMemory() int {
	free := freeMemory("/")
	if left := freeAddresses(); left >= 0 && (free < 0 || left < free) {
		free = left
	}
	switch {
	case free < 0:
		return 0
	case free == 0:
		return 1
	}
	return free
}

// freeMemory reads /proc and /sys below root, which tests replace; -1: unknown.
func freeMemory(root string) int {
	free := -1
	text, _ := os.ReadFile(filepath.Join(root, "proc/meminfo"))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			if kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB"))); err == nil {
				free = kib << 10
			}
		}
	}
	for _, g := range controlGroups(root) {
		if left := g.free(); left >= 0 && (free < 0 || left < free) {
			free = left
		}
	}
	return free
}

// A controlGroup is a control group that limits the memory of this process.
type controlGroup struct {
	folder   string
	limits   []string // names of files
	usage    string   // name of a file
	inactive string   // key in memory.stat: cached files, which the kernel drops before it refuses memory
}

// Files of the memory controller in both versions.
//
// References:
//
//	https://docs.kernel.org/admin-guide/cgroup-v2.html
//	https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
var (
	groupV1 = controlGroup{limits: []string{"memory.limit_in_bytes"}, usage: "memory.usage_in_bytes", inactive: "total_inactive_file"}
	groupV2 = controlGroup{limits: []string{"memory.max", "memory.high"}, usage: "memory.current", inactive: "inactive_file"}
)

// controlGroups returns the group of this process and all its parents: each of them limits the process.
func controlGroups(root string) []controlGroup {
	text, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	mounts := groupMounts(root)
	var list []controlGroup
	for line := range strings.Lines(string(text)) { // HIERARCHY:CONTROLLERS:PATH
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) != 3 {
			continue
		}
		var g controlGroup
		switch {
		case slices.Contains(strings.Split(fields[1], ","), "memory"):
			g = groupV1
		case fields[0] == "0" && fields[1] == "":
			g = groupV2
		default:
			continue
		}
		for _, m := range mounts {
			if m.v2 != (fields[0] == "0") {
				continue
			}
			for dir := m.below(fields[2]); ; dir = path.Dir(dir) {
				g.folder = filepath.Join(root, m.point, dir)
				list = append(list, g)
				if dir == "/" {
					break
				}
			}
		}
	}
	return list
}

// A groupMount is a mount point of control groups. In a container its top is the container's group.
type groupMount struct {
	point, top string
	v2         bool
}

// below is the path of a group relative to the mount point.
func (m groupMount) below(group string) string {
	if rest, ok := strings.CutPrefix(group, strings.TrimSuffix(m.top, "/")+"/"); ok {
		group = rest
	} else if group == m.top {
		group = ""
	}
	return path.Clean("/" + group)
}

// groupMounts returns the usual mount points and those in /proc/self/mountinfo.
func groupMounts(root string) []groupMount {
	list := []groupMount{
		{"/sys/fs/cgroup", "/", true}, {"/sys/fs/cgroup/unified", "/", true}, {"/sys/fs/cgroup/memory", "/", false},
	}
	text, _ := os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	for line := range strings.Lines(string(text)) { // ID PARENT DEVICE TOP POINT OPTIONS... - TYPE SOURCE OPTIONS
		before, after, _ := strings.Cut(line, " - ")
		fields, system := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(system) == 0 || !strings.HasPrefix(system[0], "cgroup") {
			continue
		}
		m := groupMount{unescaped.Replace(fields[4]), unescaped.Replace(fields[3]), system[0] == "cgroup2"}
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// unescaped undoes the escapes of /proc/self/mountinfo.
var unescaped = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// free is the lowest limit minus the memory in use by the group; -1: no limit.
func (g controlGroup) free() int {
	limit := -1
	for _, name := range g.limits {
		if n := readNumber(filepath.Join(g.folder, name)); n >= 0 && (limit < 0 || n < limit) {
			limit = n
		}
	}
	if limit < 0 || limit >= math.MaxInt64>>1 { // version 1 writes "no limit" as a number near the largest
		return -1
	}
	used := max(0, readNumber(filepath.Join(g.folder, g.usage)))
	return max(0, limit-max(0, used-g.cached()))
}

// cached is how many bytes of the used memory are cached files that were not read for a while.
func (g controlGroup) cached() int {
	text, _ := os.ReadFile(filepath.Join(g.folder, "memory.stat"))
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == g.inactive {
			n, _ := strconv.Atoi(value)
			return n
		}
	}
	return 0
}

// readNumber reads a file of one number; -1 if it has another text, such as "max".
func readNumber(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return int(n)
}
