// Package stream derives independent streams of random numbers from a seed, a purpose and some numbers.
package stream

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"

	"cenet/nn/kernel/elementary"
)

// A Stream is a stream of random numbers that a seed, a purpose and some numbers determine. Streams of different
// arguments are independent for all practical ends, so that every image of every epoch has one of its own and nothing
// needs to know how many numbers another has drawn. It is a value, and a rand.Source by its pointer.
//
// The generator is PCG-DXSM of math/rand/v2; its 128 bits of state are the first half of
//
//	SHA-256(seed ‖ length of purpose ‖ purpose ‖ numbers…)
//
// with integers as 8 little-endian bytes, the state's halves read big-endian. All of it is integer arithmetic: the
// numbers are the same on every platform.
//
// References:
//
//	M. O'Neill: PCG: A family of simple fast space-efficient statistically good algorithms for random number
//	generation. Harvey Mudd College HMC-CS-2014-0905.
type Stream struct {
	pcg rand.PCG
}

// New returns the stream of seed, purpose and numbers. It allocates nothing for a purpose of up to 64 bytes and up
// to 4 numbers.
func New(seed uint64, purpose string, numbers ...uint64) Stream {
	var s Stream
	s.pcg.Seed(State(seed, purpose, numbers...))
	return s
}

// State returns the state that a new stream begins with, the two halves of its 128 bits, for what draws its numbers elsewhere.
func State(seed uint64, purpose string, numbers ...uint64) (high, low uint64) {
	var buffer [8 + 8 + 64 + 4*8]byte
	key := binary.LittleEndian.AppendUint64(buffer[:0], seed)
	key = binary.LittleEndian.AppendUint64(key, uint64(len(purpose)))
	key = append(key, purpose...)
	for _, n := range numbers {
		key = binary.LittleEndian.AppendUint64(key, n)
	}
	sum := sha256.Sum256(key)
	return binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])
}

// Uint64 returns 64 random bits.
func (s *Stream) Uint64() uint64 { return s.pcg.Uint64() }

// IntN returns a random integer from 0 to n−1, each with the same probability. It panics when n < 1.
//
// The method is written here and not taken from the standard library so that no release of it changes an experiment.
//
// References:
//
//	D. Lemire: Fast random integer generation in an interval. ACM TOMACS 29 (2019). https://arxiv.org/abs/1805.10941
func (s *Stream) IntN(n int) int {
	if n < 1 {
		panic("stream: random integer below 1")
	}
	bound := uint64(n)
	high, low := bits.Mul64(s.Uint64(), bound)
	if low < bound {
		// Of the 2⁶⁴ values, the first 2⁶⁴ mod n would make some results more frequent.
		for threshold := -bound % bound; low < threshold; {
			high, low = bits.Mul64(s.Uint64(), bound)
		}
	}
	return int(high)
}

// Float64 returns a random number in [0, 1), a multiple of 2⁻⁵³.
func (s *Stream) Float64() float64 { return float64(s.Uint64()>>11) * 0x1p-53 }

// Normal returns a number of the standard normal distribution.
//
// References:
//
//	G. Box, M. Muller: A note on the generation of random normal deviates. Annals of Mathematical Statistics 29 (1958).
func (s *Stream) Normal() float64 {
	r := math.Sqrt(-2 * elementary.Log(1-s.Float64()))
	return float64(r * elementary.CosTurns(s.Float64()))
}
