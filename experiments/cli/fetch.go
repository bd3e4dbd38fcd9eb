package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cenet/experiments/mistake"
	"cenet/nn/dataset"
)

func fetch(c *call) error {
	dir := c.String("data", fetched(), "`DIR` to download to, by default .cache/data")
	name, err := c.one()
	if err != nil {
		return err
	}
	if names := dataset.Fetchable(); !slices.Contains(names, name) {
		return mistake.Errorf("fetch: unknown data set %q; nearest: %q (known: %s)", name, mistake.Nearest(name, names),
			strings.Join(names, ", "))
	}
	ctx, stop := untilSignal()
	defer stop()
	shown := int64(-1)
	path, err := dataset.Fetch(ctx, name, *dir, func(done, total int64) {
		if percent := 100 * done / max(1, total); percent/5 != shown/5 || shown < 0 {
			shown = percent
			fmt.Fprintf(c.errs, "%s: %d of %d MB, %d %%\n", name, done>>20, total>>20, percent)
		}
	})
	if err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	fmt.Fprintln(c.out, path)
	return nil
}
