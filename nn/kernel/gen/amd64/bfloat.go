package amd64

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Instructions of AVX512_BF16, which neither package avo nor Go's assembler knows. In the making of a function, another instruction on the
// same operands takes the place of each, so that registers can be assigned; BFloat then writes the bytes of the right one. A function
// whose name begins with BFloatPrefix has no other use for the instructions that take their place.
const BFloatPrefix = "bfloat"

// A bfloatInstruction is what BFloat writes for another instruction. Both are of the map 0F38, with W = 0.
type bfloatInstruction struct {
	name   string
	prefix byte // pp: 2 for F3, 3 for F2
	opcode byte
}

var bfloatInstructions = map[string]bfloatInstruction{
	"VFMADD231PS": {"VDPBF16PS", 2, 0x52},
	"VSCALEFPS":   {"VCVTNE2PS2BF16", 3, 0x72},
}

// BFloat is a pass over a compiled file that puts the instructions of AVX512_BF16 in their places.
func BFloat(file *ir.File) error {
	for _, f := range file.Functions() {
		if !strings.HasPrefix(f.Name, BFloatPrefix) {
			continue
		}
		var nodes []ir.Node
		for _, n := range f.Nodes {
			i, ok := n.(*ir.Instruction)
			if !ok || bfloatInstructions[i.Opcode].name == "" {
				nodes = append(nodes, n)
				continue
			}
			code := bfloatInstructions[i.Opcode]
			bytes, err := code.encode(i.Operands)
			if err != nil {
				return fmt.Errorf("%s: %v", f.Name, err)
			}
			var operands []string
			for _, o := range i.Operands {
				operands = append(operands, o.Asm())
			}
			nodes = append(nodes, ir.NewComment(code.name+" "+strings.Join(operands, ", ")))
			nodes = append(nodes, data(bytes)...)
		}
		f.Nodes = nodes
	}
	return nil
}

// data are instructions that place bytes, six or more, in the code.
func data(bytes []byte) (nodes []ir.Node) {
	put := func(opcode string, v operand.Op) {
		nodes = append(nodes, &ir.Instruction{Opcode: opcode, Operands: []operand.Op{v}})
	}
	put("LONG", operand.U32(binary.LittleEndian.Uint32(bytes)))
	put("WORD", operand.U16(binary.LittleEndian.Uint16(bytes[4:])))
	for _, b := range bytes[6:] {
		put("BYTE", operand.U8(b))
	}
	return nodes
}

// encode returns the bytes of an instruction on vectors of 512 bits: the operands, in Go's order, are a register or one float32 in memory
// that is spread over all lanes, then two registers, the last of them the target.
//
// References:
//
//	Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, section 2.7 (EVEX).
func (c bfloatInstruction) encode(operands []operand.Op) ([]byte, error) {
	number := func(o operand.Op) byte { return byte(o.(reg.Physical).PhysicalIndex()) }
	v, target := number(operands[1]), number(operands[2])
	// The bits of registers' numbers beyond the lowest three are inverted.
	first := byte(0xf2) ^ (target >> 3 & 1 << 7) ^ (target >> 4 & 1 << 4)
	second := ^v&15<<3 | 1<<2 | c.prefix
	third := 2<<5 | ^v>>4&1<<3
	field := target & 7 << 3
	switch o := operands[0].(type) {
	case reg.Physical:
		n := number(o)
		first ^= n>>3&1<<5 ^ n>>4&1<<6
		return []byte{0x62, first, second, third, c.opcode, 0xc0 | field | n&7}, nil
	case operand.Mem:
		if o.Disp != 0 || o.Symbol.Name != "" {
			return nil, fmt.Errorf("%s cannot be encoded", o.Asm())
		}
		third |= 1 << 4 // spread
		base := number(o.Base)
		first ^= base >> 3 & 1 << 5
		// A base of which the lowest bits are 5 takes a displacement; a low 4, or an index, takes a byte more.
		var mode byte
		var rest []byte
		if base&7 == 5 {
			mode, rest = 1<<6, []byte{0}
		}
		bytes := []byte{0x62, first, second, third, c.opcode}
		if o.Index == nil && base&7 != 4 {
			return append(append(bytes, mode|field|base&7), rest...), nil
		}
		sib := byte(4<<3) | base&7
		if o.Index != nil {
			index := number(o.Index)
			bytes[1] ^= index >> 3 & 1 << 6
			scale := map[uint8]byte{1: 0, 2: 1, 4: 2, 8: 3}[o.Scale]
			sib = scale<<6 | index&7<<3 | base&7
		}
		return append(append(bytes, mode|field|4, sib), rest...), nil
	}
	return nil, fmt.Errorf("%s cannot be encoded", operands[0].Asm())
}
