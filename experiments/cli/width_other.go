//go:build !unix

package cli

import "os"

// terminalWidth is not known here: as wide as terminals usually are.
func terminalWidth(*os.File) int { return 80 }
