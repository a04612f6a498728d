package serve

import (
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime"
	"strings"
	"sync/atomic"

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
	pair       *certificate // nil without TLS
	hosts      hosts
	tokens     tokens
	clients    clients
	memory     *budget // of all requests
	reads      stock   // for requests whose body is read or answered
	unanswered stock   // for requests that are read and not answered
	batches    scheduler
	decodes    chan struct{} // holds an element for each image that is being decoded
	leaving    atomic.Bool   // it is being stopped
	crowded    atomic.Bool   // a new connection waits until another ends
	warning    *rate.Limiter // of requests that were turned away
	mux        *http.ServeMux
	routed     []string // method and pattern of each endpoint: what openapi.json tells of
}

// New loads the models and makes a server of them.
func New(c Config) (*Server, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Server{
		config: c, log: c.Log, hosts: hosts{names: c.Hosts}, tokens: tokens{path: c.Token}, memory: newBudget(c.Memory), clients: clients{rate: c.Rate},
		warning: rate.NewLimiter(1, 5), decodes: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	s.metrics = newMetrics(func() float64 { return float64(s.inside()) })
	s.metrics.addMemory(s.memory)
	if c.LogDropped != nil {
		s.metrics.addDropped(c.LogDropped)
	}
	s.hosts.matter.Store(c.Hosts != nil)
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
	if err := s.open(); err != nil {
		return nil, err
	}
	s.routes()
	return s, nil
}

// endpoint answers one kind of request. What it returns is told to the client.
type endpoint func(w http.ResponseWriter, r *http.Request) error

// access says who may use a route.
type access int

const (
	open      access = iota // everybody: health, and the page, which holds no secret
	protected               // those with a token, where tokens are asked for
)

func (s *Server) routes() {
	s.mux = http.NewServeMux()
	get, post := http.MethodGet, http.MethodPost
	s.route(get, "/v2/health/live", open, s.live)
	s.route(get, "/v2/health/ready", open, s.ready)
	about := s.route(get, "/v2", protected, s.about)
	s.mux.HandleFunc("/v2/{$}", about) // clients write either
	for _, model := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		s.route(get, model, protected, s.modelAbout)
		s.route(get, model+"/ready", protected, s.modelReady)
		s.route(post, model+"/infer", protected, s.infer)
	}
	s.route(get, "/models", protected, s.describeAll)
	s.route(post, "/ask", protected, s.ask)
	s.route(get, "/metrics", protected, s.showMetrics)
	s.route(get, "/openapi.json", open, s.openAPI)
	s.route(get, "/{$}", open, s.page)
	s.route(get, "/page/{file}", open, s.pageFile)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.(*entry).fail(notFound("there is nothing at %q: /openapi.json tells what there is", suggest.Shorten(r.URL.Path)))
	})
}

// route adds an endpoint, and returns its handler.
func (s *Server) route(method, pattern string, who access, do endpoint) http.HandlerFunc {
	allowed := method
	if method == http.MethodGet {
		allowed = "GET, HEAD"
	}
	s.routed = append(s.routed, method+" "+pattern)
	checks := s.checks()
	handler := func(w http.ResponseWriter, r *http.Request) {
		e := w.(*entry)
		e.route = pattern
		if r.Method != method && !(r.Method == http.MethodHead && method == http.MethodGet) {
			e.fail(&problem{
				status: http.StatusMethodNotAllowed, allow: allowed,
				text: fmt.Sprintf("%s does not take %s, want %s", suggest.Shorten(r.URL.Path), suggest.Shorten(r.Method), allowed),
			})
			return
		}
		if who == protected {
			for _, check := range checks {
				if err := check(r); err != nil {
					e.fail(err)
					return
				}
			}
		}
		if err := do(e, r); err != nil {
			e.fail(err)
		}
	}
	s.mux.HandleFunc(pattern, handler)
	return handler
}

// checks are what a request for a protected route must pass, in order. The rate comes before the
// token, so that guessing tokens is slow.
func (s *Server) checks() []func(*http.Request) error {
	return []func(*http.Request) error{s.hosts.check, s.hosts.checkOrigin, s.clients.check, s.tokens.check}
}

// ServeHTTP answers a request, whatever it holds.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := s.begin(w, r)
	defer e.end()
	if p := r.URL.Path; !clean(p) {
		e.fail(notFound("the path %q is not clean", suggest.Shorten(p)))
		return
	}
	if err := checkHost(r); err != nil {
		e.fail(err)
		return
	}
	s.mux.ServeHTTP(e, r)
}

// clean tells whether a path means what it says.
func clean(p string) bool {
	return strings.HasPrefix(p, "/") && (p == "/" || p != "//" && path.Clean(p) == strings.TrimSuffix(p, "/"))
}

func (s *Server) live(w http.ResponseWriter, _ *http.Request) error {
	reply(w, http.StatusOK, []byte(`{"live":true}`))
	return nil
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	if s.leaving.Load() {
		return &problem{status: http.StatusServiceUnavailable, text: "the server is being stopped", reason: "leaving", retry: 1}
	}
	reply(w, http.StatusOK, []byte(`{"ready":true}`))
	return nil
}

func (s *Server) showMetrics(w http.ResponseWriter, r *http.Request) error {
	s.metrics.handler().ServeHTTP(w, r)
	return nil
}
