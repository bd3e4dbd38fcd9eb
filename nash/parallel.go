package nash

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

type progressKey struct{}

// WithProgress returns a context with which the checks report how far each of their stages is: done of total parts. One call at a time.
func WithProgress(ctx context.Context, report func(stage string, done, total int)) context.Context {
	return context.WithValue(ctx, progressKey{}, report)
}

// inParallel calls do with 0 … n−1, as many at the same time as there are processors, until all are done or ctx ends.
func inParallel(ctx context.Context, stage string, n int, do func(i int)) error {
	report, _ := ctx.Value(progressKey{}).(func(stage string, done, total int))
	var mutex sync.Mutex
	done := 0
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			do(i)
			if report != nil {
				mutex.Lock()
				defer mutex.Unlock()
				done++
				report(stage, done, n)
			}
			return nil
		})
	}
	group.Wait()
	return context.Cause(ctx)
}
