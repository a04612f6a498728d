// Package lane answers the plain requests of HTTP/1.1 in little more than half the time of net/http, and leaves all
// others to it.
//
// A request is plain if it is whole within some kilobytes, and written as nearly all clients write: a path of
// letters, digits and -._~/, one Host, a Content-Length, no encodings, expectations or upgrades. Of anything else
// (also of what is wrong) nothing is answered here: the connection goes to net/http, together with what was read, and
// stays there. So there is one judge of what is HTTP, and a request that is plain means the same to both: a fuzz test
// compares them.
//
// What net/http does for every request is done here where it is needed: whether a client has left is watched only
// from when a handler waits (the context's Done), deadlines are moved only when they are near, and the memory for a
// request is its connection's.
package lane
