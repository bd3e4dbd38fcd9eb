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
// a global is a name, and the functions by which tensors and dictionaries are rebuilt are known by theirs.
type unpickler struct {
	text  []byte
	at    int
	done  int // operations
	stack []any
	memo  map[uint32]any

	persistent func(id tuple) (any, error)
}

var (
	errShort     = errors.New("the pickle ends too early")
	errUnderflow = errors.New("the pickle takes more than it has put")
)

// load returns the value of the next pickle.
func (u *unpickler) load() (any, error) {
	u.stack, u.memo = u.stack[:0], map[uint32]any{}
	for {
		op, err := u.byte()
		if err != nil {
			return nil, err
		}
		if op == '.' {
			return u.pop()
		}
		if u.done++; u.done > maxOperations {
			return nil, fmt.Errorf("the pickle has more than %d operations, which no state dictionary needs", maxOperations)
		}
		if err := u.do(op); err != nil {
			return nil, err
		}
	}
}

func (u *unpickler) take(n int) ([]byte, error) {
	if n < 0 || n > len(u.text)-u.at {
		return nil, errShort
	}
	u.at += n
	return u.text[u.at-n : u.at], nil
}

func (u *unpickler) byte() (byte, error) {
	b, err := u.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// number reads a little-endian integer of n bytes.
func (u *unpickler) number(n int) (uint32, error) {
	b, err := u.take(n)
	if err != nil {
		return 0, err
	}
	var whole [4]byte
	copy(whole[:], b)
	return binary.LittleEndian.Uint32(whole[:]), nil
}

// counted reads bytes that follow their number, itself of n bytes.
func (u *unpickler) counted(n int) ([]byte, error) {
	length, err := u.number(min(n, 4))
	if err != nil {
		return nil, err
	}
	if n == 8 {
		if high, err := u.number(4); err != nil || high != 0 { // longer than any pickle that is read
			return nil, errShort
		}
	}
	return u.take(int(length))
}

// line reads up to the end of a line.
func (u *unpickler) line() (string, error) {
	end := bytes.IndexByte(u.text[u.at:], '\n')
	if end < 0 {
		return "", errShort
	}
	b, err := u.take(end + 1)
	if err != nil {
		return "", err
	}
	return string(b[:end]), nil
}

func (u *unpickler) push(v any) { u.stack = append(u.stack, v) }

func (u *unpickler) pop() (any, error) {
	if len(u.stack) == 0 {
		return nil, errUnderflow
	}
	v := u.stack[len(u.stack)-1]
	u.stack = u.stack[:len(u.stack)-1]
	return v, nil
}

// popTuple takes n values.
func (u *unpickler) popTuple(n int) (tuple, error) {
	if n > len(u.stack) {
		return nil, errUnderflow
	}
	t := append(tuple{}, u.stack[len(u.stack)-n:]...)
	u.stack = u.stack[:len(u.stack)-n]
	return t, nil
}

// popMarked takes all values after the last mark, and the mark.
func (u *unpickler) popMarked() (tuple, error) {
	for i := len(u.stack) - 1; i >= 0; i-- {
		if _, ok := u.stack[i].(mark); ok {
			t := append(tuple{}, u.stack[i+1:]...)
			u.stack = u.stack[:i]
			return t, nil
		}
	}
	return nil, errors.New("the pickle misses a mark")
}

func (u *unpickler) top() any {
	if len(u.stack) == 0 {
		return nil
	}
	return u.stack[len(u.stack)-1]
}

// do does one operation. The opcodes are those of Python's pickletools.
func (u *unpickler) do(op byte) error {
	switch op {
	case 0x80: // PROTO
		version, err := u.byte()
		if err == nil && version > 5 {
			err = fmt.Errorf("protocol %d of pickles, 0 to 5 are known", version)
		}
		return err
	case 0x95: // FRAME
		_, err := u.take(8)
		return err
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
		_, err := u.pop()
		return err
	case '1': // POP_MARK
		_, err := u.popMarked()
		return err
	case '2': // DUP
		if len(u.stack) == 0 {
			return errUnderflow
		}
		u.push(u.top())
	case 't', 'l', 'd', 0x91, 0x85, 0x86, 0x87: // TUPLE, LIST, DICT, FROZENSET, TUPLE1 to TUPLE3
		return u.collect(op)
	case 'J', 'K', 'M', 0x8a, 0x8b, 'G': // BININT, BININT1, BININT2, LONG1, LONG4, BINFLOAT
		return u.numeric(op)
	case 'X', 'T', 'B', 0x8c, 'U', 'C', 0x8d, 0x8e, 0x96: // strings, bytes and arrays of bytes, with a length of 4, of 1 and of 8 bytes
		n := 4
		switch op {
		case 0x8c, 'U', 'C':
			n = 1
		case 0x8d, 0x8e, 0x96:
			n = 8
		}
		b, err := u.counted(n)
		u.push(string(b))
		return err
	case 'I', 'L', 'F', 'S', 'V': // INT, LONG, FLOAT, STRING, UNICODE, as text
		return u.text0(op)
	case 'q', 'r', 'p', 0x94, 'h', 'j', 'g': // BINPUT, LONG_BINPUT, PUT, MEMOIZE, BINGET, LONG_BINGET, GET
		return u.memoise(op)
	case 'c', 0x93: // GLOBAL, STACK_GLOBAL
		return u.global(op)
	case 'Q': // BINPERSID
		v, err := u.pop()
		if err != nil {
			return err
		}
		id, _ := v.(tuple)
		if v, err = u.persistent(id); err == nil {
			u.push(v)
		}
		return err
	case 'R', 0x81, 0x92, 'o', 'i': // REDUCE, NEWOBJ, NEWOBJ_EX, OBJ, INST
		return u.call(op)
	case 'b': // BUILD: attributes, which a module that was saved whole needs
		return u.build()
	case 's', 'u', 'a', 'e', 0x90: // SETITEM, SETITEMS, APPEND, APPENDS, ADDITEMS
		return u.add(op)
	default:
		return fmt.Errorf("the pickle has the opcode %#02x, which no state dictionary needs", op)
	}
	return nil
}

// collect makes a tuple, list, dictionary or set of values on the stack.
func (u *unpickler) collect(op byte) error {
	var t tuple
	var err error
	if op >= 0x85 && op <= 0x87 { // TUPLE1 to TUPLE3
		t, err = u.popTuple(int(op) - 0x84)
	} else {
		t, err = u.popMarked()
	}
	switch op {
	case 'l', 0x91:
		u.push(&list{t})
	case 'd':
		u.push(&dict{})
		if err == nil {
			err = u.put('u', t)
		}
	default:
		u.push(t)
	}
	return err
}

// numeric reads a number that is not text.
func (u *unpickler) numeric(op byte) error {
	switch op {
	case 'G': // BINFLOAT
		b, err := u.take(8)
		if err == nil {
			u.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
		return err
	case 0x8a, 0x8b: // LONG1, LONG4
		b, err := u.counted(map[byte]int{0x8a: 1, 0x8b: 4}[op])
		if len(b) > 1<<10 {
			return errors.New("the pickle has a number of more than 8192 bits")
		}
		u.push(long(b))
		return err
	case 'J': // BININT
		n, err := u.number(4)
		u.push(int64(int32(n)))
		return err
	default: // BININT1, BININT2
		n, err := u.number(map[byte]int{'K': 1, 'M': 2}[op])
		u.push(int64(n))
		return err
	}
}

// memoise puts the top of the stack into the memo, or pushes a value of the memo.
func (u *unpickler) memoise(op byte) error {
	i, err := uint32(len(u.memo)), error(nil)
	if op != 0x94 { // MEMOIZE
		i, err = u.index(op)
	}
	switch op {
	case 'h', 'j', 'g': // BINGET, LONG_BINGET, GET
		v, ok := u.memo[i]
		if err == nil && !ok {
			err = errors.New("the pickle reads an entry of the memo that it has not written")
		}
		u.push(v)
	default:
		if len(u.stack) == 0 {
			return errUnderflow
		}
		u.memo[i] = u.top()
	}
	return err
}

// call pushes what a class or function makes of its arguments.
func (u *unpickler) call(op byte) error {
	var t tuple
	var err error
	switch op {
	case 'R', 0x81: // REDUCE, NEWOBJ
		t, err = u.popTuple(2)
	case 0x92: // NEWOBJ_EX: arguments by name do not matter
		t, err = u.popTuple(3)
	default: // OBJ, INST
		t, err = u.popMarked()
	}
	if err != nil {
		return err
	}
	if op == 'i' {
		if err := u.global('c'); err != nil {
			return err
		}
		class, _ := u.pop()
		t = append(tuple{class}, t...)
	}
	if len(t) == 0 {
		return errUnderflow
	}
	var arguments any = t[1:]
	if op != 'o' && op != 'i' {
		arguments = t[1]
	}
	v, err := rebuild(t[0], arguments)
	u.push(v)
	return err
}

// build gives the object on top of the stack its attributes.
func (u *unpickler) build() error {
	t, err := u.popTuple(1)
	if err != nil {
		return err
	}
	if o, ok := u.top().(*object); ok {
		o.state = t[0]
		if pair, ok := t[0].(tuple); ok && len(pair) == 2 && pair[0] != nil {
			o.state = pair[0]
		}
	}
	return nil
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

func (u *unpickler) global(op byte) error {
	var g global
	var err error
	if op == 'c' {
		if g.module, err = u.line(); err == nil {
			g.name, err = u.line()
		}
	} else {
		var t tuple
		if t, err = u.popTuple(2); err == nil {
			g.module, _ = t[0].(string)
			g.name, _ = t[1].(string)
		}
	}
	if err == nil && (g.refused() || g.module == "" || g.name == "") {
		err = fmt.Errorf("the pickle asks for %s, which no state dictionary needs: nothing of it was run", g)
	}
	u.push(g)
	return err
}

// add puts items into a dictionary or a list.
func (u *unpickler) add(op byte) error {
	var items tuple
	var err error
	switch op {
	case 's':
		items, err = u.popTuple(2)
	case 'a':
		items, err = u.popTuple(1)
	default:
		items, err = u.popMarked()
	}
	if err != nil {
		return err
	}
	return u.put(op, items)
}

// put puts items into what is on top.
func (u *unpickler) put(op byte, items tuple) error {
	pairs := op == 's' || op == 'u'
	switch to := u.top().(type) {
	case *dict:
		return to.setAll(pairs, items)
	case *object:
		if pairs {
			return to.items.setAll(pairs, items)
		}
	case *list:
		if pairs {
			return errors.New("the pickle sets items of a list")
		}
		to.items = append(to.items, items...)
	default:
		return errors.New("the pickle adds items to what has none")
	}
	return nil
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
