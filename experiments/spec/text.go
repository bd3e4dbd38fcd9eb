package spec

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
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

// Quote quotes text that a user wrote, cut to a length that leaves the line readable.
func Quote(text string) string { return strconv.Quote(shorten(text)) }

// plain is Quote without the quotes where no letter needs them.
func plain(text string) string {
	text = shorten(text)
	for _, r := range text {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(text)
		}
	}
	return text
}

func shorten(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// OneLine makes text fit for a line of its own.
func OneLine(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return text
}

// dotted joins two parts of a key, the first of which may be "".
func dotted(a, b string) string {
	if a == "" {
		return b
	}
	return a + "." + b
}
