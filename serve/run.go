package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"braid/internal/lane"
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
	if s.pair != nil {
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.pair.get, NextProtos: []string{"h2", "http/1.1"}}
	}
	if s.anyoneHere(l.Addr().String()) {
		s.hosts.matter.Store(true)
	}
	own := newListener(l, s.config.Connections)
	s.accepts.Store(own)
	stop := make(chan struct{})
	defer close(stop)
	if s.config.Watch > 0 {
		go s.watch(stop)
	}
	handed := lane.NewHanded(l.Addr())
	plain := &lane.Lane{
		Handler: s, Takes: inLane, State: note, Most: uncounted,
		HeaderTime: s.config.HeaderTime, WriteTime: s.config.WriteTime, IdleTime: s.config.IdleTime,
		Other: func(c net.Conn, read []byte) {
			c.(*conn).ahead = read
			if !handed.Take(c) {
				note(c, http.StateClosed)
				c.Close()
			}
		},
	}
	ended := make(chan error, 1)
	if server.TLSConfig != nil {
		go func() { ended <- server.ServeTLS(own, "", "") }()
	} else {
		go server.Serve(handed)
		go func() { ended <- s.accept(own, plain) }()
	}
	select {
	case err := <-ended:
		over, cancel := context.WithCancel(context.Background())
		cancel()
		plain.Shutdown(over)
		server.Close()
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	return s.drain(server, plain, own, ended)
}

// inLane tells which requests need nothing of net/http: those of the protocol.
func inLane(path string) bool { return path == "/v2" || strings.HasPrefix(path, "/v2/") }

// accept serves the connections of a listener until it is closed. Else what fails is tried again: there may be too
// many files open, for a while.
func (s *Server) accept(l net.Listener, plain *lane.Lane) error {
	const first, most = 5 * time.Millisecond, time.Second
	wait := first
	for {
		c, err := l.Accept()
		if err == nil {
			note(c, http.StateNew)
			go plain.Serve(c)
			wait = first
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		s.log.Warn("no connection accepted", "error", err, "again", wait)
		time.Sleep(wait)
		wait = min(2*wait, most)
	}
}

// drain ends a server that goes on answering what it accepted. http.Server's own Shutdown drops requests that it
// reads from then on, so that it is called last, when no connection is busy.
func (s *Server) drain(server *http.Server, plain *lane.Lane, l *listener, ended <-chan error) error {
	s.leaving.Store(true)
	s.log.Info("stopping", "wait", s.config.DrainWait, "timeout", s.config.DrainTimeout)
	began := time.Now()
	time.Sleep(s.config.DrainWait)
	l.Close()
	<-ended // all late connections are served too
	ctx, cancel := context.WithTimeout(context.Background(), s.config.DrainTimeout)
	defer cancel()
	err := plain.Shutdown(ctx)
	l.calm(ctx) // what is net/http's
	if err = errors.Join(err, server.Shutdown(ctx)); err != nil {
		server.Close()
		err = fmt.Errorf("serve: requests were still open %v after the last connection was accepted: %w", s.config.DrainTimeout, err)
	}
	s.log.Info("stopped", "took", time.Since(began))
	return err
}
