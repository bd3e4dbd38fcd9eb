package torchfile

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// index reads the place of a memo.
func (u *unpickler) index(op byte) uint32 {
	switch op {
	case 'p', 'g':
		n, err := strconv.ParseUint(u.line(), 10, 32)
		if err != nil {
			u.fail(errors.New("the pickle has a place that is no number"))
		}
		return uint32(n)
	case 'q', 'h':
		return u.number(1)
	}
	return u.number(4)
}

// text0 reads what protocol 0 writes as text. Strings are kept as they are, without what is escaped in them.
func (u *unpickler) text0(op byte) {
	line := u.line()
	v, ok := textValue(op, line)
	if !ok {
		u.fail(fmt.Errorf("the pickle has %.20q for a value", line))
	}
	u.push(v)
}

func textValue(op byte, line string) (v any, ok bool) {
	switch op {
	case 'I', 'L':
		if op == 'I' && (line == "00" || line == "01") {
			return line == "01", true
		}
		if len(line) > 1<<11 {
			return nil, false
		}
		n, ok := new(big.Int).SetString(strings.TrimSuffix(line, "L"), 10)
		if ok && n.IsInt64() {
			return n.Int64(), true
		}
		return n, ok
	case 'F':
		v, err := strconv.ParseFloat(line, 64)
		return v, err == nil || errors.Is(err, strconv.ErrRange)
	case 'S':
		if len(line) < 2 || line[0] != line[len(line)-1] || line[0] != '\'' && line[0] != '"' {
			return nil, false
		}
		line = line[1 : len(line)-1]
	}
	return line, !strings.Contains(line, "\\")
}
