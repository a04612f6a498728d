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

// served is a model in service under a name. Its file may change.
type served struct {
	name, path string
	current    atomic.Pointer[version]
	failed     atomic.Pointer[failure] // nil: the last attempt to load succeeded

	loading sync.Mutex    // guards the fields below
	seen    os.FileInfo   // of the file at the last attempt
	tried   time.Time     // when the last attempt failed
	pause   time.Duration // from then to the next attempt
}

// version is one content of a model's file. A request is answered by the version that it began
// with.
type version struct {
	*predictor.Model
	name  string
	batch *batcher
	page  about // for /models
	rules Rules // nil: none
}

// failure is why a changed file is not served.
type failure struct {
	err  error
	when time.Time
}

// stat describes a file. For a folder, it describes the model file in it. It returns nil if there
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

// loadModels loads all configured models.
func (s *Server) loadModels() error {
	s.byName = map[string]*served{}
	for _, given := range s.config.Models {
		m := &served{name: given.Name, path: given.Path, seen: stat(given.Path)}
		var model *predictor.Model
		err := guarded(func() (err error) {
			model, err = predictor.Open(given.Path)
			return err
		})
		if err != nil {
			return err
		}
		if m.name == "" {
			m.name = addressName(model.Name())
		}
		if !goodName.MatchString(m.name) {
			return fmt.Errorf("serve: a model cannot be named %q in an address: want letters, "+
				"digits, '.', '_' and '-', as in NAME=%s", m.name, m.path)
		}
		if s.byName[m.name] != nil {
			return fmt.Errorf("serve: two models are named %q: give one another name, as in NAME=%s",
				m.name, m.path)
		}
		s.install(m, model)
		s.models, s.byName[m.name] = append(s.models, m), m
	}
	return nil
}

// install makes a model the current version.
func (s *Server) install(m *served, model *predictor.Model) {
	batch := newBatcher(model, s.config, s.metrics.of(m.name), &s.batches)
	v := &version{Model: model, name: m.name, batch: batch}
	if s.config.Rules != nil {
		v.rules = s.config.Rules(model)
	}
	v.page = v.describe()
	s.metrics.models.WithLabelValues(m.name, v.Version()).Set(1)
	s.metrics.loads.WithLabelValues(m.name, "loaded").Inc()
	if old := m.current.Swap(v); old != nil {
		s.metrics.models.DeleteLabelValues(m.name, old.Version())
	}
	s.log.Info("model loaded", "model", m.name, "version", v.Version(), "path", m.path)
}

// Reload loads the tokens and all models again. A model that cannot be loaded, or does not answer
// the samples in its file as the file says, leaves the previous version in service.
func (s *Server) Reload() error {
	failures := []error{s.tokens.load()}
	if failures[0] != nil {
		s.log.Error("tokens not loaded, the previous ones stay in use", "error", failures[0])
	}
	for _, m := range s.models {
		failures = append(failures, s.reload(m, true))
	}
	return errors.Join(failures...)
}

// reload loads a model's file again, always or if it has changed. After a failure it retries with
// increasing pauses, because the cause may pass without a change of the file, and logs a repeated
// error once.
func (s *Server) reload(m *served, always bool) error {
	m.loading.Lock()
	defer m.loading.Unlock()
	before, now := m.failed.Load(), stat(m.path)
	isSame := unchanged(now, m.seen)
	switch {
	case always || !isSame:
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
	if always || !isSame || before == nil || before.err.Error() != err.Error() {
		s.reportFailure(m, err)
	}
	return fmt.Errorf("model %q: %w", m.name, err)
}

// longestPause is the longest pause between two attempts to load a file that does not change.
const longestPause = time.Minute

// load loads a model's file, and installs the model if the content is new.
func (s *Server) load(m *served) error {
	model, err := predictor.Open(m.path)
	if err == nil && model.File.Digest != m.current.Load().File.Digest {
		s.install(m, model)
	}
	return err
}

// reportFailure records, counts and logs that a model's file could not be loaded.
func (s *Server) reportFailure(m *served, err error) {
	m.failed.Store(&failure{err, time.Now()})
	s.metrics.loads.WithLabelValues(m.name, "failed").Inc()
	version := m.current.Load().Version()
	fields := []any{"model", m.name, "version", version, "path", m.path, "error", err}
	var crash *panicked
	if errors.As(err, &crash) {
		fields = append(fields, "stack", string(crash.stack))
	}
	s.log.Error("model not loaded, the previous version stays in use", fields...)
}

// watch reloads changed files until done is closed.
func (s *Server) watch(done <-chan struct{}) {
	ticker := time.NewTicker(s.config.Watch)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			for _, m := range s.models {
				s.reload(m, false) // failures are logged
			}
		}
	}
}

// model returns the current version of the model with a name, or of the first model without one.
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
