// Package half reads numbers of 16 bits. The readers of npy, safetensors and torchfile share this alone.
package half

import "math"

// Float32 is the value of an IEEE 754 binary16. Of what is no number it keeps the bits.
func Float32(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exponent {
	case 0:
		return math.Float32frombits(math.Float32bits(float32(fraction)/(1<<24)) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

// BFloat is the value of a bfloat16, the first half of a float32.
func BFloat(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }
