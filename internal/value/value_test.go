package value

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// A string is read as encoding/json reads it, but not where it is no UTF-8.
func FuzzString(f *testing.F) {
	for _, seed := range []string{`"a"`, `""`, `"\u0041\n\/\"\\"`, `"\ud83d\ude00"`, `"\ud83d"`, "\"\x01\"", "\"\xff\"", `"a`, `"a\"`, `"\`, `"`, ``, `"\x"`, `"\u12"`, "\"\\n\x02\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := scanner{raw, 0}
		if len(raw) > 0 && (raw[0] != '"' || len(s.value()) != len(raw)) {
			return // Object gives no such value
		}
		var r Reader
		got, err := r.String(raw)
		var want string
		wanted := json.Unmarshal(raw, &want) == nil && utf8.Valid(raw)
		if (err == nil) != wanted || wanted && string(got) != want {
			t.Errorf("%q: %q, %v, want %q, %v", raw, got, err, want, wanted)
		}
	})
}
