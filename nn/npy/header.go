package npy

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxAxes is how many axes NumPy's arrays may have.
const maxAxes = 64

// entry is a key of the header and its value: a text, a truth, a tuple of whole numbers, or a list, which is what the elements
// of a structured array are described by.
var entry = regexp.MustCompile(`^\s*(?:'([a-z_]+)'|"([a-z_]+)")\s*:\s*('[^'\\]*'|"[^"\\]*"|True|False|\([0-9L,\s]*\)|\[.*\])\s*(,|\}\s*$)`)

// parseHeader reads a header: descr, fortran_order and shape, once each and in any order.
func parseHeader(text string) (h header, err error) {
	wrong := fmt.Errorf("the .npy header %.60q is not of the form {'descr': …, 'fortran_order': …, 'shape': …}", text)
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "{")
	if !ok {
		return h, wrong
	}
	seen := map[string]bool{}
	for ended := false; !ended; {
		if strings.TrimSpace(rest) == "}" && len(seen) > 0 { // after a comma
			break
		}
		m := entry.FindStringSubmatch(rest)
		if m == nil {
			return h, wrong
		}
		rest, ended = rest[len(m[0]):], m[4] != ","
		key, value := m[1]+m[2], m[3]
		if seen[key] {
			return h, fmt.Errorf("the .npy header has %q twice", key)
		}
		seen[key] = true
		switch begins := value[0]; {
		case key == "descr" && begins == '[':
			return h, fmt.Errorf("the .npy elements are structured, %.60s, expected numbers: one field alone, as array[NAME], is an array of them",
				value)
		case key == "descr" && (begins == '\'' || begins == '"'):
			err = h.describe(value[1 : len(value)-1])
		case key == "fortran_order" && (begins == 'T' || begins == 'F'):
			h.columns = begins == 'T'
		case key == "shape" && begins == '(':
			h.shape, err = axes(value[1 : len(value)-1])
		default:
			return h, wrong
		}
		if err != nil {
			return h, err
		}
	}
	if !seen["descr"] || !seen["fortran_order"] || !seen["shape"] {
		return h, wrong
	}
	return h, nil
}

// axes reads the numbers of a tuple, which a Python before 3 may have written with an L at the end.
func axes(text string) (shape []int, err error) {
	words := strings.Split(text, ",")
	if last := len(words) - 1; strings.TrimSpace(words[last]) == "" { // after the last comma, or all of ()
		words = words[:last]
	}
	for _, word := range words {
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(word), "L"), 10, 32)
		if err != nil || n < 0 || len(shape) == maxAxes {
			return nil, fmt.Errorf("the .npy shape (%.60s) has more elements than any file, or is invalid", text)
		}
		shape = append(shape, int(n))
	}
	return shape, nil
}

// describe takes a descr: the order of bytes, the kind and the size.
func (h *header) describe(descr string) error {
	h.order = binary.LittleEndian
	kind := descr
	if kind != "" && strings.ContainsRune("<>=|", rune(kind[0])) {
		if kind[0] == '>' {
			h.order = binary.BigEndian
		}
		kind = kind[1:]
	}
	e, ok := elements[kind]
	if !ok || descr[0] == '=' { // native: of whose machine?
		what := map[byte]string{'c': "complex numbers", 'O': "objects of Python", 'S': "text", 'U': "text", 'a': "text",
			'V': "structured or raw bytes", 'M': "dates", 'm': "times"}
		said := "unknown"
		if kind != "" && what[kind[0]] != "" {
			said = what[kind[0]]
		}
		return fmt.Errorf("the .npy elements are %q, %s: expected booleans, integers or floating-point numbers, as \"<f4\"", descr, said)
	}
	h.element = e
	return nil
}
