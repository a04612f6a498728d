// Package serve answers over HTTP: models behind the Open Inference Protocol (version 2, with its
// binary data extension), a plain route and a page for people, and what operating it takes:
// batching, overload, draining, changing models, tokens, TLS, metrics and logs.
//
// connections.go accepts connections and limits them; net/http reads requests from them and writes
// answers: run.go. Then server.go routes a request. host.go, origin.go, clients.go and tokens.go test
// whether it may be answered, body.go reads its body, oip_*.go or ask.go makes rows of it, and
// batch.go computes them when scheduler.go lets it. linger.go ends connections.
package serve
