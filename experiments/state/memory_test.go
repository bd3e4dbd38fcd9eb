package state

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The lowest limit of the process's group and its parents counts, minus the memory in use, in both versions of control groups.
func TestFreeMemory(t *testing.T) {
	const mib = 1 << 20
	meminfo := "MemTotal:       8388608 kB\nMemAvailable:    4194304 kB\n"
	for name, test := range map[string]struct {
		files map[string]string // below the root
		want  int
	}{
		"unknown":   {map[string]string{}, -1},
		"no groups": {map[string]string{"proc/meminfo": meminfo}, 4 << 30},
		"the root's limit": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "104857600\n"}, 100 * mib},
		"no limit": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n",
			"sys/fs/cgroup/a/memory.current": "5000000000\n"}, 4 << 30},
		"a parent's limit": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/slurm/job_7/task_0\n",
			"sys/fs/cgroup/slurm/job_7/task_0/memory.max": "max\n", "sys/fs/cgroup/slurm/job_7/memory.max": "104857600\n",
		}, 100 * mib},
		"less its use, but for idle files": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/job/task\n",
			"sys/fs/cgroup/job/task/memory.max": "209715200\n", "sys/fs/cgroup/job/memory.max": "104857600\n",
			"sys/fs/cgroup/job/memory.current": "52428800\n", "sys/fs/cgroup/job/memory.stat": "anon 1\ninactive_file 10485760\n",
		}, 60 * mib},
		"the soft limit is lower": {map[string]string{"proc/self/cgroup": "0::/job\n", "sys/fs/cgroup/job/memory.max": "209715200\n",
			"sys/fs/cgroup/job/memory.high": "104857600\n"}, 100 * mib},
		"above its limit": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "100\n",
			"sys/fs/cgroup/memory.current": "200\n"}, 0},
		"version 1": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu,cpuacct:/other\n4:memory:/slurm/job_7\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":             "9223372036854771712\n",
			"sys/fs/cgroup/memory/slurm/memory.limit_in_bytes":       "104857600\n",
			"sys/fs/cgroup/memory/slurm/memory.usage_in_bytes":       "20971520\n",
			"sys/fs/cgroup/memory/slurm/memory.stat":                 "cache 4096\ninactive_file 4096\ntotal_inactive_file 10485760\n",
			"sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes": "209715200\n",
		}, 90 * mib},
		"another mount point, whose top is the container's group": {map[string]string{
			"proc/self/cgroup":                 "0::/docker/c1/job\n",
			"proc/self/mountinfo":              "36 35 0:30 /docker/c1 /my\\040groups rw,nosuid shared:1 - cgroup2 cgroup rw\n",
			"my groups/job/memory.max":         "104857600\n",
			"my groups/docker/c1/memory.max":   "1\n",
			"proc/meminfo":                     meminfo,
			"sys/fs/cgroup/memory/ignored.txt": "",
		}, 100 * mib},
		"a group outside of the namespace": {map[string]string{"proc/self/cgroup": "0::/../job\n", "sys/fs/cgroup/memory.max": "104857600\n"},
			100 * mib},
		"files that are damaged": {map[string]string{"proc/meminfo": "MemAvailable: x kB\n", "proc/self/cgroup": "0:\n::\n",
			"sys/fs/cgroup/memory.max": "1\n"}, -1},
	} {
		root := t.TempDir()
		for file, text := range test.files {
			file = filepath.Join(root, file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := freeMemory(root); got != test.want {
			t.Errorf("%s: %d bytes are free, want %d", name, got, test.want)
		}
	}
}

// With a limit of its address space, as some clusters set it, a process has less free memory than the limit.
func TestFreeAddresses(t *testing.T) {
	const limited = "CENET_TEST_ADDRESSES"
	if os.Getenv(limited) != "" {
		fmt.Println("free:", FreeMemory())
		return
	}
	if _, err := os.Stat("/proc/self/statm"); err != nil {
		t.Skip("the system does not report the address space of a process")
	}
	c := exec.Command("sh", "-c", `ulimit -v 4194304 && exec "$0" -test.run='^TestFreeAddresses$'`, os.Args[0]) // KiB
	c.Env = append(os.Environ(), limited+"=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Skipf("no limit can be set here: %v: %s", err, out)
	}
	free := 0
	if _, err := fmt.Sscanf(string(out), "free: %d", &free); err != nil || free < 1 || free >= 4<<30 {
		t.Errorf("%d bytes of 4 GiB of addresses are free, %v: %s", free, err, out)
	}
}
