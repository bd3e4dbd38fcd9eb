package torchfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
)

// Values of a pickle: nil, bool, int64, float64, string, *big.Int for longer integers, tuple, *list, *dict, global, *storage, *tensor,
// *object.
type (
	tuple  []any
	list   struct{ items []any }
	global struct{ module, name string }
	mark   struct{}
)

// A dict keeps the order of its keys.
type dict struct {
	keys    []string
	values  map[string]any
	unnamed bool // there are keys that are no strings
}

// An object is an instance of a class, or what a function would make, of which nothing is known and nothing is done.
type object struct {
	global
	items dict // of a dictionary's class
	state any
}

// set adds an item; those whose keys are no strings are left out.
func (d *dict) set(key, value any) {
	k, ok := key.(string)
	if !ok {
		d.unnamed = true
		return
	}
	if d.values == nil {
		d.values = map[string]any{}
	}
	if _, ok := d.values[k]; !ok {
		d.keys = append(d.keys, k)
	}
	d.values[k] = value
}

// maxOperations bounds the operations of a file's pickles, and with them the memory that they take: a state dictionary has about 50
// for a tensor.
const maxOperations = 1 << 19

// An unpickler reads pickles, one after the other, of protocols 0 to 5. Nothing is imported and nothing is called:
// a global is a name, and the functions by which tensors and dictionaries are rebuilt are known by theirs. It keeps the first error, and
// reads zeros and nil after it until the operation ends.
type unpickler struct {
	text  []byte
	at    int
	done  int // operations
	stack []any
	memo  map[uint32]any
	err   error

	persistent func(id tuple) (any, error)
}

var (
	errShort     = errors.New("the pickle ends too early")
	errUnderflow = errors.New("the pickle takes more than it has put")
)

// load returns the value of the next pickle.
func (u *unpickler) load() (any, error) {
	u.stack, u.memo = u.stack[:0], map[uint32]any{}
	for u.err == nil {
		op := u.byte()
		if op == '.' {
			v := u.pop()
			return v, u.err
		}
		if u.done++; u.done > maxOperations {
			u.fail(fmt.Errorf("the pickle has more than %d operations, which no state dictionary needs", maxOperations))
		} else if u.err == nil {
			u.do(op)
		}
	}
	return nil, u.err
}

func (u *unpickler) fail(err error) {
	if u.err == nil {
		u.err = err
	}
}

func (u *unpickler) take(n int) []byte {
	if n < 0 || n > len(u.text)-u.at {
		u.fail(errShort)
		return nil
	}
	u.at += n
	return u.text[u.at-n : u.at]
}

func (u *unpickler) byte() byte { return byte(u.number(1)) }

// number reads a little-endian integer of n bytes.
func (u *unpickler) number(n int) uint32 {
	var whole [4]byte
	copy(whole[:], u.take(n))
	return binary.LittleEndian.Uint32(whole[:])
}

// counted reads bytes that follow their number, itself of n bytes.
func (u *unpickler) counted(n int) []byte {
	length := u.number(min(n, 4))
	if n == 8 && u.number(4) != 0 { // longer than any pickle that is read
		u.fail(errShort)
		return nil
	}
	return u.take(int(length))
}

// line reads up to the end of a line.
func (u *unpickler) line() string {
	end := bytes.IndexByte(u.text[u.at:], '\n')
	if end < 0 {
		u.fail(errShort)
		return ""
	}
	return string(u.take(end + 1)[:end])
}

func (u *unpickler) push(v any) { u.stack = append(u.stack, v) }

func (u *unpickler) pop() any { return u.popTuple(1)[0] }

// popTuple takes n values.
func (u *unpickler) popTuple(n int) tuple {
	t := make(tuple, n)
	if n > len(u.stack) {
		u.fail(errUnderflow)
		return t
	}
	copy(t, u.stack[len(u.stack)-n:])
	u.stack = u.stack[:len(u.stack)-n]
	return t
}

// popMarked takes all values after the last mark, and the mark.
func (u *unpickler) popMarked() tuple {
	for i := len(u.stack) - 1; i >= 0; i-- {
		if _, ok := u.stack[i].(mark); ok {
			t := append(tuple{}, u.stack[i+1:]...)
			u.stack = u.stack[:i]
			return t
		}
	}
	u.fail(errors.New("the pickle misses a mark"))
	return nil
}

func (u *unpickler) top() any {
	if len(u.stack) == 0 {
		return nil
	}
	return u.stack[len(u.stack)-1]
}

// do does one operation. The opcodes are those of Python's pickletools.
func (u *unpickler) do(op byte) {
	switch op {
	case 0x80: // PROTO
		if version := u.byte(); version > 5 {
			u.fail(fmt.Errorf("protocol %d of pickles, 0 to 5 are known", version))
		}
	case 0x95: // FRAME
		u.take(8)
	case '(':
		u.push(mark{})
	case '}':
		u.push(&dict{})
	case ']', 0x8f: // EMPTY_LIST, EMPTY_SET
		u.push(&list{})
	case ')':
		u.push(tuple{})
	case 'N':
		u.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		u.push(op == 0x88)
	case '0': // POP
		u.pop()
	case '1': // POP_MARK
		u.popMarked()
	case '2': // DUP
		v := u.pop()
		u.push(v)
		u.push(v)
	case 't', 'l', 'd', 0x91, 0x85, 0x86, 0x87: // TUPLE, LIST, DICT, FROZENSET, TUPLE1 to TUPLE3
		u.collect(op)
	case 'J', 'K', 'M', 0x8a, 0x8b, 'G': // BININT, BININT1, BININT2, LONG1, LONG4, BINFLOAT
		u.numeric(op)
	case 'X', 'T', 'B': // strings, bytes and arrays of bytes, with a length of 4 bytes
		u.push(string(u.counted(4)))
	case 0x8c, 'U', 'C': // of 1 byte
		u.push(string(u.counted(1)))
	case 0x8d, 0x8e, 0x96: // of 8 bytes
		u.push(string(u.counted(8)))
	case 'I', 'L', 'F', 'S', 'V': // INT, LONG, FLOAT, STRING, UNICODE, as text
		u.text0(op)
	case 'q', 'r', 'p', 0x94, 'h', 'j', 'g': // BINPUT, LONG_BINPUT, PUT, MEMOIZE, BINGET, LONG_BINGET, GET
		u.memoise(op)
	case 'c', 0x93: // GLOBAL, STACK_GLOBAL
		u.global(op)
	case 'Q': // BINPERSID
		id, _ := u.pop().(tuple)
		v, err := u.persistent(id)
		u.fail(err)
		u.push(v)
	case 'R', 0x81, 0x92, 'o', 'i': // REDUCE, NEWOBJ, NEWOBJ_EX, OBJ, INST
		u.call(op)
	case 'b': // BUILD: attributes, which a module that was saved whole needs
		u.build()
	case 's': // SETITEM
		u.put(true, u.popTuple(2))
	case 'a': // APPEND
		u.put(false, u.popTuple(1))
	case 'u', 'e', 0x90: // SETITEMS, APPENDS, ADDITEMS
		u.put(op == 'u', u.popMarked())
	default:
		u.fail(fmt.Errorf("the pickle has the opcode %#02x, which no state dictionary needs", op))
	}
}

// collect makes a tuple, list, dictionary or set of values on the stack.
func (u *unpickler) collect(op byte) {
	switch op {
	case 0x85, 0x86, 0x87: // TUPLE1 to TUPLE3
		u.push(u.popTuple(int(op) - 0x84))
	case 'l', 0x91:
		u.push(&list{u.popMarked()})
	case 'd':
		items := u.popMarked()
		u.push(&dict{})
		u.put(true, items)
	default:
		u.push(u.popMarked())
	}
}

// numeric reads a number that is not text.
func (u *unpickler) numeric(op byte) {
	switch op {
	case 'G': // BINFLOAT
		if b := u.take(8); b != nil {
			u.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
	case 0x8a, 0x8b: // LONG1, LONG4
		b := u.counted(map[byte]int{0x8a: 1, 0x8b: 4}[op])
		if len(b) > 1<<10 {
			u.fail(errors.New("the pickle has a number of more than 8192 bits"))
			return
		}
		u.push(long(b))
	case 'J': // BININT
		u.push(int64(int32(u.number(4))))
	default: // BININT1, BININT2
		u.push(int64(u.number(map[byte]int{'K': 1, 'M': 2}[op])))
	}
}

// memoise puts the top of the stack into the memo, or pushes a value of the memo.
func (u *unpickler) memoise(op byte) {
	i := uint32(len(u.memo))
	if op != 0x94 { // MEMOIZE
		i = u.index(op)
	}
	switch op {
	case 'h', 'j', 'g': // BINGET, LONG_BINGET, GET
		v, ok := u.memo[i]
		if !ok {
			u.fail(errors.New("the pickle reads an entry of the memo that it has not written"))
		}
		u.push(v)
	default:
		if len(u.stack) == 0 {
			u.fail(errUnderflow)
		}
		u.memo[i] = u.top()
	}
}

// call pushes what a class or function makes of its arguments.
func (u *unpickler) call(op byte) {
	var t tuple
	switch op {
	case 'R', 0x81: // REDUCE, NEWOBJ
		t = u.popTuple(2)
	case 0x92: // NEWOBJ_EX: arguments by name do not matter
		t = u.popTuple(3)
	default: // OBJ, INST
		t = u.popMarked()
	}
	if op == 'i' {
		u.global('c')
		t = append(tuple{u.pop()}, t...)
	}
	if len(t) == 0 {
		u.fail(errUnderflow)
	}
	if u.err != nil {
		return
	}
	var arguments any = t[1:]
	if op != 'o' && op != 'i' {
		arguments = t[1]
	}
	v, err := rebuild(t[0], arguments)
	u.fail(err)
	u.push(v)
}

// build gives the object on top of the stack its attributes.
func (u *unpickler) build() {
	state := u.pop()
	if o, ok := u.top().(*object); ok {
		o.state = state
		if pair, ok := state.(tuple); ok && len(pair) == 2 && pair[0] != nil {
			o.state = pair[0]
		}
	}
}

// long is a little-endian integer in two's complement.
func long(b []byte) any {
	n := new(big.Int)
	for i := len(b) - 1; i >= 0; i-- {
		n.Lsh(n, 8).Or(n, big.NewInt(int64(b[i])))
	}
	if len(b) > 0 && b[len(b)-1] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

func (u *unpickler) global(op byte) {
	var g global
	if op == 'c' {
		g.module = u.line()
		g.name = u.line()
	} else {
		t := u.popTuple(2)
		g.module, _ = t[0].(string)
		g.name, _ = t[1].(string)
	}
	if g.refused() || g.module == "" || g.name == "" {
		u.fail(fmt.Errorf("the pickle asks for %s, which no state dictionary needs: nothing of it was run", g))
	}
	u.push(g)
}

// put puts items, or pairs of a key and a value, into what is on top.
func (u *unpickler) put(pairs bool, items tuple) {
	switch to := u.top().(type) {
	case *dict:
		u.fail(to.setAll(pairs, items))
	case *object:
		if pairs {
			u.fail(to.items.setAll(pairs, items))
		}
	case *list:
		if pairs {
			u.fail(errors.New("the pickle sets items of a list"))
		}
		to.items = append(to.items, items...)
	default:
		u.fail(errors.New("the pickle adds items to what has none"))
	}
}

func (d *dict) setAll(pairs bool, items tuple) error {
	if !pairs || len(items)%2 != 0 {
		return errors.New("the pickle appends to a dictionary")
	}
	for i := 0; i < len(items); i += 2 {
		d.set(items[i], items[i+1])
	}
	return nil
}
