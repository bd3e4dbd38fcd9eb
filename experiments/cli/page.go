package cli

import (
	"errors"
	"fmt"
	"strings"

	"cenet/experiments/run"
	"cenet/experiments/serve"
	"cenet/experiments/suite"
	"cenet/results/page"
)

// webPage draws everything that is in the results as one page.
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

// serveResults shows the page, and what is under way, until it is interrupted.
func serveResults(c *call) error {
	o := stateOptions()
	outFlag(c, &o)
	addr := c.String("addr", serve.Addr, "`HOST:PORT` to listen on, by default "+serve.Addr+", which this machine alone reaches")
	var hosts []string
	c.Func("host", "further `NAME` that the server answers to, as a full name or that of a proxy; may be given several times", func(name string) error {
		if name == "" || strings.ContainsAny(name, ":/ ") {
			return errors.New("expected a host's name without port")
		}
		hosts = append(hosts, name)
		return nil
	})
	if err := c.none(); err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	return wrong(serve.Serve(ctx, serve.Options{
		Addr: *addr, Hosts: hosts, Out: o.Out, State: o.State, Overview: func() (page.Overview, error) { return suite.Overview(o) },
	}, func(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }))
}

// lookAt says where results are to be looked at.
const lookAt = "results/index.html: `./reproduce.sh page` writes it, `./reproduce.sh serve` shows it with what is under way"

// look says so at the end of a run, beside what it prints.
func (c *call) look() { fmt.Fprintln(c.errs, lookAt) }
