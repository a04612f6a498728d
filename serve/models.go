package serve

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"braid/infer"
	"braid/internal/names"
	"braid/modelfile"
)

// served is a model under its name. The file behind it may change while it answers.
type served struct {
	name, path string
	current    atomic.Pointer[version]
	failed     atomic.Pointer[failure] // of the last attempt to load; nil where it succeeded

	loading sync.Mutex
	seen    mark // of the file that was last looked at
}

// version is one state of a model's file. Requests that began with it end with it.
type version struct {
	*infer.Model
	name  string
	batch *batcher
	page  about // what the page is told
}

// failure is why a changed file is not served.
type failure struct {
	err  error
	when time.Time
}

// mark tells states of a file apart.
type mark struct {
	info os.FileInfo
}

func (m mark) equal(other mark) bool {
	if m.info == nil || other.info == nil {
		return m.info == other.info
	}
	return os.SameFile(m.info, other.info) && m.info.Size() == other.info.Size() && m.info.ModTime().Equal(other.info.ModTime())
}

// markOf looks at a model's file, through the folder and the links that lead to it.
func markOf(path string) mark {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, modelfile.FileName)
	}
	info, err := os.Stat(path)
	if err != nil {
		return mark{}
	}
	return mark{info}
}

// open loads all models that are to be served.
func (s *Server) open() error {
	s.byName = map[string]*served{}
	for _, source := range s.config.Models {
		m := &served{name: source.Name, path: source.Path, seen: markOf(source.Path)}
		model, err := infer.Open(source.Path)
		if err != nil {
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

// use makes a model the one that answers under a name.
func (s *Server) use(m *served, model *infer.Model) {
	v := &version{Model: model, name: m.name, batch: newBatcher(model, s.config, s.metrics)}
	v.page = v.describe()
	if old := m.current.Swap(v); old != nil {
		s.metrics.models.DeleteLabelValues(m.name, old.Version())
	}
	s.metrics.models.WithLabelValues(m.name, v.Version()).Set(1)
	s.metrics.loads.WithLabelValues(m.name, "loaded").Inc()
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

// reload loads a model's file again, unless it is the one that was seen before and that is enough.
func (s *Server) reload(m *served, always bool) error {
	m.loading.Lock()
	defer m.loading.Unlock()
	now := markOf(m.path)
	if !always && now.equal(m.seen) {
		return nil
	}
	m.seen = now
	model, err := infer.Open(m.path)
	if err != nil {
		m.failed.Store(&failure{err, time.Now()})
		s.metrics.loads.WithLabelValues(m.name, "failed").Inc()
		s.log.Error("model not loaded, the one before it goes on", "model", m.name, "version", m.current.Load().Version(), "path", m.path, "error", err)
		return fmt.Errorf("model %q: %w", m.name, err)
	}
	m.failed.Store(nil)
	if model.File.Digest != m.current.Load().File.Digest {
		s.use(m, model)
	}
	return nil
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
	return nil, notFound("%v", names.Unknown("model", names.Shorten(name), have))
}
