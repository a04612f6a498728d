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

// maxHeader is the most bytes of a request's header.
const maxHeader = 16 << 10

// Run serves on a listener, which it closes, until the context ends. Then ready is withdrawn; after DrainWait no
// connection is accepted any more; what was accepted is answered, within DrainTimeout from then.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: s.config.HeaderTime,
		ReadTimeout:       s.config.ReadTime,
		WriteTimeout:      s.config.WriteTime,
		IdleTimeout:       s.config.IdleTime,
		MaxHeaderBytes:    maxHeader,
		ConnState:         note,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // of what clients do to connections
		HTTP2: &http.HTTP2Config{ // what it holds for each connection is not in the budget
			MaxConcurrentStreams: 64, MaxReceiveBufferPerConnection: 64 << 10, MaxReceiveBufferPerStream: 64 << 10,
		},
		DisableGeneralOptionsHandler: true, // it is no JSON
	}
	if s.config.Cert != "" {
		pair := &certificate{cert: s.config.Cert, key: s.config.Key, log: s.log}
		if err := pair.load(); err != nil {
			l.Close()
			return err
		}
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get, NextProtos: []string{"h2", "http/1.1"}}
	}
	own := newListener(l, s.config.Connections)
	stop := make(chan struct{})
	defer close(stop)
	if s.config.Watch > 0 {
		go s.watch(stop)
	}
	ended := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			ended <- server.ServeTLS(own, "", "")
			return
		}
		ended <- server.Serve(own)
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	return s.drain(server, own, ended)
}

// drain ends a server that goes on answering what it accepted. http.Server's own Shutdown drops requests that it
// reads from then on, so that it is called last, when no connection is busy.
func (s *Server) drain(server *http.Server, l *listener, ended <-chan error) error {
	s.leaving.Store(true)
	s.log.Info("stopping", "wait", s.config.DrainWait, "timeout", s.config.DrainTimeout)
	began := time.Now()
	time.Sleep(s.config.DrainWait)
	l.Close()
	<-ended // all late connections are served too
	ctx, cancel := context.WithTimeout(context.Background(), s.config.DrainTimeout)
	defer cancel()
	for l.busy.Load() > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	err := server.Shutdown(ctx)
	if err != nil {
		server.Close()
		err = fmt.Errorf("serve: requests were still open %v after the last connection was accepted: %w", s.config.DrainTimeout, err)
	}
	s.log.Info("stopped", "took", time.Since(began))
	return err
}
