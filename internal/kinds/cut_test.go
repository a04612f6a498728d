package kinds_test

import (
	"strings"
	"testing"

	"braid/internal/kinds"
)

func TestCut(t *testing.T) {
	for object, want := range map[string][2]string{
		`{}`:                             {"", `{}`},
		` {"a": 1, "kind" : {"x":[2]} }`: {`{"x":[2]}`, `{"a":1}`},
		`{"Kind":null,"a\"b":"c","d":1}`: {`null`, `{"a\"b":"c","d":1}`},
	} {
		value, rest, err := kinds.Cut([]byte(object), "kind")
		if err != nil || string(value) != want[0] || string(rest) != want[1] {
			t.Errorf("%s gives %q and %q (%v), want %q", object, value, rest, err, want)
		}
	}
	for object, want := range map[string]string{
		``: "got no text, want a JSON object", `[1]`: "want a JSON object",
		`{"kind":1,"KIND":2}`: "given twice", `{"kind":1} {}`: "data follows",
		`{"kind":1`: "the text ends within the JSON value", `{"kind":}`: "invalid character",
	} {
		if _, _, err := kinds.Cut([]byte(object), "kind"); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", object, err, want)
		}
	}
}
