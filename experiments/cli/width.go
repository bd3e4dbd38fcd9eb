package cli

import (
	"io"
	"os"
	"strconv"

	"cenet/experiments/run"
)

// width is the line width of a terminal in characters: from the terminal, else from COLUMNS, else 80. It is 0, which means no limit, if
// out is not a terminal.
func width(out io.Writer) int {
	if !run.Terminal(out) {
		return 0
	}
	if n := terminalWidth(out.(*os.File)); n > 0 {
		return n
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return 80
}
