package results

import (
	"cenet/results/words"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// What a terminal shows must fit into its width: a line that it breaks takes the table apart. Widths are counted in characters, 0 is a
// width without end.

// leastCell is as short as a text is cut, with the sign that says so.
const leastCell = 6

// fit drops columns until a table fits, from the right, but neither the first nor those whose heads are in keep; then it cuts the longest
// texts; then it drops what was to be kept. It returns how many columns were dropped.
func fit(columns []column, rows [][]string, width int, keep ...string) ([]column, [][]string, int) {
	if width <= 0 {
		return columns, rows, 0
	}
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = utf8.RuneCountInString(c.head)
		for _, r := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(r[i]))
		}
	}
	shown := make([]int, len(columns)) // columns, by their index
	for i := range shown {
		shown[i] = i
	}
	over := func() int { // characters too many
		const padding = 2
		sum := -width
		for _, i := range shown {
			sum += widths[i] + padding
		}
		return sum
	}
	drop := func(kept func(i int) bool) {
		for k := len(shown) - 1; k > 0 && over() > 0; k-- {
			if !kept(shown[k]) {
				shown = slices.Delete(shown, k, k+1)
			}
		}
	}
	drop(func(i int) bool { return slices.Contains(keep, columns[i].head) })
	for over() > 0 {
		longest := slices.MaxFunc(shown, func(a, b int) int { return widths[a] - widths[b] })
		if widths[longest] <= leastCell {
			break
		}
		widths[longest]--
	}
	drop(func(int) bool { return false })

	var heads []column
	cut := make([][]string, len(rows))
	for _, i := range shown {
		heads = append(heads, column{cutTo(columns[i].head, widths[i]), columns[i].text})
		for k, r := range rows {
			cut[k] = append(cut[k], cutTo(r[i], widths[i]))
		}
	}
	return heads, cut, len(columns) - len(shown)
}

// cutTo cuts a text to so many characters, the last of which says so.
func cutTo(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:max(0, most-1)]) + "…"
}

// fittedTable draws a table for a terminal of that width, and says where the columns are that it has no room for.
func fittedTable(columns []column, rows [][]string, width int, keep ...string) (string, error) {
	text, dropped, err := tableWithin(columns, rows, width, keep...)
	if err == nil && dropped > 0 {
		text += folded(fmt.Sprintf("%s more in table.md", words.Count(dropped, "column")), width)
	}
	return text, err
}

// tableWithin draws a table for a terminal of that width, and returns how many columns it has no room for.
func tableWithin(columns []column, rows [][]string, width int, keep ...string) (string, int, error) {
	columns, rows, dropped := fit(columns, rows, width, keep...)
	text, err := textTable(columns, rows)
	if err != nil || width <= 0 {
		return text, 0, err
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String(), dropped, nil
}

// folded breaks a text into lines of that width, between words where it can.
func folded(s string, width int) string {
	if width <= 0 {
		return s + "\n"
	}
	var b strings.Builder
	at := 0
	for _, word := range strings.Fields(s) {
		for {
			n := utf8.RuneCountInString(word)
			switch {
			case at == 0 && n > width:
				r := []rune(word)
				b.WriteString(string(r[:width]) + "\n")
				word = string(r[width:])
				continue
			case at > 0 && at+1+n > width:
				b.WriteByte('\n')
				at = 0
				continue
			case at > 0:
				b.WriteByte(' ')
				at++
			}
			b.WriteString(word)
			at += n
			break
		}
	}
	b.WriteByte('\n')
	return b.String()
}
