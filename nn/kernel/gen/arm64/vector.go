package arm64

import "fmt"

// word writes an instruction that Go's assembler lacks, and next to it the instruction in the syntax of GNU's.
func (f *File) word(code uint32, format string, args ...any) {
	fmt.Fprintf(&f.text, "\tWORD\t$0x%08x\t// %s\n", code, fmt.Sprintf(format, args...))
}

// A Lane is how the elements of a vector are read.
type Lane int

const (
	S4 Lane = iota // four of float32
	D2             // two of float64
)

func (l Lane) String() string { return [...]string{"4s", "2d"}[l] }

// three writes an instruction on two vectors, d = n ∘ m.
func (f *File) three(code uint32, name string, l Lane, n, m, d V) {
	f.word(code|uint32(l)<<22|uint32(m)<<16|uint32(n)<<5|uint32(d), "%s v%d.%[4]v, v%[3]d.%[4]v, v%[5]d.%[4]v", name, d, n, l, m)
}

// FAdd sets d to n + m.
func (f *File) FAdd(l Lane, n, m, d V) { f.three(0x4e20d400, "fadd", l, n, m, d) }

// FSub sets d to n − m.
func (f *File) FSub(l Lane, n, m, d V) { f.three(0x4ea0d400, "fsub", l, n, m, d) }

// FMul sets d to n·m.
func (f *File) FMul(l Lane, n, m, d V) { f.three(0x6e20dc00, "fmul", l, n, m, d) }

// FMin sets d to the smaller one; a NaN is smaller than any number.
func (f *File) FMin(l Lane, n, m, d V) { f.three(0x4ea0f400, "fmin", l, n, m, d) }

// FMla adds n·m to d, rounding once.
func (f *File) FMla(l Lane, n, m, d V) { f.three(0x4e20cc00, "fmla", l, n, m, d) }

// FMls takes n·m from d, rounding once.
func (f *File) FMls(l Lane, n, m, d V) { f.three(0x4ea0cc00, "fmls", l, n, m, d) }

// Greater sets the bits of d where n > m, and no bit where one is NaN; so do those that follow with their comparison.
func (f *File) Greater(l Lane, n, m, d V) { f.three(0x6ea0e400, "fcmgt", l, n, m, d) }

// GreaterEqual is n ≥ m.
func (f *File) GreaterEqual(l Lane, n, m, d V) { f.three(0x6e20e400, "fcmge", l, n, m, d) }

// Equal is n = m.
func (f *File) Equal(l Lane, n, m, d V) { f.three(0x4e20e400, "fcmeq", l, n, m, d) }

// Negative is n < 0.
func (f *File) Negative(n, d V) {
	f.word(0x4ea0e800|uint32(n)<<5|uint32(d), "fcmlt v%d.4s, v%d.4s, #0.0", d, n)
}

// NotPositive is n ≤ 0.
func (f *File) NotPositive(n, d V) {
	f.word(0x6ea0d800|uint32(n)<<5|uint32(d), "fcmle v%d.4s, v%d.4s, #0.0", d, n)
}

// bits writes an instruction on all bits, d = n ∘ m.
func (f *File) bits(code uint32, name string, n, m, d V) {
	f.word(code|uint32(m)<<16|uint32(n)<<5|uint32(d), "%s v%d.16b, v%d.16b, v%d.16b", name, d, n, m)
}

// AndNot sets d to n where m has no bits.
func (f *File) AndNot(n, m, d V) { f.bits(0x4e601c00, "bic", n, m, d) }

// OrNot sets d to n, and all bits that m does not have.
func (f *File) OrNot(n, m, d V) { f.bits(0x4ee01c00, "orn", n, m, d) }

// And sets d to the bits that both have.
func (f *File) And(n, m, d V) { f.I("VAND", all(m), all(n), all(d)) }

// Or sets d to the bits that one of them has.
func (f *File) Or(n, m, d V) { f.I("VORR", all(m), all(n), all(d)) }

// Take sets d to n where the mask has bits.
func (f *File) Take(n, mask, d V) { f.I("VBIT", all(mask), all(n), all(d)) }

// AddWords sets d to n + m, all of them integers of 32 bits, which wrap around.
func (f *File) AddWords(n, m, d V) { f.I("VADD", lanes(S4, m), lanes(S4, n), lanes(S4, d)) }

// EqualWords sets the bits of d where n and m are the same integer of 32 bits.
func (f *File) EqualWords(n, m, d V) { f.I("VCMEQ", lanes(S4, m), lanes(S4, n), lanes(S4, d)) }

// ShiftRight sets d to n, words of 32 bits, shifted to the right by the given number of bits.
func (f *File) ShiftRight(bits int, n, d V) { f.I("VUSHR", bits, lanes(S4, n), lanes(S4, d)) }

// SwapWords sets d to n with every two neighbouring words of 32 bits swapped.
func (f *File) SwapWords(n, d V) { f.I("VREV64", lanes(S4, n), lanes(S4, d)) }

// SpreadWord sets all words of 32 bits of d to the lowest of r.
func (f *File) SpreadWord(r R, d V) { f.I("VDUP", r, lanes(S4, d)) }

// Copy sets d to n.
func (f *File) Copy(n, d V) { f.I("VMOV", all(n), all(d)) }

// Zero sets d to 0.
func (f *File) Zero(d V) { f.I("VMOVI", 0, all(d)) }

// Ones sets all elements of d to 1.
func (f *File) Ones(d V) { f.word(0x4f03f600|uint32(d), "fmov v%d.4s, #1.000000000000000000e+00", d) }

// Spread sets all elements of d to the first of n.
func (f *File) Spread(l Lane, n, d V) {
	element := [...]string{"S", "D"}[l]
	f.I("VDUP", fmt.Sprintf("%v.%s[0]", n, element), lanes(l, d))
}

// Zip and its like rearrange elements, as Go's instruction of that name does: d is made of n and m.
func (f *File) Zip(name string, n, m, d V) { f.I(name, lanes(S4, m), lanes(S4, n), lanes(S4, d)) }

func all(v V) string { return v.String() + ".B16" }

func lanes(l Lane, v V) string { return v.String() + [...]string{".S4", ".D2"}[l] }

// FMlaElement adds n times the element m[i] to d, rounding once.
func (f *File) FMlaElement(l Lane, n, m V, i int, d V) {
	code, index := uint32(0x4f801000), uint32(i)&1<<21|uint32(i)>>1<<11
	if l == D2 {
		code, index = 0x4fc01000, uint32(i)<<11
	}
	f.word(code|index|uint32(m)<<16|uint32(n)<<5|uint32(d), "fmla v%d.%[2]v, v%[3]d.%[2]v, v%[4]d.%[5]s[%[6]d]", d, l, n, m, l.String()[1:], i)
}

// FlipFlush flips the bit of the register FPCR by which denormals are taken for 0, and results are 0 where they would be denormal. It
// spoils r.
func (f *File) FlipFlush(r R) {
	f.word(0xd53b4400|uint32(r), "mrs x%d, fpcr", r)
	f.I("EOR", 1<<24, r, r)
	f.word(0xd51b4400|uint32(r), "msr fpcr, x%d", r)
}

// A Width is what one instruction reads or writes: the first elements of a vector; the others become 0.
type Width int

const (
	Single Width = 4 // one of float32
	Double Width = 8 // two, or one of float64
	Quad   Width = 16
)

func (w Width) instruction() string {
	return map[Width]string{Single: "FMOVS", Double: "FMOVD", Quad: "FMOVQ"}[w]
}

// Read reads what is the given number of bytes after the base.
func (f *File) Read(w Width, base R, offset int, d V) {
	f.I(w.instruction(), At(base, offset), fmt.Sprintf("F%d", d))
}

// Store writes v there.
func (f *File) Store(w Width, v V, base R, offset int) {
	f.I(w.instruction(), fmt.Sprintf("F%d", v), At(base, offset))
}

// ReadIndexed reads what is index bytes after the base.
func (f *File) ReadIndexed(w Width, base, index R, d V) {
	if w == Quad {
		f.word(0x3ce06800|uint32(index)<<16|uint32(base)<<5|uint32(d), "ldr q%d, [x%d, x%d]", d, base, index)
		return
	}
	f.I(w.instruction(), fmt.Sprintf("(%v)(%v)", base, index), fmt.Sprintf("F%d", d))
}

// StoreIndexed writes v there.
func (f *File) StoreIndexed(w Width, v V, base, index R) {
	if w == Quad {
		f.word(0x3ca06800|uint32(index)<<16|uint32(base)<<5|uint32(v), "str q%d, [x%d, x%d]", v, base, index)
		return
	}
	f.I(w.instruction(), fmt.Sprintf("F%d", v), fmt.Sprintf("(%v)(%v)", base, index))
}

// ReadPair reads two vectors.
func (f *File) ReadPair(base R, offset int, d, e V) {
	f.I("FLDPQ", At(base, offset), fmt.Sprintf("(F%d, F%d)", d, e))
}

// StorePair writes two vectors.
func (f *File) StorePair(v, w V, base R, offset int) {
	f.I("FSTPQ", fmt.Sprintf("(F%d, F%d)", v, w), At(base, offset))
}

// ReadElement sets element i of d, which is of float32, to what is at base.
func (f *File) ReadElement(base R, d V, i int) {
	f.I("VLD1", At(base, 0), fmt.Sprintf("%v.S[%d]", d, i))
}

// StoreElement writes element i of v.
func (f *File) StoreElement(v V, i int, base R) {
	f.I("VST1", fmt.Sprintf("%v.S[%d]", v, i), At(base, 0))
}
