package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interrupted reports that a signal ended a run.
type interrupted struct{ signal syscall.Signal }

func (e *interrupted) Error() string { return "stopped by " + e.signal.String() }

// untilSignal returns a context that ends with an interrupted error when a signal asks the process to end. A second signal ends the
// process at once. Signals that were ignored when the process started stay ignored: nohup ignores SIGHUP, and a shell without job
// control ignores SIGINT for background processes.
func untilSignal() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(&interrupted{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}
