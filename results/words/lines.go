package words

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks a text into lines that fit, between words.
func Wrap(text string, fits func(line string) bool) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if n := len(lines); n > 0 && fits(lines[n-1]+" "+word) {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// Cut cuts the end off a text until it fits, and replaces it with “…”.
func Cut(text string, fits func(text string) bool) string {
	runes := []rune(text)
	for n := len(runes) - 1; n >= 0 && !fits(text); n-- {
		text = string(runes[:n]) + "…"
	}
	return text
}

// Within reports whether a text has at most a number of characters.
func Within(length int) func(text string) bool {
	return func(text string) bool { return utf8.RuneCountInString(text) <= length }
}
