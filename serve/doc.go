// Package serve serves models over HTTP. It has the Open Inference Protocol (version 2, with its
// binary data extension), a plainer route for single rows, and a page that uses that. It batches
// requests, bounds what they take, loads changed models, stops without losing requests, and has
// tokens, TLS, metrics and logs.
//
// The way of a request:
//
//   - connections.go accepts and limits connections, net/http reads requests and writes answers
//     (run.go), and linger.go closes connections
//   - server.go routes the request; exchange.go logs and counts it
//   - host.go, origin.go, clients.go and tokens.go test whether it is allowed
//   - body.go reads its body, and budget.go limits the memory of all requests
//   - oip*.go or ask.go, with fields.go and form.go, convert it to rows
//   - batch.go computes the answers when scheduler.go allows it
package serve
