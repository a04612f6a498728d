package serve

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// maxHeader is the most bytes of a request's header, and of one in a form.
const maxHeader = 16 << 10

// Run serves on a listener until the context ends, and closes it. Then ready answers 503, and each
// answer ends its connection. After DrainWait no more connections are accepted, and requests on the
// open ones are answered within DrainTimeout.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: s.config.HeaderTime,
		ReadTimeout:       s.config.ReadTime,
		WriteTimeout:      s.config.WriteTime,
		IdleTimeout:       s.config.IdleTime,
		MaxHeaderBytes:    maxHeader,
		// Clients' network errors are debug messages.
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		HTTP2: &http.HTTP2Config{ // the budget does not count these buffers
			MaxConcurrentStreams:          64,
			MaxReceiveBufferPerConnection: 64 << 10,
			MaxReceiveBufferPerStream:     64 << 10,
		},
		DisableGeneralOptionsHandler: true, // its answer is not JSON
	}
	serve := server.Serve
	if s.pair != nil {
		server.TLSConfig = &tls.Config{
			MinVersion: tls.VersionTLS12, GetCertificate: s.pair.get,
			NextProtos: []string{"h2", "http/1.1"},
		}
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	if s.isOpenLocally(l.Addr().String()) {
		s.hosts.limited.Store(true)
	}
	stop := make(chan struct{})
	defer close(stop)
	if s.config.Watch > 0 {
		go s.watch(stop)
	}
	limited := s.limit(l)
	defer limited.closeIf(func(*conn) bool { return true })
	server.ConnState = limited.follow
	ended := make(chan error, 1)
	go func() { ended <- serve(limited) }()
	select {
	case err := <-ended:
		server.Close()
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.leaving.Store(true)
	s.log.Info("stopping", "wait", s.config.DrainWait, "timeout", s.config.DrainTimeout)
	began := time.Now()
	time.Sleep(s.config.DrainWait)
	limited.Close()
	<-ended
	err := s.drain(server, limited)
	s.log.Info("stopped", "took", time.Since(began))
	return err
}

// drain stops a server that accepts no more connections. Shutdown drops requests that are read
// after its call, so drain calls it when no more are expected.
func (s *Server) drain(server *http.Server, l *connections) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.config.DrainTimeout)
	defer cancel()
	l.awaitQuiet(ctx)
	l.closeIf((*conn).silent) // Shutdown would wait for them for 5 s
	err := server.Shutdown(ctx)
	if err != nil {
		server.Close()
		err = fmt.Errorf("serve: requests were still open %v after the last connection was "+
			"accepted: %w", s.config.DrainTimeout, err)
	}
	return err
}
