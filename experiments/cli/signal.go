package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interrupted is a run that a signal ended.
type interrupted struct{ signal syscall.Signal }

func (e *interrupted) Error() string { return "stopped by " + e.signal.String() }

// untilSignal returns a context that ends with an interrupted error when a signal asks the process to end. A second one
// ends it at once.
func untilSignal() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
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
