//go:build !linux

package state

// freeAddresses returns -1: this system does not report it.
func freeAddresses() int { return -1 }
