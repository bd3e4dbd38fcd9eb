//go:build (!amd64 && !arm64) || noasm

package kernel

func double(_ int, _, _, _ *float64, _, _, _, _, _ int, _ float64, _ bool) {
	panic("kernel: there is no assembly for this processor")
}
