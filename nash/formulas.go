package nash

import (
	"cenet/ce"
)

// Formulas are the parts of the theory that the checks stand on, so that a test can put a wrong one in their place and see
// that the checks notice. Stated returns the right ones.
type Formulas struct {
	// Trace returns what Σ is divided by: ‖γ‖² = tr Σ.
	Trace func(gamma []float64) float64
	// Newton returns p_T(λ), the iteration on an eigenvalue of Σ_N.
	Newton func(lambda float64, steps int) float64
	// Sign is that of (2+δ)σ in the equilibrium: −1.
	Sign float64
}

// Stated returns the formulas of the package comment.
func Stated() Formulas { return Formulas{squared, ce.NewtonScalar, -1} }

// squared returns ‖x‖².
func squared(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v * v)
	}
	return sum
}
