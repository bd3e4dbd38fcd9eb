//go:build !unix

package cli

import "os"

// terminalWidth returns the usual width: this system does not report it.
func terminalWidth(*os.File) int { return 80 }
