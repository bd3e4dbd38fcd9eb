//go:build !noasm

package kernel

import "time"

// Peak measures for about the given time and returns what one processor can do at most with the family that runs, in
// floating-point operations a second: fused multiply-adds in registers and nothing else, a multiply-add counting two. For the
// portable family it is 0.
func Peak(d time.Duration) float64 {
	if active == portable {
		return 0
	}
	const rounds, lanes = 1 << 14, 24 * 4
	var best float64
	for began := time.Now(); time.Since(began) < d; {
		start := time.Now()
		fma128(rounds)
		best = max(best, float64(2*rounds*lanes)/time.Since(start).Seconds())
	}
	return best
}
