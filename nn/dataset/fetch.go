package dataset

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cenet/nn/dataset/fetch"
)

// Fetch downloads the archive of the source called name into dir, which is made where it is missing, and returns the path
// of the archive: opening the source with that path, or with dir, then reads it. A download that broke off is gone on
// with, and a whole one is not repeated. The archive gets its name only when its size and SHA-256 are right.
//
// progress, when not nil, is called with the bytes that are there. The error is one line: of a name that has nothing to fetch, of
// the network, or of what came.
func Fetch(ctx context.Context, name, dir string, progress func(done, total int64)) (path string, err error) {
	source, ok := Sources[name]
	if !ok || source.Archive == nil {
		return "", fmt.Errorf("%q cannot be fetched, expected %s", name, strings.Join(Fetchable(), " or "))
	}
	t := fetch.Fetcher{Progress: progress}
	return t.Fetch(ctx, *source.Archive, dir)
}

// Fetchable are the names of the sources that Fetch knows, sorted.
func Fetchable() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(Sources)) {
		if Sources[name].Archive != nil {
			names = append(names, name)
		}
	}
	return names
}
