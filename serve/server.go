package serve

import (
	"log/slog"
	"net/http"
	"path"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/time/rate"

	"braid/internal/suggest"
)

// Server answers requests with the models that it was given.
type Server struct {
	config     Config
	log        *slog.Logger
	metrics    *metrics
	models     []*served // in the order given
	byName     map[string]*served
	pair       *certificate // nil: no TLS
	hosts      hosts
	tokens     tokens
	clients    clients
	memory     *budget // for all requests
	reads      stock   // left for requests that are being read or answered
	unanswered stock   // left for requests that are read and not answered
	batches    scheduler
	decodes    chan struct{} // has an element for each image that is being decoded
	leaving    atomic.Bool   // the server is stopping
	crowded    atomic.Bool   // a new connection waits until another ends
	warning    *rate.Limiter // of warnings about refused requests and connections
	mux        *http.ServeMux
	routed     []string // method and pattern of each route in openapi.json
}

// New loads the models and returns a server that answers with them.
func New(c Config) (*Server, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Server{
		config:  c,
		log:     c.Log,
		hosts:   hosts{names: c.Hosts},
		tokens:  tokens{path: c.Token},
		clients: clients{rate: c.Rate},
		memory:  newBudget(c.Memory),
		decodes: make(chan struct{}, runtime.GOMAXPROCS(0)),
		warning: rate.NewLimiter(1, 5),
	}
	s.metrics = newMetrics(func() float64 { return float64(s.inside()) })
	s.metrics.addMemory(s.memory)
	if c.LogDropped != nil {
		s.metrics.addDropped(c.LogDropped)
	}
	s.hosts.limited.Store(c.Hosts != nil)
	s.reads.left.Store(int64(c.Connections))
	s.unanswered.left.Store(int64(c.Queue))
	s.batches.free = c.Parallel
	if err := s.tokens.load(); err != nil {
		return nil, err
	}
	if c.Cert != "" {
		s.pair = &certificate{cert: c.Cert, key: c.Key, log: c.Log}
		if err := s.pair.load(); err != nil {
			return nil, err
		}
	}
	if err := s.loadModels(); err != nil {
		return nil, err
	}
	s.routes()
	return s, nil
}

// endpoint answers one kind of request. Its error becomes the answer: see problemOf.
type endpoint func(w http.ResponseWriter, r *http.Request) error

// access is which requests a route answers.
type access int

const (
	open      access = iota // all: health, and the page, which has no secrets
	protected               // those that pass the server's checks
)

func (s *Server) routes() {
	s.mux = http.NewServeMux()
	get, post := http.MethodGet, http.MethodPost
	s.route(get, "/v2/health/live", open, s.live)
	s.route(get, "/v2/health/ready", open, s.ready)
	metadata := s.route(get, "/v2", protected, s.serverMetadata)
	s.mux.HandleFunc("/v2/{$}", metadata) // some clients write the slash
	for _, model := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		s.route(get, model, protected, s.modelMetadata)
		s.route(get, model+"/ready", protected, s.modelReady)
		s.route(post, model+"/infer", protected, s.infer)
	}
	s.route(get, "/models", protected, s.describeAll)
	s.route(get, "/models/{model}/openapi.json", protected, s.modelOpenAPI)
	s.route(post, "/ask", protected, s.ask)
	s.route(get, "/metrics", protected, s.showMetrics)
	s.route(get, "/openapi.json", open, s.openAPI)
	s.route(get, "/{$}", open, s.pageFile)
	s.route(get, "/page/{file}", open, s.pageFile)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		const text = "there is nothing at %q: /openapi.json lists what there is"
		w.(*exchange).fail(notFound(text, suggest.Shorten(r.URL.Path)))
	})
}

// route adds a route, and returns its handler.
func (s *Server) route(method, pattern string, to access, do endpoint) http.HandlerFunc {
	allowed := method
	if method == http.MethodGet {
		allowed = "GET, HEAD"
	}
	s.routed = append(s.routed, method+" "+pattern)
	// The rate comes before the token, so that guessing tokens is slow.
	checks := []func(*http.Request) error{
		s.hosts.check, s.hosts.checkOrigin, s.clients.check, s.tokens.check,
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		x := w.(*exchange)
		x.route = pattern
		if r.Method != method && !(r.Method == http.MethodHead && method == http.MethodGet) {
			p := problemf(http.StatusMethodNotAllowed, "", "%s does not take %s, want %s",
				suggest.Shorten(r.URL.Path), suggest.Shorten(r.Method), allowed)
			p.allow = allowed
			x.fail(p)
			return
		}
		if to == protected {
			for _, check := range checks {
				if err := check(r); err != nil {
					x.fail(err)
					return
				}
			}
		}
		if err := do(x, r); err != nil {
			x.fail(err)
		}
	}
	s.mux.HandleFunc(pattern, handler)
	return handler
}

// ServeHTTP answers a request. It does not panic, except to close the connection of a client that
// has gone.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := s.begin(w, r)
	defer x.end()
	if p := r.URL.Path; !isClean(p) {
		x.fail(notFound("the path %q is not clean", suggest.Shorten(p)))
		return
	}
	if err := checkHost(r); err != nil {
		x.fail(err)
		return
	}
	s.mux.ServeHTTP(x, r)
}

// isClean reports whether a path has no empty elements, "." or "..", for which the mux would
// redirect.
func isClean(p string) bool {
	switch {
	case p == "/":
		return true
	case p == "//" || !strings.HasPrefix(p, "/"):
		return false
	}
	return path.Clean(p) == strings.TrimSuffix(p, "/")
}

func (s *Server) live(w http.ResponseWriter, _ *http.Request) error {
	reply(w, http.StatusOK, []byte(`{"live":true}`))
	return nil
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	if s.leaving.Load() {
		return busy("leaving", "the server is being stopped")
	}
	reply(w, http.StatusOK, []byte(`{"ready":true}`))
	return nil
}

func (s *Server) showMetrics(w http.ResponseWriter, r *http.Request) error {
	promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}
