package cli

import (
	"io"
	"os"
	"strconv"

	"cenet/experiments/run"
)

// width is how many characters a line has of what is written to out: that of the terminal, or what COLUMNS says where the terminal
// does not; 0, which is any number, where out is no terminal.
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
