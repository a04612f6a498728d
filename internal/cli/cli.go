// Package cli is the braid command: one file for each verb.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// exits are the codes that the command ends with, as shells expect them.
const (
	exitFailed      = 1
	exitInterrupted = 128 + int(syscall.SIGINT)
	exitTerminated  = 128 + int(syscall.SIGTERM)
)

// signalled is why a context ended: a signal came.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "stopped by signal: " + s.String() }

// Run is the whole command: it returns the exit code. Standard output gets what was asked for,
// standard error what is said about it.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	root := &cobra.Command{
		Use:           "braid",
		Short:         "Train networks with several inputs and several heads, and use them",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	out := streams{stdin, stdout, stderr}
	root.AddCommand(trainVerb(out), evalVerb(out), askVerb(out), predictVerb(out), serveVerb(out), summaryVerb(out), versionVerb(out))
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	verb, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	message := fmt.Sprintf("braid: %v\n", err)
	if errors.Is(err, errUsage) {
		message += fmt.Sprintf("Run '%s --help' for its flags.\n", verb.CommandPath())
	}
	say := func() { io.WriteString(stderr, message) }
	if verb.Name() == "serve" {
		within(lastWords, say) // a server ends, whether or not anybody reads its log
	} else {
		say()
	}
	var s signalled
	switch {
	case errors.As(err, &s) && s.Signal == syscall.SIGTERM:
		return exitTerminated
	case errors.As(err, &s):
		return exitInterrupted
	}
	return exitFailed
}

// lastWords is how long a server that ends waits for its last lines to be written.
const lastWords = time.Second

// errUsage marks mistakes in flags and arguments.
var errUsage = errors.New("usage")

// usage makes a mistake in how the command was called: its text is told, and where help is.
func usage(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

type usageError struct{ text string }

func (e usageError) Error() string        { return e.text }
func (e usageError) Is(target error) bool { return target == errUsage }

// command makes a verb whose mistakes in flags and arguments are usage errors.
func command(c *cobra.Command, args cobra.PositionalArgs) *cobra.Command {
	c.Args = func(c *cobra.Command, given []string) error {
		if err := args(c, given); err != nil {
			return usage("%v", err)
		}
		return nil
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%v", err) })
	c.DisableFlagsInUseLine = true
	return c
}

// untilSignal gives a context that ends at the first signal to stop. A second one ends the process
// as if none had been caught.
func untilSignal(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(signalled{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// streams are where a verb reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer // what was asked for
	err io.Writer // what is said about it
}

// terminal says whether a person watches standard error.
func (s streams) terminal() bool {
	file, ok := s.err.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// note tells of something that went wrong but stops nothing.
func (s streams) note(message string) { fmt.Fprintf(s.err, "braid: %s\n", message) }
