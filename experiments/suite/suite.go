// Package suite knows every experiment, study and check: it runs one or all of them, and renders the page of all claims.
package suite

import (
	"maps"
	"slices"

	"cenet/corrupt"
	"cenet/experiments"
	"cenet/experiments/network"
	"cenet/experiments/source"
	"cenet/experiments/spec"
)

// Names returns the names that experiment files may use: those of trials and checks, and the built-in files.
func Names() spec.Names {
	n := spec.Names{Files: experiments.Files}
	network.Register(&n)
	source.Register(&n)
	n.Choose("corrupt.kind", corrupt.Kinds()...)
	for _, name := range slices.Sorted(maps.Keys(Checks)) {
		Checks[name].Register(name, &n)
	}
	return n
}
