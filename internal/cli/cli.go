// Package cli is the braid command: one file for each verb.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"braid/modelfile"
)

// The exit codes of the command besides 0, in the convention of shells.
const (
	exitFailed      = 1
	exitUsage       = 2 // a mistake in flags or arguments
	exitInterrupted = 128 + int(syscall.SIGINT)
	exitTerminated  = 128 + int(syscall.SIGTERM)
)

// Help lists the verbs in the order in which they are used, not sorted by name.
func init() { cobra.EnableCommandSorting = false }

// signalled is the cause of a context that a signal cancelled.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "stopped by signal: " + s.String() }

// Run runs the command and returns its exit code. Results go to stdout, messages to stderr.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	root := &cobra.Command{
		Use:   "braid",
		Short: "Train networks with several inputs and several heads, and use them",
		Long: "Braid trains networks with several inputs and several heads, and uses them.\n\n" +
			"Your own data:    braid init rows.csv --heads COLUMNS, braid train rows.yaml,\n" +
			"                  braid predict runs/latest --in new.csv --out answers.csv\n" +
			"The default one:  braid train, braid ask seven.png \"odd number\"\n\n" +
			"The exit code is 0 after success, 1 after a failure, 2 after a mistake in flags or\n" +
			"arguments, and 130 or 143 after SIGINT or SIGTERM.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	out := streams{stdin, stdout, stderr}
	root.AddCommand(
		initVerb(out), inspectVerb(out), trainVerb(out), evalVerb(out), predictVerb(out), askVerb(out),
		reportVerb(out), serveVerb(out), runsVerb(out), summaryVerb(out), schemaVerb(out), manVerb(out),
		versionVerb(out),
	)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		complete(root) // only here: cobra keeps what it registers forever
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	verb, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	message := fmt.Sprintf("braid: %v\n%s", err, unfinishedRun(err))
	isUsage := errors.Is(err, errUsage) || verb == root // an unknown verb
	if isUsage {
		message += fmt.Sprintf("Run '%s --help' for its flags.\n", verb.CommandPath())
	}
	say := func() { io.WriteString(stderr, message) }
	if verb.Name() == "serve" {
		within(flushTimeout, say) // a server ends even if nobody reads its log
	} else {
		say()
	}
	var s signalled
	switch {
	case errors.As(err, &s) && s.Signal == syscall.SIGTERM:
		return exitTerminated
	case errors.As(err, &s):
		return exitInterrupted
	case isUsage:
		return exitUsage
	}
	return exitFailed
}

// unfinishedRun returns a line that says how to go on, if a verb failed because a run has no model
// yet.
func unfinishedRun(err error) string {
	var missing *fs.PathError
	if !errors.As(err, &missing) || !errors.Is(missing, fs.ErrNotExist) ||
		filepath.Base(missing.Path) != modelfile.FileName {
		return ""
	}
	folder := filepath.Dir(missing.Path)
	if _, err := os.Stat(filepath.Join(folder, configName)); err != nil {
		return ""
	}
	return fmt.Sprintf("the run has no model yet; go on with: braid train --resume %s\n",
		shellWord(folder))
}

// flushTimeout limits how long a server that ends waits for its last lines to be written.
const flushTimeout = time.Second

// errUsage marks mistakes in flags and arguments.
var errUsage = errors.New("usage")

// usage returns an error in the command's flags or arguments. Run prints it with a hint at --help.
func usage(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

type usageError struct{ text string }

func (e usageError) Error() string        { return e.text }
func (e usageError) Is(target error) bool { return target == errUsage }

// command returns a verb whose errors in flags and arguments are usage errors.
func command(c *cobra.Command, args cobra.PositionalArgs) *cobra.Command {
	c.Args = func(c *cobra.Command, given []string) error {
		if err := args(c, given); err != nil {
			return usage("%v", err)
		}
		return nil
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	c.DisableFlagsInUseLine = true
	return c
}

// flagError returns the usage error for an error in a flag. For a value of another type it says
// what the flag takes, in place of the text of package strconv.
func flagError(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return usage("%v", err)
	}
	want, ok := map[string]string{
		"int": "a whole number", "uint64": "a whole number from 0", "float64": "a number",
		"bool": "true or false", "duration": "a time such as 90s or 5m",
	}[invalid.GetFlag().Value.Type()]
	if !ok {
		return usage("%v", err)
	}
	return usage("--%s is %q, want %s", invalid.GetFlag().Name, invalid.GetValue(), want)
}

// untilSignal returns a context that the first interrupt or SIGTERM cancels. A second one ends the
// process as if none had been caught.
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

// streams are the standard streams of a verb.
type streams struct {
	in  io.Reader
	out io.Writer // results
	err io.Writer // messages
}

// terminal reports whether standard error is a terminal.
func (s streams) terminal() bool { return isTerminal(s.err) }

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// note prints a message about something that does not stop the verb.
func (s streams) note(message string) { fmt.Fprintf(s.err, "braid: %s\n", message) }
