package nash_test

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"cenet/nash"
)

// Two channels share three positions. They respond to each other until nothing changes, and end at the closed form.
func ExampleGame() {
	g := nash.Game{
		Gains:    mat.NewDense(2, 2, []float64{1, 0.5, 0.25, 1}),
		Noise:    []float64{1, 1},
		Response: mat.NewDense(2, 3, []float64{1, 2, 1, 1, 1, 2}),
		Budget:   []float64{3, 3},
	}
	p := mat.NewDense(2, 3, []float64{3, 0, 0, 3, 0, 0})
	rounds := g.Iterate(p, nash.GaussSeidel, 100, 1e-12)
	closed, _ := g.ClosedForm()
	gain, _ := g.Gap(p)
	fmt.Printf("spectral radius %.3f, settled: %v, a deviation gains: %v\n", g.Radius(), rounds[len(rounds)-1] <= 1e-12, gain > 1e-9)
	fmt.Printf("solved:      %.4f\n", mat.Formatted(p, mat.Prefix("             ")))
	fmt.Printf("closed form: %.4f\n", mat.Formatted(closed, mat.Prefix("             ")))
	// Output:
	// spectral radius 0.354, settled: true, a deviation gains: false
	// solved:      ⎡0.9048  1.4762  0.6190⎤
	//              ⎣0.8571  0.7143  1.4286⎦
	// closed form: ⎡0.9048  1.4762  0.6190⎤
	//              ⎣0.8571  0.7143  1.4286⎦
}

// Proposition 1 (1) fails at convergence, while no channel's variance falls.
func ExampleSpectrum() {
	gamma := []float64{0.5, 1}
	rho := mat.NewSymDense(2, []float64{1, 0.5, 0.5, 1})
	s := nash.NewSpectrum(rho, gamma, 0.5*0.5+1)
	root := make([]float64, 2)
	for k, v := range s.Values {
		root[k] = 1 / math.Sqrt(v)
	}
	fmt.Printf("equivalent scales %.4f, variances %.2f\n", s.Scale(root), s.Variances(root))
	// Output:
	// equivalent scales [0.8280 0.9905], variances [1.25 1.25]
}
