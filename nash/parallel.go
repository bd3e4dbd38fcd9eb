package nash

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// inParallel calls do with 0 … n−1, as many at the same time as there are processors, until all are done or ctx ends.
func inParallel(ctx context.Context, n int, do func(i int)) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if ctx.Err() == nil {
				do(i)
			}
			return nil
		})
	}
	group.Wait()
	return context.Cause(ctx)
}
