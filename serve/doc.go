// Package serve answers over HTTP: models behind the Open Inference Protocol (version 2, with its binary data
// extension), a plain route and a page for people, and what operating it takes: batching, overload, draining,
// changing models, tokens, TLS, metrics and logs.
//
// A request goes one way through the files: server.go takes it, guard.go asks whether it may, body.go reads it,
// oip_*.go or ask.go makes rows of it, batch.go has them answered, and it is written where it was read.
package serve
