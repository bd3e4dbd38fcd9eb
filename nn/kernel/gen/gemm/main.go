// Command gemm generates the micro-kernels of matrix product and convolution: gemm_amd64.s and stubs_gemm_amd64.go, and those for
// arm64 with their calls.
//
// A micro-kernel multiplies tiles of a fixed number of rows by a panel of one or two vectors of columns, see the type product
// of package kernel. All of them are made by one function, tiles; the families differ in the width of a vector and in how a
// value of A is spread over one.
package main

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
)

// generator is a file of assembly in the making.
type generator struct {
	*build.Context
	pkg   *types.Package // holds the types of signatures
	table *operand.Mem   // of masks
}

func main() {
	flags := flag.NewFlagSet("gemm", flag.ExitOnError)
	config := build.NewFlags(flags)
	to := flags.String("arm64", "", "folder for the files for arm64")
	flags.Parse(os.Args[1:])

	neon().Write(filepath.Join(*to, "gemm_arm64.s"), filepath.Join(*to, "stubs_gemm_arm64.go"))
	if err := os.WriteFile(filepath.Join(*to, "calls_gemm_arm64.go"), neonCalls(), 0o666); err != nil {
		log.Fatal(err)
	}

	g := &generator{Context: build.NewContext(), pkg: check("../product.go")}
	g.ConstraintExpr("!noasm")
	for rows := 1; rows <= 14; rows++ {
		g.tiles(avx512, 2, rows)
	}
	for rows := 1; rows <= 16; rows++ {
		g.tiles(avx512, 1, rows)
	}
	for rows := 1; rows <= 6; rows++ {
		g.tiles(avx2, 2, rows)
	}
	for rows := 1; rows <= 12; rows++ {
		g.tiles(avx2, 1, rows)
	}
	for _, f := range []family{avx512, avx2} {
		for rows := 1; rows <= 4; rows++ {
			g.double(f, rows)
		}
		g.packRows(f, 1)
		g.packRows(f, 2)
	}
	g.transpose()
	g.peak(avx512)
	g.peak(avx2)
	os.Exit(build.Main(config.Config(), g.Context))
}

// check reads the file that declares product, so that its fields are found by name.
func check(path string) *types.Package {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	pkg, err := (&types.Config{}).Check("cenet/nn/kernel", set, []*ast.File{file}, nil)
	if err != nil {
		log.Fatal(err)
	}
	return pkg
}

// function begins an assembly function.
func (g *generator) function(name, signature string, doc ...string) {
	s, err := gotypes.ParseSignatureInPackage(g.pkg, signature)
	if err != nil {
		log.Fatal(err)
	}
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Doc(doc...)
	g.Pragma("noescape")
	g.Signature(s)
}
