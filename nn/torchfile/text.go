package torchfile

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// index reads the place of a memo.
func (u *unpickler) index(op byte) (uint32, error) {
	switch op {
	case 'p', 'g':
		line, err := u.line()
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseUint(line, 10, 32)
		if err != nil {
			return 0, errors.New("the pickle has a place that is no number")
		}
		return uint32(n), nil
	case 'q', 'h':
		return u.number(1)
	}
	return u.number(4)
}

// text0 reads what protocol 0 writes as text. Strings are kept as they are, without what is escaped in them.
func (u *unpickler) text0(op byte) error {
	line, err := u.line()
	if err != nil {
		return err
	}
	wrong := fmt.Errorf("the pickle has %.20q for a value", line)
	switch op {
	case 'I', 'L':
		switch {
		case op == 'I' && (line == "00" || line == "01"):
			u.push(line == "01")
			return nil
		case len(line) > 1<<11:
			return wrong
		}
		n, ok := new(big.Int).SetString(strings.TrimSuffix(line, "L"), 10)
		if !ok {
			return wrong
		}
		if n.IsInt64() {
			u.push(n.Int64())
		} else {
			u.push(n)
		}
	case 'F':
		v, err := strconv.ParseFloat(line, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return wrong
		}
		u.push(v)
	case 'S':
		if len(line) < 2 || line[0] != line[len(line)-1] || line[0] != '\'' && line[0] != '"' || strings.Contains(line, "\\") {
			return wrong
		}
		u.push(line[1 : len(line)-1])
	default:
		if strings.Contains(line, "\\") {
			return wrong
		}
		u.push(line)
	}
	return nil
}
