//go:build !linux && !darwin && !freebsd && !dragonfly

package state

// FreeDisk is not known here: 0.
func FreeDisk(string) int { return 0 }
