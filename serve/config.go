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
	"unicode"

	"braid/predictor"
)

// Config configures a server. Zero fields mean the defaults named with each.
type Config struct {
	Models []ModelPath
	Log    *slog.Logger // nil: no log

	// LogDropped returns how many lines the log has dropped so far, for the metrics. May be nil.
	LogDropped func() uint64

	// Rules returns what is known of a model's answers, or nil if that is nothing. May be nil.
	Rules func(*predictor.Model) Rules

	// Batching: requests that wait are computed together.
	BatchRows int // most rows of a batch; 64
	// BatchWait is how long a row may wait for others, at most half of the time until its deadline.
	// 0: a batch has only what waits already.
	BatchWait time.Duration
	Parallel  int           // most batches computed at once, of all models; GOMAXPROCS - 1, or 1
	Queue     int           // most requests that are read and not answered; 512
	Deadline  time.Duration // for an answer, from when the request was read; 5 s

	// Limits.
	Connections       int   // most connections at once; 2,048
	ClientConnections int   // most of one IPv4 address or IPv6 /64; half of Connections
	Body              int64 // most bytes of a request's body, also when decompressed; 8 MB
	// Memory is the most bytes that requests hold together, in bodies of more than 16 KB and in
	// rows, images and answers. Bodies may hold half of it. 256 MB, or four times Body if that is
	// more.
	Memory     int64
	Image      int64         // most bytes of a decoded image, as vision.Decode counts them; 48 MB
	Rows       int           // most rows of a request; 10,000
	HeaderTime time.Duration // to read a request's header; 5 s
	ReadTime   time.Duration // to read a request; 15 s
	// WriteTime is the time to send an answer, from when the request's header was read. 30 s, or
	// ReadTime, Deadline and 10 s together if that is more.
	WriteTime time.Duration
	IdleTime  time.Duration // between the requests of a connection; 60 s
	Rate      float64       // most requests a second of a client; 0: no limit

	// Safety.
	Token string // file with bearer tokens, one a line; "": no token is needed
	// Hosts are names in requests' Host headers that the server answers, besides localhost and
	// addresses. nil: any name; on loopback without tokens or TLS, no other name.
	Hosts []string
	Cert  string // file with a TLS certificate, loaded again when it changes; "": no TLS
	Key   string // file with its key

	// Watch is how often the models' files are checked for changes. 0: never.
	Watch time.Duration

	// Stopping.
	DrainWait    time.Duration // from when ready answers 503 to the last new connection; 0
	DrainTimeout time.Duration // for requests on accepted connections after that; 10 s
}

// Rules say what is known of the answers of a model.
type Rules interface {
	// Contradictions returns sentences on answers to a row that cannot all be right. They have an
	// element for each head.
	Contradictions(b *predictor.Batch, row int, answers []predictor.Answer) []string
	// Asked reports whether a head answers a question that the row has.
	Asked(head string) bool
}

// ModelPath is a model to serve.
type ModelPath struct {
	Name string // in addresses; "": the network's name
	Path string // of a model file or a run folder
}

// ParseModelPath parses NAME=PATH, or PATH alone. A path may contain = too.
func ParseModelPath(text string) ModelPath {
	if name, path, ok := strings.Cut(text, "="); ok && goodName.MatchString(name) {
		return ModelPath{Name: name, Path: path}
	}
	return ModelPath{Path: text}
}

// Defaults returns a configuration with all defaults, and no models.
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

// goodName matches what a model may be named in an address, where letters of other scripts are
// percent-encoded.
var goodName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,99}$`)

// addressName returns a network's name as goodName wants it.
func addressName(network string) string {
	name := []rune(strings.TrimLeftFunc(network, func(c rune) bool {
		return !unicode.In(c, unicode.L, unicode.N)
	}))
	return cmp.Or(string(name[:min(len(name), 100)]), "model")
}

// goodHost matches a host name without scheme and port.
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
		return fmt.Errorf("serve: BatchWait is %v, want it shorter than the Deadline, %v",
			c.BatchWait, c.Deadline)
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

// notNegative returns an error if a field is less than 0, or NaN.
func notNegative[T int | int64 | float64 | time.Duration](name string, value T) error {
	if value >= 0 {
		return nil
	}
	return fmt.Errorf("serve: %s is %v, want 0 or more", name, value)
}

// Loopback reports whether addr, such as "127.0.0.1:8080", can be reached from this machine only.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
