package nash

import (
	"math"
)

// Moments returns E[y] and E[y²] of y = max(0, γz+β) with z normally distributed, mean 0 and variance 1. With φ and Φ the
// normal density and distribution function,
//
//	E[y]  = βΦ(β/|γ|) + |γ|φ(β/|γ|)
//	E[y²] = (β²+γ²)Φ(β/|γ|) + β|γ|φ(β/|γ|)
//
// and for γ = 0 max(0, β) and its square.
func Moments(gamma, beta float64) (first, second float64) {
	gamma = math.Abs(gamma)
	if gamma == 0 {
		y := max(0, beta)
		return y, y * y
	}
	t := beta / gamma
	distribution := 0.5 * math.Erfc(-t/math.Sqrt2)
	density := normalDensity(t)
	return float64(beta*distribution) + float64(gamma*density),
		float64((float64(beta*beta)+float64(gamma*gamma))*distribution) + float64(beta*gamma*density)
}

func normalDensity(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }
