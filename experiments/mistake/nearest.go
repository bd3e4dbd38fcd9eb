package mistake

import (
	"fmt"
	"strings"
)

// NearestOf names the one of the known names that is nearest to word, and lists them.
func NearestOf(word string, known []string) string {
	if len(known) == 0 {
		return "none is known"
	}
	return fmt.Sprintf("nearest: %q (known: %s)", Nearest(word, known), strings.Join(known, ", "))
}

// longestWord bounds the letters compared, so that a pasted page costs no more than a word.
const longestWord = 64

// Nearest returns the name in known with the fewest edits to word, or "" when
// known is empty. Case does not count. Of equals the first in known wins.
func Nearest(word string, known []string) string {
	best, least := "", -1
	for _, name := range known {
		if d := Distance(word, name); least < 0 || d < least {
			best, least = name, d
		}
	}
	return best
}

// Distance is the number of letters to insert, delete, replace or swap with their neighbour to turn a into b, each place edited once at
// most (optimal string alignment). A swap counts one, since "resnet81" is far more likely meant as resnet18 than as resnet101.
func Distance(a, b string) int {
	s, t := letters(a), letters(b)
	// Three rows of the table d[i][j], the distance of s[:i] to t[:j].
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			replace := last[j-1]
			if s[i-1] != t[j-1] {
				replace++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}

// letters returns the first letters of s in lower case.
func letters(s string) []rune {
	if len(s) > 4*longestWord { // a letter has at most four bytes
		s = s[:4*longestWord]
	}
	r := []rune(strings.ToLower(s))
	return r[:min(len(r), longestWord)]
}
