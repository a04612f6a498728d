package serve

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"braid/internal/suggest"
	"braid/modelfile"
	"braid/predictor"
)

// served is a model under its name. The file behind it may change while it answers.
type served struct {
	name, path string
	current    atomic.Pointer[version]
	failed     atomic.Pointer[failure] // nil where the last attempt to load succeeded

	loading sync.Mutex
	seen    os.FileInfo   // of the file that was last looked at
	tried   time.Time     // when it was last loaded
	pause   time.Duration // until it is tried again if that failed
}

// version is one state of a model's file. Requests that began with it end with it.
type version struct {
	*predictor.Model
	name  string
	batch *batcher
	page  about // what the page is told
}

// failure is why a changed file is not served.
type failure struct {
	err  error
	when time.Time // it was told
}

// stat describes a model's file: in a folder, the one that modelfile writes. It returns nil if there
// is none.
func stat(path string) os.FileInfo {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		info, err = os.Stat(filepath.Join(path, modelfile.FileName))
	}
	if err != nil {
		return nil
	}
	return info
}

// unchanged reports whether two descriptions of a path, nil for no file, are of the same content.
func unchanged(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// open loads all models that are to be served.
func (s *Server) open() error {
	s.byName = map[string]*served{}
	for _, source := range s.config.Models {
		m := &served{name: source.Name, path: source.Path, seen: stat(source.Path)}
		var model *predictor.Model
		if err := guarded(func() (err error) { model, err = predictor.Open(source.Path); return err }); err != nil {
			return err
		}
		if m.name == "" {
			m.name = model.Name()
		}
		if !goodName.MatchString(m.name) {
			return fmt.Errorf("serve: a model cannot be named %q in an address: want letters, digits, '.', '_' and '-', as in NAME=%s", m.name, m.path)
		}
		if s.byName[m.name] != nil {
			return fmt.Errorf("serve: two models are named %q: name them apart, as in NAME=%s", m.name, m.path)
		}
		s.use(m, model)
		s.models, s.byName[m.name] = append(s.models, m), m
	}
	return nil
}

// use makes a model the one that answers under a name. What could fail comes before that.
func (s *Server) use(m *served, model *predictor.Model) {
	v := &version{Model: model, name: m.name, batch: newBatcher(model, s.config, s.metrics.of(m.name), &s.batches)}
	v.page = v.describe()
	s.metrics.models.WithLabelValues(m.name, v.Version()).Set(1)
	s.metrics.loads.WithLabelValues(m.name, "loaded").Inc()
	if old := m.current.Swap(v); old != nil {
		s.metrics.models.DeleteLabelValues(m.name, old.Version())
	}
	s.log.Info("model loaded", "model", m.name, "version", v.Version(), "path", m.path)
}

// Reload reads the tokens and all models' files again. A model that cannot be read, or that does not answer its own samples as
// its file says, leaves the one before it in place.
func (s *Server) Reload() error {
	failed := []error{s.tokens.load()}
	if failed[0] != nil {
		s.log.Error("tokens not loaded, those before them go on", "error", failed[0])
	}
	for _, m := range s.models {
		failed = append(failed, s.reload(m, true))
	}
	return errors.Join(failed...)
}

// reload loads a model's file again, unless it is the one that was seen before and that is enough. What failed is tried
// again, ever less often: its cause may pass without a trace at the file. It is told once, until it fails otherwise.
func (s *Server) reload(m *served, always bool) error {
	m.loading.Lock()
	defer m.loading.Unlock()
	before, now := m.failed.Load(), stat(m.path)
	same := unchanged(now, m.seen)
	switch {
	case always || !same:
		m.pause = 0
	case before == nil || time.Since(m.tried) < m.pause:
		return nil
	}
	m.seen = now
	err := guarded(func() error { return s.load(m) })
	if err == nil {
		m.failed.Store(nil)
		return nil
	}
	m.tried, m.pause = time.Now(), min(max(2*m.pause, s.config.Watch), longestPause)
	if always || !same || before == nil || before.err.Error() != err.Error() {
		s.fail(m, err)
	}
	return fmt.Errorf("model %q: %w", m.name, err)
}

// longestPause is the most time between two attempts to load a file that fails and does not change.
const longestPause = time.Minute

// load reads a model's file, and uses it if it is another.
func (s *Server) load(m *served) error {
	model, err := predictor.Open(m.path)
	if err == nil && model.File.Digest != m.current.Load().File.Digest {
		s.use(m, model)
	}
	return err
}

// fail tells that a model's file could not be loaded.
func (s *Server) fail(m *served, err error) {
	m.failed.Store(&failure{err, time.Now()})
	s.metrics.loads.WithLabelValues(m.name, "failed").Inc()
	fields := []any{"model", m.name, "version", m.current.Load().Version(), "path", m.path, "error", err}
	var crash *panicked
	if errors.As(err, &crash) {
		fields = append(fields, "stack", string(crash.stack))
	}
	s.log.Error("model not loaded, the one before it goes on", fields...)
}

// watch looks for changed files until done.
func (s *Server) watch(done <-chan struct{}) {
	ticker := time.NewTicker(s.config.Watch)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			for _, m := range s.models {
				s.reload(m, false) // what fails is in the log
			}
		}
	}
}

// model finds a model by the name in a request; the first one where none is named.
func (s *Server) model(name string) (*version, error) {
	if name == "" {
		return s.models[0].current.Load(), nil
	}
	if m := s.byName[name]; m != nil {
		return m.current.Load(), nil
	}
	var have []string
	for _, m := range s.models {
		have = append(have, m.name)
	}
	return nil, notFound("%v", suggest.Unknown("model", suggest.Shorten(name), have))
}
