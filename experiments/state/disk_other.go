//go:build !linux && !darwin && !freebsd && !dragonfly

package state

// FreeDisk returns 0: this system does not report it.
func FreeDisk(string) int { return 0 }
