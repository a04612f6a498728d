package lane

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// pause is a part of a conversation that stands for a while without bytes.
const pause = "(pause)"

// talk sends parts on one connection and reads an answer for each method. It ends early where the connection does.
func (s *site) talk(t testing.TB, parts, methods []string) (answers []told) {
	t.Helper()
	c := s.dial(t)
	defer c.Close()
	sent := make(chan struct{})
	defer func() { <-sent }()
	go func() {
		defer close(sent)
		for _, part := range parts {
			if part == pause {
				time.Sleep(2 * time.Millisecond)
			} else {
				c.send(t, part)
			}
		}
	}()
	for _, method := range methods {
		more, goOn := c.all(t, method)
		if answers = append(answers, more...); !goOn {
			break
		}
	}
	return answers
}

// inTurn sends each request when the one before it is answered.
func (s *site) inTurn(t testing.TB, requests []string) (answers []told) {
	t.Helper()
	c := s.dial(t)
	defer c.Close()
	for _, request := range requests {
		c.send(t, request)
		more, goOn := c.all(t, methodOf(request))
		if answers = append(answers, more...); !goOn {
			break
		}
	}
	return answers
}

// all reads an answer, with those that go before it, as 100 Continue. One without a status is the connection's end.
func (c *client) all(t testing.TB, method string) (answers []told, goOn bool) {
	t.Helper()
	for {
		got, err := c.next(method)
		if errors.Is(err, io.ErrUnexpectedEOF) { // the end
			return append(answers, told{close: true}), false
		}
		if err != nil {
			t.Errorf("%s: %v after %s", method, err, show(answers))
			return answers, false
		}
		if answers = append(answers, got); got.status < 200 {
			continue
		}
		if got.close {
			c.ended(t)
		}
		return answers, !got.close
	}
}

// pair is the lane and net/http with one handler.
type pair struct{ lane, http *site }

func startPair(t testing.TB) pair {
	return pair{startLane(t, http.HandlerFunc(echo)), startHTTP(t, http.HandlerFunc(echo))}
}

// same wants the same answers of both.
func (p pair) same(t testing.TB, name string, parts, methods []string) {
	t.Helper()
	if got, want := p.lane.talk(t, parts, methods), p.http.talk(t, parts, methods); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %s, want %s", name, show(got), show(want))
	}
}

// sameInTurn does so for requests that wait for one another.
func (p pair) sameInTurn(t testing.TB, name string, requests ...string) {
	t.Helper()
	if got, want := p.lane.inTurn(t, requests), p.http.inTurn(t, requests); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %s, want %s", name, show(got), show(want))
	}
}

func show(answers []told) string {
	var text strings.Builder
	for _, a := range answers {
		fmt.Fprintf(&text, "[%d %q close=%v %d bytes %.300q] ", a.status, a.header, a.close, len(a.body), a.body)
	}
	return text.String()
}

// methodOf is the method that decides how an answer is read.
func methodOf(text string) string {
	method, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return method
}

// Every request of the tables is answered as by net/http alone, and so is the next one on its connection. A handler
// tells what it sees, so that it sees the same.
func TestSameAnswers(t *testing.T) {
	p := startPair(t)
	for name, text := range plainRequests {
		p.sameInTurn(t, name, text, get("/next"))
	}
	if n := p.lane.passed.Load(); n > 0 {
		t.Errorf("%d of them were handed on", n)
	}
	for name, text := range otherRequests {
		p.lane.passed.Store(0)
		p.sameInTurn(t, name, text, get("/next"))
		if n := p.lane.passed.Load(); n != 1 {
			t.Errorf("%s: %d connections were handed on", name, n)
		}
	}
}

// Answers of all kinds are as net/http gives them, and leave the connection as it does.
func TestSameReplies(t *testing.T) {
	p := startPair(t)
	for _, path := range []string{
		"/nothing", "/close", "/large", "/parts", "/lines", "/late",
		"/status/200", "/status/201", "/status/204", "/status/304", "/status/404", "/status/500", "/status/503",
	} {
		for _, fields := range [][]string{nil, {"Connection: close"}, {"Connection: keep-alive"}} {
			p.sameInTurn(t, fmt.Sprint(path, fields), get(path, fields...), post("/next", "hi"))
		}
	}
	if n := p.lane.passed.Load(); n > 0 {
		t.Errorf("%d were handed on", n)
	}
}

// Several requests on a connection are answered in order, one by one or in one write.
func TestSameInOrder(t *testing.T) {
	p := startPair(t)
	a, b, c := get("/a"), post("/b", strings.Repeat("b", 3000), "X: 1"), post("/c", "", "Y: 2")
	big := post("/d", strings.Repeat("d", most-100))
	for _, parts := range [][]string{
		{a, b, c}, {a, pause, b, pause, c}, {a + b + c}, {a + b, c}, {a + b[:100], pause, b[100:] + c}, {a, b + c[:20], pause, c[20:]},
		{big, big, big}, {big + big + big}, {a + big, pause, b}, {b + big + a}, {big[:5000], pause, big[5000:] + a + b},
	} {
		methods := []string{"POST", "POST", "POST"}
		p.same(t, fmt.Sprintf("%.100q", parts), parts, methods)
	}
	if n := p.lane.passed.Load(); n > 0 {
		t.Errorf("%d were handed on", n)
	}
	many := strings.Repeat(a+b+c, 20)
	p.same(t, "many", []string{many}, make([]string, 60))
}

// What is not plain is answered in its turn, and so is what is plain after it: nothing is lost where the connection
// is handed on.
func TestSameInBetween(t *testing.T) {
	p := startPair(t)
	plain := post("/plain", "plain", "X: 1")
	for _, odd := range []string{
		write("HEAD", "/head", "", nil), "GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", get("/query?a=b"), get("/other"),
		write("POST", "/chunked", "2\r\nhi\r\n0\r\n\r\n", []string{"Transfer-Encoding: chunked"}),
		post("/expect", "hi", "Expect: 100-continue"), write("PUT", "/put", "hi", []string{"Content-Length: 2"}),
		post("/long", strings.Repeat("l", 3*most)), get("/", "X: "+strings.Repeat("x", 2*most)),
	} {
		methods := []string{"POST", methodOf(odd), "POST"}
		p.lane.passed.Store(0)
		p.same(t, odd, []string{plain, pause, odd, pause, plain}, methods)
		p.same(t, odd, []string{plain + odd + plain}, methods)
		p.same(t, odd, []string{plain + odd[:5], pause, odd[5:20], pause, odd[20:] + plain}, methods)
		if n := p.lane.passed.Load(); n != 3 {
			t.Errorf("%.100q: %d of 3 were handed on", odd, n)
		}
	}
}

// A request may come in two pieces, whichever. For some of them the rest comes so late that net/http waits for it.
func TestSameInPieces(t *testing.T) {
	p := startPair(t)
	text := post("/pieces", "body", "X: y") + get("/second")
	late := 0
	for at := 1; at < len(text); at++ {
		parts := []string{text[:at], text[at:]}
		switch {
		case at%40 == 7:
			parts = []string{text[:at]}
			for range 40 {
				parts = append(parts, pause)
			}
			parts = append(parts, text[at:])
			late++
		case at%3 == 0:
			parts = []string{text[:at], pause, text[at:]}
		}
		p.same(t, fmt.Sprint("piece ", at), parts, []string{"POST", "GET"})
	}
	if n := p.lane.passed.Load(); n < int32(late) {
		t.Errorf("%d were handed on, want %d", n, late)
	}
}

// Requests that just fit into memory, or just do not, are answered like all others, and so is what follows.
func TestSameSizes(t *testing.T) {
	p := startPair(t)
	for _, size := range []int{firstBuffer, most, 4 * firstBuffer} {
		for n := size - 2; n <= size+2; n++ {
			head := get("/", "X: "+strings.Repeat("h", n-len(get("/", "X: "))))
			for name, text := range map[string]string{"body": sized(n), "head": head} {
				p.lane.passed.Store(0)
				p.sameInTurn(t, fmt.Sprint(name, " of ", n), text, text, get("/after"))
				p.same(t, fmt.Sprint(name, " of ", n, " at once"), []string{get("/before") + text + get("/after")}, []string{"GET", "GET", "GET"})
				if passed := p.lane.passed.Load(); passed != 2 && n > most || passed > 0 && n <= most {
					t.Errorf("%s of %d: %d were handed on", name, n, passed)
				}
			}
		}
	}
}

// sized is a request of so many bytes.
func sized(size int) string {
	for n := size; ; n-- {
		if text := post("/", strings.Repeat("s", n)); len(text) == size {
			return text
		}
	}
}

// An old client may send a blank line after the body of a request: net/http takes it, after POST.
func TestBlankLines(t *testing.T) {
	p := startPair(t)
	p.sameInTurn(t, "at once", post("/a", "hi"), "\r\n"+get("/b"), get("/c"))
	p.same(t, "with the body", []string{post("/a", "hi") + "\r\n" + get("/b")}, []string{"POST", "GET"})
	p.same(t, "with the body, and late", []string{post("/a", "hi") + "\r\n", pause, get("/b")}, []string{"POST", "GET"})
	p.sameInTurn(t, "after GET", get("/a"), "\r\n"+get("/b"))
}

// The answer tells when it was given, in a text that is made anew each second.
func TestDate(t *testing.T) {
	s := startLane(t, http.HandlerFunc(echo))
	c := s.dial(t)
	began := time.Now()
	c.send(t, get("/"))
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil || at.Before(began.Truncate(time.Second)) || at.After(time.Now()) {
		t.Errorf("the date is %q, %v", r.Header["Date"], err)
	}
	for _, later := range []time.Duration{0, time.Second, 10 * time.Millisecond, -time.Hour, 0} {
		now := began.Add(later)
		if got, want := date(now), now.UTC().Format(http.TimeFormat); got != want {
			t.Errorf("%v: %q, want %q", later, got, want)
		}
	}
}
