// Package suite knows every experiment, study and check: it runs one or all of them, and renders the page of all claims.
package suite

import (
	"maps"
	"slices"

	"cenet/experiments"
	"cenet/experiments/run"
	"cenet/experiments/spec"
)

// Names returns the names that experiment files may use: those of trials and checks, and the built-in files.
func Names() spec.Names {
	n := run.Names()
	for _, name := range slices.Sorted(maps.Keys(Checks)) {
		Checks[name].Register(&n)
	}
	n.Files = experiments.Files
	return n
}
