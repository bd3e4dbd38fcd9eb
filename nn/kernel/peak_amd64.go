//go:build !noasm

package kernel

import "time"

// Peak measures for about the given time and returns what one processor can do at most with the family that runs, in
// floating-point operations a second: fused multiply-adds in registers and nothing else, a multiply-add counting two. For the
// portable family it is 0.
func Peak(d time.Duration) float64 {
	const rounds = 1 << 14
	lanes := 14 * tilings[active].lanes
	var best float64
	for began := time.Now(); time.Since(began) < d; {
		start := time.Now()
		switch active {
		case avx512:
			fma512(rounds)
		case avx2:
			fma256(rounds)
		default:
			return 0
		}
		best = max(best, float64(2*rounds*lanes)/time.Since(start).Seconds())
	}
	return best
}
