// Package amd64 has what the generators of assembly for x86-64 share: the families of instructions, and a file of functions in the making.
package amd64

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"log"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Family is an instruction set with its vector registers.
type Family struct {
	Name      string
	Lanes     int // of float32
	Registers []reg.VecPhysical
}

var (
	// AVX512 is AVX-512 F.
	AVX512 = Family{"512", 16, []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31}}
	// AVX2 is AVX2 with FMA.
	AVX2 = Family{"256", 8, []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15}}
)

// Families are both.
var Families = []Family{AVX512, AVX2}

// File is a file of assembly in the making.
type File struct {
	*build.Context
	types  *types.Package // holds the types of signatures
	tables map[string]operand.Mem
}

// NewFile begins a file of functions of package kernel. The files at paths declare the types of arguments, whose fields are found by name.
func NewFile(paths ...string) *File {
	set := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			log.Fatal(err)
		}
		files = append(files, file)
	}
	pkg, err := (&types.Config{}).Check("cenet/nn/kernel", set, files, nil)
	if err != nil {
		log.Fatal(err)
	}
	f := &File{Context: build.NewContext(), types: pkg, tables: map[string]operand.Mem{}}
	f.ConstraintExpr("!noasm")
	return f
}

// Begin begins a function.
func (f *File) Begin(name, signature string, doc ...string) {
	s, err := gotypes.ParseSignatureInPackage(f.types, signature)
	if err != nil {
		log.Fatal(err)
	}
	f.Function(name)
	f.Attributes(attr.NOSPLIT)
	f.Doc(doc...)
	f.Pragma("noescape")
	f.Signature(s)
}

// table is the place of constants of the given size in bytes, which are made once.
func (f *File) table(name string, bytes int, values []operand.Constant) operand.Mem {
	t, ok := f.tables[name]
	if !ok {
		t = f.StaticGlobal(name)
		f.DataAttributes(attr.RODATA | attr.NOPTR)
		for i, v := range values {
			f.AddDatum(bytes*i, v)
		}
		f.tables[name] = t
	}
	return t
}

// FirstLanes is the place of eight lanes of 32 bits of ones, then eight of zeros: masks of the first lanes of a vector of AVX2.
func (f *File) FirstLanes() operand.Mem {
	lanes := make([]operand.Constant, 16)
	for i := range lanes {
		lanes[i] = operand.U32(0)
		if i < 8 {
			lanes[i] = ^operand.U32(0)
		}
	}
	return f.table("firstLanes", 4, lanes)
}

// Word is the place of a word of 32 bits.
func (f *File) Word(bits uint32) operand.Mem {
	return f.table(fmt.Sprintf("word%08x", bits), 4, []operand.Constant{operand.U32(bits)})
}

// Singles is the place of constants in float32.
func (f *File) Singles(name string, values ...float32) operand.Mem {
	var words []operand.Constant
	for _, v := range values {
		words = append(words, operand.U32(math.Float32bits(v)))
	}
	return f.table(name, 4, words)
}

// Doubles is the place of constants in float64.
func (f *File) Doubles(name string, values ...float64) operand.Mem {
	var words []operand.Constant
	for _, v := range values {
		words = append(words, operand.U64(math.Float64bits(v)))
	}
	return f.table(name, 8, words)
}

// Address is where an argument, or a part of one, is.
func Address(c gotypes.Component) operand.Mem {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// Argument loads an argument of 64 bits.
func (f *File) Argument(name string) reg.GPVirtual {
	return f.Load(f.Param(name), f.GP64()).(reg.GPVirtual)
}

// Zero sets a vector to 0.
func (f *File) Zero(r reg.VecPhysical) {
	if r.Size() == 64 {
		f.VPXORD(r, r, r)
	} else {
		f.VXORPS(r, r, r)
	}
}

// Countdown takes 1 from n, and jumps unless 0 is left.
func (f *File) Countdown(n operand.Op, label string) {
	f.DECQ(n)
	f.JNZ(operand.LabelRef(label))
}

// End ends the function.
func (f *File) End() {
	f.VZEROUPPER()
	f.RET()
}
