package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"braid/internal/suggest"
	"braid/serve"
)

// serveFlags are the flags of braid serve.
type serveFlags struct {
	serve.Config
	addr, profile     string
	bodyMB, imageMB   int
	memory            string
	connectionsSet    bool
	insecure, watch   bool
	logFormat, logMin string
	logs              *lineQueue
}

var (
	logFormats = []string{"text", "json"}
	logLevels  = []string{"debug", "info", "warn", "error"}
)

func serveVerb(s streams) *cobra.Command {
	var f serveFlags
	c := command(&cobra.Command{
		Use:   "serve [[NAME=]MODEL ...] [flags]",
		Short: "Answer over HTTP, with a page to draw digits on",
		Long: "Serve answers with one or more models, model files or run folders (default: runs/latest), by the\n" +
			"Open Inference Protocol (version 2), by POST /ask for people, and on a page at / to draw on.\n" +
			"SIGTERM ends it once all is answered that was accepted. SIGHUP reads models and tokens again.",
		RunE: func(c *cobra.Command, args []string) error {
			f.connectionsSet = c.Flags().Changed("connections")
			return f.run(c.Context(), s, args)
		},
	}, cobra.ArbitraryArgs)
	flags, usual := c.Flags(), serve.Defaults()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8080", "address to listen at; :8080 for all, port 0 for any that is free")
	flags.IntVar(&f.BatchRows, "batch", usual.BatchRows, "most rows that are computed together")
	flags.DurationVar(&f.BatchWait, "batch-wait", usual.BatchWait, "how long a row may wait for others; 0: only what already waits is computed together")
	flags.IntVar(&f.Queue, "queue", usual.Queue, "most requests that are read and not answered; more get 503")
	flags.DurationVar(&f.Deadline, "deadline", usual.Deadline, "how long a request may wait from when it was read; then it gets 504")
	flags.IntVar(&f.Connections, "connections", usual.Connections, "most connections at once, or as many as an eighth of --memory holds; at the limit the longest idle one is closed to let a new one in")
	flags.IntVar(&f.ClientConnections, "client-connections", 0, "most connections of one client, such as a proxy; 0: half of --connections")
	flags.StringVar(&f.memory, "memory", "", "most memory of the process, such as 512MB or 2GB; default: a quarter of the machine's or container's")
	flags.IntVar(&f.bodyMB, "max-body", int(usual.Body>>20), "most MB of a request's body, also when decompressed")
	flags.IntVar(&f.imageMB, "max-image", int(usual.Image>>20), "most MB of an image when it is decoded: 48 hold a JPEG of 50 million pixels, a PNG of 12 million")
	flags.IntVar(&f.Rows, "max-rows", usual.Rows, "most rows of a request")
	flags.Float64Var(&f.Rate, "rate-limit", usual.Rate, "most requests a second of one client; more get 429; 0: no limit")
	flags.StringVar(&f.Token, "token-file", "", "file with bearer tokens of 16 characters or more, one a line, one of which each request must bring")
	flags.StringSliceVar(&f.Hosts, "host", nil, "name that requests may ask for besides localhost and addresses, such as one that a proxy passes on;\n"+
		"on this machine's own address, without tokens and TLS, no others are answered;\npages of these hosts may ask too")
	flags.StringVar(&f.Cert, "tls-cert", "", "file with a certificate; read again when it changes")
	flags.StringVar(&f.Key, "tls-key", "", "file with its key")
	flags.BoolVar(&f.insecure, "insecure", false, "listen to other machines without tokens")
	flags.BoolVar(&f.watch, "watch", false, "look each second whether the models' files have changed, and load them")
	flags.DurationVar(&f.DrainWait, "drain-wait", usual.DrainWait, "after SIGTERM, how long to go on accepting, while ready says 503")
	flags.DurationVar(&f.DrainTimeout, "drain-timeout", usual.DrainTimeout, "after that, how long what was accepted may take")
	flags.StringVar(&f.profile, "pprof", "", "address on this machine to serve Go's profiles at, such as 127.0.0.1:6060")
	flags.StringVar(&f.logFormat, "log-format", "text", strings.Join(logFormats, " or "))
	flags.StringVar(&f.logMin, "log-level", "info", strings.Join(logLevels, ", ")+"; debug tells of each request")
	flags.SortFlags = false
	return c
}

// run serves until the context ends.
func (f serveFlags) run(ctx context.Context, s streams, args []string) error {
	if err := f.settle(args); err != nil {
		return err
	}
	if err := f.openLog(s.err); err != nil {
		return err
	}
	defer f.logs.close(lastWords)
	// A write to a closed pipe fails, where without this it would end the process.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // before models are loaded: until then it would end the process
	defer signal.Stop(hangups)
	restore, err := f.limitMemory()
	if err != nil {
		return err
	}
	defer restore()
	server, err := serve.New(f.Config)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	if f.profile != "" {
		stop, err := f.profiles()
		if err != nil {
			l.Close()
			return err
		}
		defer stop()
	}
	defer onEach(hangups, server.Reload)()
	scheme := "http"
	if f.Cert != "" {
		scheme = "https"
	}
	out := newLineQueue(s.out, nil)
	defer out.close(lastWords)
	fmt.Fprintf(out, "serving at %s://%s/\n", scheme, l.Addr())
	return server.Run(ctx, l)
}

// settle checks the flags and makes the server's configuration of them.
func (f *serveFlags) settle(args []string) error {
	switch {
	case !slices.Contains(logFormats, f.logFormat):
		return usage("--log-format is %q, want one of %s", f.logFormat, suggest.List(logFormats))
	case !slices.Contains(logLevels, f.logMin):
		return usage("--log-level is %q, want one of %s", f.logMin, suggest.List(logLevels))
	case !isAddress(f.addr):
		return usage("--addr is %q, want HOST:PORT, such as 127.0.0.1:8080, or :8080 for all", f.addr)
	case f.profile != "" && !serve.Loopback(f.profile):
		return usage("--pprof is %s, want an address that only this machine reaches, such as 127.0.0.1:6060", f.profile)
	case !serve.Loopback(f.addr) && f.Token == "" && !f.insecure:
		return usage("--addr %s lets other machines ask: give them a --token-file, or say --insecure", f.addr)
	}
	for _, number := range []struct {
		flag  string
		value int64
	}{
		{"batch", int64(f.BatchRows)}, {"queue", int64(f.Queue)}, {"deadline", int64(f.Deadline)}, {"connections", int64(f.Connections)},
		{"max-body", int64(f.bodyMB)}, {"max-image", int64(f.imageMB)}, {"max-rows", int64(f.Rows)}, {"drain-timeout", int64(f.DrainTimeout)},
	} {
		if number.value <= 0 {
			return usage("--%s must be above 0", number.flag)
		}
	}
	if f.BatchWait >= f.Deadline {
		return usage("--batch-wait %v must be shorter than --deadline %v", f.BatchWait, f.Deadline)
	}
	for i, name := range f.Hosts {
		f.Hosts[i] = strings.TrimSpace(name) // --host "a.example.org, b.example.org"
	}
	f.Body, f.Image = int64(f.bodyMB)<<20, int64(f.imageMB)<<20
	if f.watch {
		f.Watch = time.Second
	}
	if len(args) == 0 {
		latest, err := modelPath(nil)
		if err != nil {
			return err
		}
		args = []string{latest}
	}
	for _, arg := range args {
		source := serve.ParseSource(arg)
		if _, err := os.Stat(source.Path); errors.Is(err, fs.ErrNotExist) && strings.Contains(arg, "=") && (source.Name == "" || source.Path == "") {
			return usage("%s is no file, and no NAME=MODEL: want a name of letters, digits, '.', '_' and '-' that begins with a letter or a digit, then a model", suggest.Shorten(arg))
		}
		f.Models = append(f.Models, source)
	}
	return nil
}

// openLog makes the log, which never waits for its reader. The caller closes f.logs.
func (f *serveFlags) openLog(to io.Writer) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logMin)); err != nil {
		return err
	}
	options := &slog.HandlerOptions{Level: level}
	logger := func(w io.Writer) *slog.Logger {
		if f.logFormat == "json" {
			return slog.New(slog.NewJSONHandler(w, options))
		}
		return slog.New(slog.NewTextHandler(w, options))
	}
	f.logs = newLineQueue(to, func(lost int) []byte {
		var line bytes.Buffer
		logger(&line).Error("log lines dropped: this log is not read fast enough", "lines", lost)
		return line.Bytes()
	})
	f.Log, f.LogDropped = logger(f.logs), f.logs.dropped.Load
	return nil
}

// isAddress tells whether a text may be an address to listen at.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return err == nil
}

// profiles serves Go's profiles at an address of their own.
func (f *serveFlags) profiles() (stop func(), err error) {
	l, err := net.Listen("tcp", f.profile)
	if err != nil {
		return nil, fmt.Errorf("--pprof: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	f.Log.Info("profiles at", "address", "http://"+l.Addr().String()+"/debug/pprof/")
	server := &http.Server{
		Handler: serve.AskedAs(f.Hosts, mux), ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: slog.NewLogLogger(f.Log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			f.Log.Error("profiles", "error", err)
		}
	}()
	return func() { server.Close() }, nil
}

// onEach calls reload at each signal, until stopped. What fails, reload has logged.
func onEach(signals <-chan os.Signal, reload func() error) (stop func()) {
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-signals:
				reload()
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}
