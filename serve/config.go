package serve

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Config says what is served, and how. Zero fields take the defaults that are given with each.
type Config struct {
	Models []Source
	Log    *slog.Logger // nil: no log

	// LogDropped returns how many lines the log has dropped so far, for the metrics; may be nil.
	LogDropped func() uint64

	// Batching: requests that wait are answered together.
	BatchRows int           // most rows of a batch; 64
	BatchWait time.Duration // how long a row may wait for others, at most half of the time until its deadline; 0: only what already waits
	Parallel  int           // most batches at once, of all models; GOMAXPROCS - 1, or 1
	Queue     int           // most requests that are read and not answered; 512
	Deadline  time.Duration // how long a request may wait from when it was read; 5 s

	// Limits.
	Connections       int           // most connections at once; 2,048
	ClientConnections int           // most of one IPv4 address or IPv6 /64; half of Connections
	Body              int64         // most bytes of a request's body, also when decompressed; 8 MB
	Memory            int64         // most bytes that requests hold together, in bodies of more than 16 KB and in rows, images and answers, half of them in bodies; 256 MB, or four times Body
	Image             int64         // most bytes of an image when it is decoded, as vision.Decode counts them; 48 MB
	Rows              int           // most rows of a request; 10,000
	HeaderTime        time.Duration // for a request's header; 5 s
	ReadTime          time.Duration // for a whole request; 15 s
	WriteTime         time.Duration // for an answer to be taken, from when the request's header was read; 30 s, or ReadTime, Deadline and 10 s
	IdleTime          time.Duration // between the requests of a connection; 60 s
	Rate              float64       // most requests a second of a client; 0: no limit

	// Safety.
	Token string   // file with bearer tokens, one a line; "": none are asked for
	Hosts []string // names that requests may ask for besides localhost and addresses; nil: any, but on loopback without tokens or TLS none
	Cert  string   // files with a certificate and its key, read again when they change
	Key   string

	// Watch is how often the models' files are looked at for changes; 0: never.
	Watch time.Duration

	// Stopping.
	DrainWait    time.Duration // how long to go on after ready is withdrawn; 0
	DrainTimeout time.Duration // how long what was accepted may take after that; 10 s
}

// Source is a model file or a run folder, and the name under which it is served.
type Source struct {
	Name string // "": the network's own
	Path string
}

// ParseSource reads NAME=MODEL, or MODEL alone. A path may hold a = too.
func ParseSource(text string) Source {
	if name, path, ok := strings.Cut(text, "="); ok && goodName.MatchString(name) {
		return Source{Name: name, Path: path}
	}
	return Source{Path: text}
}

// Defaults is the configuration of zero fields, with no models.
func Defaults() Config { return Config{}.withDefaults() }

func (c Config) withDefaults() Config {
	c.BatchRows = cmp.Or(c.BatchRows, 64)
	c.Parallel = cmp.Or(c.Parallel, max(1, runtime.GOMAXPROCS(0)-1))
	c.Queue = cmp.Or(c.Queue, 512)
	c.Deadline = cmp.Or(c.Deadline, 5*time.Second)
	c.Connections = cmp.Or(c.Connections, 2048)
	c.ClientConnections = cmp.Or(c.ClientConnections, max(1, c.Connections/2))
	c.Body = cmp.Or(c.Body, 8<<20)
	c.Memory = cmp.Or(c.Memory, max(256<<20, 4*c.Body))
	c.Image = cmp.Or(c.Image, 48<<20)
	c.Rows = cmp.Or(c.Rows, 10_000)
	c.HeaderTime = cmp.Or(c.HeaderTime, 5*time.Second)
	c.ReadTime = cmp.Or(c.ReadTime, 15*time.Second)
	c.WriteTime = cmp.Or(c.WriteTime, max(30*time.Second, c.ReadTime+c.Deadline+10*time.Second))
	c.IdleTime = cmp.Or(c.IdleTime, time.Minute)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, 10*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// goodName is what a model may be called in an address.
var goodName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// goodHost is the name of a machine, without scheme and port.
var goodHost = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$`)

func (c Config) check() error {
	if len(c.Models) == 0 {
		return fmt.Errorf("serve: no model is given, want one or more")
	}
	if err := cmp.Or(
		notNegative("BatchRows", c.BatchRows),
		notNegative("Parallel", c.Parallel),
		notNegative("Queue", c.Queue),
		notNegative("Connections", c.Connections),
		notNegative("ClientConnections", c.ClientConnections),
		notNegative("Body", c.Body),
		notNegative("Memory", c.Memory),
		notNegative("Image", c.Image),
		notNegative("Rows", c.Rows),
		notNegative("Rate", c.Rate),
		notNegative("BatchWait", c.BatchWait),
		notNegative("Deadline", c.Deadline),
		notNegative("HeaderTime", c.HeaderTime),
		notNegative("ReadTime", c.ReadTime),
		notNegative("WriteTime", c.WriteTime),
		notNegative("IdleTime", c.IdleTime),
		notNegative("Watch", c.Watch),
		notNegative("DrainWait", c.DrainWait),
		notNegative("DrainTimeout", c.DrainTimeout),
	); err != nil {
		return err
	}
	if c.BatchWait >= c.Deadline {
		return fmt.Errorf("serve: BatchWait is %v, want it shorter than the Deadline, %v", c.BatchWait, c.Deadline)
	}
	for _, name := range c.Hosts {
		if !goodHost.MatchString(name) {
			return fmt.Errorf("serve: Hosts has %q, want a name alone, such as digits.example.org", name)
		}
	}
	if (c.Cert == "") != (c.Key == "") {
		return fmt.Errorf("serve: a certificate and its key go together: got %q and %q", c.Cert, c.Key)
	}
	return nil
}

// notNegative returns an error unless a field is 0 or more. NaN is not.
func notNegative[T int | int64 | float64 | time.Duration](name string, value T) error {
	if value >= 0 {
		return nil
	}
	return fmt.Errorf("serve: %s is %v, want 0 or more", name, value)
}

// Loopback tells whether only this machine reaches an address such as "127.0.0.1:8080".
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
