// Package serve answers over HTTP: models behind the Open Inference Protocol (version 2, with its binary data
// extension), a plain route and a page for people, and what operating it takes: batching, overload, draining,
// changing models, tokens, TLS, metrics and logs.
//
// A request goes one way through the files: run.go accepts connections and reads what is plain HTTP by internal/lane,
// all else by net/http; server.go takes the request, guard.go asks whether it may, body.go reads it, oip_*.go or ask.go
// makes rows of it, batch.go has them answered, and it is written where it was read.
//
// While batches are computed that take a millisecond and more, Go has a processor more for each (GOMAXPROCS), so that
// requests are read meanwhile: aside.go.
package serve
