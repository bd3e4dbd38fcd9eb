package amd64

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Kernel is a function in the making, in the instructions of a family. Its only argument points to a struct.
type Kernel struct {
	*File
	Family
	argument string
	pointer  reg.Register
}

// Kernel begins a function of the signature func(argument *structure).
func (f *File) Kernel(family Family, name, argument, structure string, doc ...string) *Kernel {
	f.Begin(name, fmt.Sprintf("func(%s *%s)", argument, structure), doc...)
	k := &Kernel{f, family, argument, f.GP64()}
	f.Load(f.Param(argument), k.pointer)
	return k
}

// Field is the place of a field of the struct.
func (k *Kernel) Field(name string) operand.Mem {
	return Address(k.Param(k.argument).Dereference(k.pointer).Field(name))
}

// Value loads a field of the struct.
func (k *Kernel) Value(name string) reg.GPVirtual {
	r := k.GP64()
	k.MOVQ(k.Field(name), r)
	return r
}
