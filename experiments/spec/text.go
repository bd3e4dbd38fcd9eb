package spec

import (
	"math"
	"strconv"
	"strings"

	"cenet/experiments/mistake"
)

// Number writes x as a reader would.
func Number(x float64) string {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 0):
		return strings.ToLower(strconv.FormatFloat(x, 'g', -1, 64))
	case x == math.Trunc(x) && math.Abs(x) < 1e15:
		return strconv.FormatFloat(x+0, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// nearestKey is mistake.Nearest for dotted keys. The last part is the name itself, what is before it only where the name was put: a name in
// the wrong table, or cut short, is nearer than another one in the right table. Of equals the one in the right table wins.
func nearestKey(key string, known []string) string {
	best, least, apart := "", -1, 0
	for _, name := range known {
		a, b := lastPart(key), lastPart(name)
		whole := mistake.Distance(key, name)
		d := 2*mistake.Distance(a, b) + whole
		switch {
		case a == b:
			d = 0
		case len(a) > 2 && strings.HasPrefix(b, a):
			d = len(b) - len(a)
		}
		if least < 0 || d < least || d == least && whole < apart {
			best, least, apart = name, d, whole
		}
	}
	return best
}

// lastPart returns the part after the last dot of a dotted key.
func lastPart(key string) string {
	return key[strings.LastIndexByte(key, '.')+1:]
}

// dotted joins two parts of a key, the first of which may be "".
func dotted(a, b string) string {
	if a == "" {
		return b
	}
	return a + "." + b
}
