package spec

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The TOML library says where a syntax error is, but not where a key it has accepted is. index finds that out: one pass over the source
// that understands as much of TOML as it takes to tell keys from values, and no more. It judges nothing; where it cannot follow, it stops,
// and the library has its say.

// Limits on nesting. The library is recursive in the depth of values and quadratic in the length of keys; no experiment comes near either.
const (
	deepestValue = 16
	longestKey   = 16
)

// position is where a key or a list element begins.
type position struct {
	line  int // from 1
	order int // of all positions, from 0: two may share a line
}

// index maps the path of every key, table and list element to where it first begins. A path is made by child and element.
type index struct {
	at      map[string]position
	tooDeep int // line where a limit on nesting is passed, or 0
}

// child returns the path of key under path; "" is the path of the file.
func child(path, key string) string { return path + "\x00" + key }

// element returns the path of the ith element of the list, or of the array of tables, at path.
func element(path string, i int) string { return path + "\x01" + strconv.Itoa(i) }

// line returns the line of path or, if the index does not have it, of what path lies in; 1 when nothing is known.
func (x *index) line(path string) int {
	for path != "" {
		if p, ok := x.at[path]; ok {
			return p.line
		}
		path = path[:max(0, strings.LastIndexAny(path, "\x00\x01"))]
	}
	return 1
}

// order returns the rank of path in the file, after all others if the index does not have it.
func (x *index) order(path string) int {
	if p, ok := x.at[path]; ok {
		return p.order
	}
	return len(x.at)
}

// locate builds the index of a TOML source.
func locate(src []byte) *index {
	s := &scanner{
		src:    bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")),
		line:   1,
		tables: map[string]int{},
		index:  &index{at: map[string]position{}},
	}
	table := ""
	for s.skip(true); s.more(); s.skip(true) {
		var ok bool
		if s.peek() == '[' {
			table, ok = s.header()
		} else {
			ok = s.pair(table, 0)
		}
		if !ok {
			break
		}
		// One statement a line: whatever else is here is an error.
		if s.skip(false); s.more() && s.peek() != '\n' && s.peek() != '\r' && s.peek() != '#' {
			break
		}
	}
	return s.index
}

// scanner walks over a source. Its methods that return ok stop at what they do not understand and return false.
type scanner struct {
	src    []byte
	i      int
	line   int
	tables map[string]int // elements so far of each array of tables, by path
	index  *index
}

func (s *scanner) more() bool { return s.i < len(s.src) }
func (s *scanner) peek() byte { return s.src[s.i] }

// starts reports whether the rest of the source starts with text.
func (s *scanner) starts(text string) bool {
	return bytes.HasPrefix(s.src[s.i:], []byte(text))
}

// next passes one byte and counts lines.
func (s *scanner) next() {
	if s.src[s.i] == '\n' {
		s.line++
	}
	s.i++
}

// take passes the byte c if it is next.
func (s *scanner) take(c byte) bool {
	if !s.more() || s.peek() != c {
		return false
	}
	s.next()
	return true
}

// skip passes spaces and, if lines is set, line ends and comments.
func (s *scanner) skip(lines bool) {
	for s.more() {
		switch c := s.peek(); {
		case c == ' ' || c == '\t':
		case lines && (c == '\n' || c == '\r'):
		case lines && c == '#':
			for s.more() && s.peek() != '\n' {
				s.next()
			}
			continue
		default:
			return
		}
		s.next()
	}
}

// mark notes that path begins on line, unless it has begun before.
func (s *scanner) mark(path string, line int) {
	if _, ok := s.index.at[path]; !ok {
		s.index.at[path] = position{line, len(s.index.at)}
	}
}

// header reads [key] or [[key]] and returns the path of the table it opens.
func (s *scanner) header() (path string, ok bool) {
	line := s.line
	s.next()
	array := s.take('[')
	keys, ok := s.key()
	if !ok || !s.take(']') || array && !s.take(']') {
		return "", false
	}
	last := len(keys) - 1
	path = s.enter("", keys[:last], line)
	path = child(path, keys[last])
	s.mark(path, line)
	switch n := s.tables[path]; {
	case array:
		s.tables[path]++
		path = element(path, n)
		s.mark(path, line)
	case n > 0: // an error, but not ours to report
		path = element(path, n-1)
	}
	return path, true
}

// enter returns the path of the table that keys lead to from path. The name of an array of tables means its last element.
func (s *scanner) enter(path string, keys []string, line int) string {
	for _, k := range keys {
		path = child(path, k)
		s.mark(path, line)
		if n := s.tables[path]; n > 0 {
			path = element(path, n-1)
		}
	}
	return path
}

// pair reads key = value in the table at path.
func (s *scanner) pair(path string, depth int) bool {
	line := s.line
	keys, ok := s.key()
	if !ok || !s.take('=') {
		return false
	}
	last := len(keys) - 1
	path = child(s.enter(path, keys[:last], line), keys[last])
	s.mark(path, line)
	s.skip(false)
	return s.value(path, depth)
}

// key reads a dotted key and the spaces around it.
func (s *scanner) key() (parts []string, ok bool) {
	for {
		s.skip(false)
		part, ok := s.keyPart()
		if !ok {
			return nil, false
		}
		if parts = append(parts, part); len(parts) > longestKey {
			s.index.tooDeep = s.line
			return nil, false
		}
		if s.skip(false); !s.take('.') {
			return parts, true
		}
	}
}

// keyPart reads one bare or quoted part of a key.
func (s *scanner) keyPart() (string, bool) {
	if !s.more() {
		return "", false
	}
	start := s.i
	if q := s.peek(); q == '"' || q == '\'' {
		if !s.quoted(q) {
			return "", false
		}
		text := string(s.src[start+1 : s.i-1])
		if q == '"' {
			text = unescape(text)
		}
		return text, true
	}
	for s.more() && strings.IndexByte(" \t\r\n.=[]{},#\"'", s.peek()) < 0 {
		s.next()
	}
	return string(s.src[start:s.i]), s.i > start
}

// value passes a value and marks the elements and keys inside it under path.
func (s *scanner) value(path string, depth int) bool {
	if !s.more() {
		return false
	}
	if depth > deepestValue {
		s.index.tooDeep = s.line
		return false
	}
	switch c := s.peek(); {
	case s.starts(`"""`) || s.starts("'''"):
		return s.multiline(c)
	case c == '"' || c == '\'':
		return s.quoted(c)
	case c == '[':
		return s.list(']', func(i int) bool {
			p := element(path, i)
			s.mark(p, s.line)
			return s.value(p, depth+1)
		})
	case c == '{':
		return s.list('}', func(int) bool { return s.pair(path, depth+1) })
	}
	start := s.i
	for s.more() && strings.IndexByte(",]}#\r\n", s.peek()) < 0 {
		s.next()
	}
	return s.i > start
}

// list passes an array or an inline table up to the byte that closes it; item reads the ith of what is between the commas.
func (s *scanner) list(closing byte, item func(i int) bool) bool {
	s.next()
	for i := 0; ; i++ {
		if s.skip(true); s.take(closing) {
			return true
		}
		if !s.more() || !item(i) {
			return false
		}
		if s.skip(true); s.take(',') {
			continue
		}
		return s.take(closing)
	}
}

// quoted passes a string on one line between quotes q.
func (s *scanner) quoted(q byte) bool {
	for s.next(); s.more() && s.peek() != '\n'; s.next() {
		switch c := s.peek(); {
		case c == q:
			s.next()
			return true
		case c == '\\' && q == '"':
			if s.i++; !s.more() || s.peek() == '\n' {
				return false
			}
		}
	}
	return false
}

// multiline passes a string between three quotes q.
func (s *scanner) multiline(q byte) bool {
	end := strings.Repeat(string(q), 3)
	s.i += 3
	for ; s.more(); s.next() {
		switch {
		case s.starts(end):
			s.i += 3
			// Up to two quotes may stand before the three that close.
			for n := 0; n < 2 && s.take(q); n++ {
			}
			return true
		case s.peek() == '\\' && q == '"':
			if s.i++; !s.more() {
				return false
			}
		}
	}
	return false
}

// unescape returns what a basic string means. An escape it does not know stays as it is: the library will refuse it.
func unescape(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	plain := map[byte]byte{'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r', 'e': 0x1b, '"': '"', '\\': '\\'}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		c := text[i+1]
		if p, ok := plain[c]; ok {
			b.WriteByte(p)
			i++
			continue
		}
		n := digits[c]
		if n > 0 && i+2+n <= len(text) {
			if code, err := strconv.ParseUint(text[i+2:i+2+n], 16, 32); err == nil && utf8.ValidRune(rune(code)) {
				b.WriteRune(rune(code))
				i += 1 + n
				continue
			}
		}
		b.WriteByte('\\')
	}
	return b.String()
}
