package state

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"syscall"
)

// freeAddresses is how many more bytes of address space the process may use; -1: no limit.
func freeAddresses() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) != nil || uint64(limit.Cur) > math.MaxInt64 {
		return -1
	}
	text, _ := os.ReadFile("/proc/self/statm") // in pages: the address space, then what is in memory
	pages, _, _ := bytes.Cut(text, []byte(" "))
	used, err := strconv.ParseInt(string(pages), 10, 64)
	if err != nil {
		return -1
	}
	return int(min(math.MaxInt, max(0, int64(limit.Cur)-used*int64(os.Getpagesize()))))
}
