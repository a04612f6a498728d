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

	"braid/digitqa"
	"braid/internal/suggest"
	"braid/predictor"
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
		Short: "Answer over HTTP, with a page for each model",
		Long: "Serve answers with one or more models. MODEL is a model file or a run folder, by\n" +
			"default runs/latest. It speaks the Open Inference Protocol (version 2), answers\n" +
			"POST /ask, and has a page at / to draw on. SIGTERM ends it after it has answered\n" +
			"the requests that it accepted. SIGHUP reloads models and tokens.",
		RunE: func(c *cobra.Command, args []string) error {
			f.connectionsSet = c.Flags().Changed("connections")
			return f.run(c.Context(), s, args)
		},
	}, cobra.ArbitraryArgs)
	f.addBatchFlags(c)
	f.addLimitFlags(c)
	f.addAccessFlags(c)
	f.addOperationFlags(c)
	c.Flags().SortFlags = false
	return c
}

func (f *serveFlags) addBatchFlags(c *cobra.Command) {
	flags, d := c.Flags(), serve.Defaults()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8080",
		"address to listen on; :8080 for all interfaces, port 0 for any free port")
	flags.IntVar(&f.BatchRows, "batch", d.BatchRows, "maximum rows in a batch")
	flags.DurationVar(&f.BatchWait, "batch-wait", d.BatchWait,
		"maximum time a row waits for its batch to fill; 0: batch only rows that\nalready wait")
	flags.IntVar(&f.Queue, "queue", d.Queue,
		"maximum requests read and not yet answered; more get 503")
	flags.DurationVar(&f.Deadline, "deadline", d.Deadline,
		"maximum time from reading a request to its answer; later it gets 504")
}

func (f *serveFlags) addLimitFlags(c *cobra.Command) {
	flags, d := c.Flags(), serve.Defaults()
	flags.IntVar(&f.Connections, "connections", d.Connections,
		"maximum connections (default: at most an eighth of --memory); at the limit\n"+
			"a new connection replaces the one that has been idle longest")
	flags.IntVar(&f.ClientConnections, "client-connections", 0,
		"maximum connections of one client, such as a proxy; 0: half of --connections")
	flags.StringVar(&f.memory, "memory", "",
		"maximum memory of the process, such as 512MB or 2GB (default: a quarter of\n"+
			"the machine's or the container's)")
	flags.IntVar(&f.bodyMB, "max-body", int(d.Body>>20),
		"maximum MB of a request's body, also when decompressed")
	flags.IntVar(&f.imageMB, "max-image", int(d.Image>>20),
		"maximum MB of a decoded image: 48 suffice for a JPEG of 50 million pixels or\n"+
			"a PNG of 12 million")
	flags.IntVar(&f.Rows, "max-rows", d.Rows, "maximum rows in a request")
	flags.Float64Var(&f.Rate, "rate-limit", d.Rate,
		"maximum requests a second from one client; more get 429; 0: no limit")
}

func (f *serveFlags) addAccessFlags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.Token, "token-file", "",
		"file with bearer tokens of 16 or more characters, one on each line; each\n"+
			"request must carry one")
	flags.StringSliceVar(&f.Hosts, "host", nil,
		"host name to answer besides localhost and IP addresses, such as the one that\n"+
			"a proxy passes on. On a loopback address, without tokens and TLS, requests\n"+
			"for other hosts are refused. Pages of these hosts may send requests too")
	flags.StringVar(&f.Cert, "tls-cert", "", "file with a certificate; reloaded when it changes")
	flags.StringVar(&f.Key, "tls-key", "", "file with the certificate's key")
	flags.BoolVar(&f.insecure, "insecure", false, "accept requests from other machines without tokens")
}

func (f *serveFlags) addOperationFlags(c *cobra.Command) {
	flags, d := c.Flags(), serve.Defaults()
	flags.BoolVar(&f.watch, "watch", false,
		"check the models' files every second and load those that changed")
	flags.DurationVar(&f.DrainWait, "drain-wait", d.DrainWait,
		"time after SIGTERM in which requests are accepted and readiness is 503")
	flags.DurationVar(&f.DrainTimeout, "drain-timeout", d.DrainTimeout,
		"maximum time after --drain-wait to answer the accepted requests")
	flags.StringVar(&f.profile, "pprof", "",
		"loopback address that serves Go's profiles, such as 127.0.0.1:6060")
	flags.StringVar(&f.logFormat, "log-format", "text", strings.Join(logFormats, " or "))
	flags.StringVar(&f.logMin, "log-level", "info",
		strings.Join(logLevels, ", ")+"; debug logs each request")
}

// run serves until the context ends.
func (f serveFlags) run(ctx context.Context, s streams, args []string) error {
	if err := f.configure(args); err != nil {
		return err
	}
	// Without this a write to a closed pipe, also the log's last, would end the process instead of
	// failing.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)
	if err := f.openLog(s.err); err != nil {
		return err
	}
	defer f.logs.close(flushTimeout)
	// SIGHUP is caught before models are loaded: uncaught it ends the process.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	restore, err := f.limitMemory()
	if err != nil {
		return err
	}
	defer restore()
	f.Rules = func(m *predictor.Model) serve.Rules {
		if r := digitqa.RulesOf(m); r != nil {
			return r
		}
		return nil
	}
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
	defer out.close(flushTimeout)
	fmt.Fprintf(out, "serving at %s://%s/\n", scheme, l.Addr())
	return server.Run(ctx, l)
}

// configure checks the flags and completes the server's configuration.
func (f *serveFlags) configure(args []string) error {
	switch {
	case !slices.Contains(logFormats, f.logFormat):
		return usage("--log-format is %q, want one of %s", f.logFormat, suggest.List(logFormats))
	case !slices.Contains(logLevels, f.logMin):
		return usage("--log-level is %q, want one of %s", f.logMin, suggest.List(logLevels))
	case !isAddress(f.addr):
		return usage("--addr is %q, want HOST:PORT, such as 127.0.0.1:8080, or :8080 for all", f.addr)
	case f.profile != "" && !serve.Loopback(f.profile):
		return usage("--pprof is %s, want an address that only this machine reaches, "+
			"such as 127.0.0.1:6060", f.profile)
	case !serve.Loopback(f.addr) && f.Token == "" && !f.insecure:
		return usage("--addr %s lets other machines ask: give them a --token-file, "+
			"or say --insecure", f.addr)
	}
	for _, number := range []struct {
		flag  string
		value int64
	}{
		{"batch", int64(f.BatchRows)},
		{"queue", int64(f.Queue)},
		{"deadline", int64(f.Deadline)},
		{"connections", int64(f.Connections)},
		{"max-body", int64(f.bodyMB)},
		{"max-image", int64(f.imageMB)},
		{"max-rows", int64(f.Rows)},
		{"drain-timeout", int64(f.DrainTimeout)},
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
	return f.addModels(args)
}

// addModels adds the models that the arguments name, or the latest run.
func (f *serveFlags) addModels(args []string) error {
	if len(args) == 0 {
		latest, err := modelPath(nil)
		if err != nil {
			return err
		}
		args = []string{latest}
	}
	for _, arg := range args {
		model := serve.ParseModelPath(arg)
		incomplete := strings.Contains(arg, "=") && (model.Name == "" || model.Path == "")
		if _, err := os.Stat(model.Path); incomplete && errors.Is(err, fs.ErrNotExist) {
			return usage("%s is no file, and no NAME=MODEL: want a name of letters, digits, "+
				"'.', '_' and '-' that begins with a letter or a digit, then a model",
				suggest.Shorten(arg))
		}
		f.Models = append(f.Models, model)
	}
	return nil
}

// openLog makes the log, whose writes never block. The caller closes f.logs.
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

// isAddress reports whether a text has the form of an address to listen on.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return err == nil
}

// profiles serves Go's profiles at f.profile.
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

// onEach calls reload at each signal until it is stopped. It ignores errors, which reload has
// logged.
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
