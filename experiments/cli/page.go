package cli

import (
	"errors"
	"fmt"
	"strings"

	"cenet/experiments/mistake"
	"cenet/experiments/run"
	"cenet/experiments/serve"
	"cenet/experiments/suite"
	"cenet/results/page"
)

// webPage draws all results as one HTML page.
func webPage(c *call) error {
	o := run.Options{}
	outFlag(c, &o)
	replace := replaceFlag(c)
	if err := c.none(); err != nil {
		return err
	}
	o.Replace = *replace
	path, err := suite.WritePage(o)
	if err == nil {
		fmt.Fprintln(c.out, "wrote", path)
	}
	return err
}

// serveResults serves the page, with running trials, until it is interrupted.
func serveResults(c *call) error {
	o := stateOptions()
	outFlag(c, &o)
	addr := c.String("addr", serve.Addr, "`HOST:PORT` to listen on, by default "+serve.Addr+", which only this machine reaches")
	var hosts []string
	c.Func("host", "further `NAME` that the server answers to, a full name or that of a proxy; may be given several times",
		func(name string) error {
			if name == "" || strings.ContainsAny(name, ":/ ") {
				return errors.New("expected a host name without port")
			}
			hosts = append(hosts, name)
			return nil
		})
	if err := c.none(); err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	return mistake.Of(serve.Serve(ctx, serve.Options{
		Addr: *addr, Hosts: hosts, Out: o.Out, State: o.State, Overview: func() (page.Overview, error) { return suite.Overview(o) },
	}, func(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }))
}

// whereResults is the last line of commands that show results.
const whereResults = "results/index.html: `./reproduce.sh page` writes it, `./reproduce.sh serve` shows it with running trials"
