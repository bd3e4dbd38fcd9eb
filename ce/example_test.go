package ce_test

import (
	"fmt"
	"math/rand/v2"

	"cenet/ce"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Decorrelation takes most of the correlation out of three channels in T = 3 steps, and lifts the one that is inhibited.
func Example() {
	const samples, channels = 2048, 3

	random := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(samples, channels, nil)
	for i := range samples {
		common := random.NormFloat64()
		x.SetRow(i, []float64{
			common + random.NormFloat64(),
			common + 0.8*random.NormFloat64(),
			0.1 * (common + random.NormFloat64()), // its γ is small
		})
	}

	var sigma mat.SymDense
	stat.CovarianceMatrix(&sigma, x, nil)
	sigma.ScaleSym(1/mat.Trace(&sigma), &sigma)
	var y mat.Dense
	y.Mul(x, ce.Newton(&sigma, 3))

	print := func(title string, x *mat.Dense) {
		var correlation mat.SymDense
		stat.CorrelationMatrix(&correlation, x, nil)
		fmt.Printf("%s\n%.2f\n", title, mat.Formatted(&correlation))
		fmt.Print("deviation")
		for c := range channels {
			fmt.Printf(" %.2f", stat.StdDev(mat.Col(nil, c, x), nil))
		}
		fmt.Println()
	}
	print("correlation before", x)
	print("correlation after", &y)
	// Output:
	// correlation before
	// ⎡1.00  0.54  0.49⎤
	// ⎢0.54  1.00  0.54⎥
	// ⎣0.49  0.54  1.00⎦
	// deviation 1.41 1.27 0.14
	// correlation after
	// ⎡1.00  0.03  0.13⎤
	// ⎢0.03  1.00  0.20⎥
	// ⎣0.13  0.20  1.00⎦
	// deviation 1.87 1.86 0.40
}
