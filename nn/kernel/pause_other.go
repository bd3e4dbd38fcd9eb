//go:build (!amd64 && !arm64) || noasm

package kernel

import "runtime"

// pause lets others run.
func pause() { runtime.Gosched() }
