// Command gemm generates the micro-kernels of matrix product and convolution: gemm_amd64.s and stubs_gemm_amd64.go, and those for
// arm64 with their calls.
//
// A micro-kernel multiplies tiles of a fixed number of rows by a panel of one or two vectors of columns, see the type product
// of package kernel. All of them are made by one function, tiles; the families differ in the width of a vector and in how a
// value of A is spread over one.
package main

import (
	"flag"
	"os"
	"path/filepath"
	"slices"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"

	"cenet/nn/kernel/gen/amd64"
	"cenet/nn/kernel/gen/source"
)

// generator is the file of assembly in the making.
type generator struct{ *amd64.File }

func main() {
	flags := flag.NewFlagSet("gemm", flag.ExitOnError)
	config := build.NewFlags(flags)
	to := flags.String("arm64", "", "folder for the files for arm64")
	flags.Parse(os.Args[1:])

	neon().Write(filepath.Join(*to, "gemm_arm64.s"), filepath.Join(*to, "stubs_gemm_arm64.go"))
	source.Write(filepath.Join(*to, "calls_gemm_arm64.go"), "gemm", neonCalls())

	g := &generator{amd64.NewFile("../product.go", "../pairs.go")}
	for _, t := range []struct {
		name, meaning string // meaning: the Go function that does the same
		family        amd64.Family
		vectors, rows int // rows: at most
	}{
		{"gemm", "portableTiles", amd64.AVX512, 2, 14},
		{"gemm", "portableTiles", amd64.AVX512, 1, 16},
		{"gemm", "portableTiles", amd64.AVX2, 2, 6},
		{"gemm", "portableTiles", amd64.AVX2, 1, 12},
		{amd64.BFloatPrefix, "portableBFloatTiles", amd64.AVX512, 2, 14},
		{amd64.BFloatPrefix, "portableBFloatTiles", amd64.AVX512, 1, 16},
	} {
		for rows := 1; rows <= t.rows; rows++ {
			g.tiles(t.name, t.meaning, t.family, t.vectors, rows)
		}
	}
	g.bfloatNarrow()
	g.bfloatCombine()
	for _, f := range amd64.Families {
		for rows := 1; rows <= 4; rows++ {
			g.double(f, rows)
		}
		g.packRows(f, 1)
		g.packRows(f, 2)
	}
	g.transpose()
	g.peak(amd64.AVX512)
	g.peak(amd64.AVX2)
	c := config.Config()
	c.Passes = slices.Insert(c.Passes, 1, pass.Interface(pass.Func(amd64.BFloat))) // after the one that assigns registers
	os.Exit(build.Main(c, g.Context))
}
