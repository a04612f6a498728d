package value

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf8"

	"braid/tensor"
)

// A string is read as encoding/json reads it, but not where it is no UTF-8.
func FuzzString(f *testing.F) {
	for _, seed := range []string{
		`"a"`, `""`, `"\u0041\n\/\"\\"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dé\ud83d"`,
		`"\ud83d\u0041"`, `"\ud83d\n"`, "\"\xff\"", "\"\\n\xff\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) || len(bytes.TrimSpace(raw)) < len(raw) {
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

// A flat list of bytes is read as Each reads it, or left to that.
func FuzzFlatBytes(f *testing.F) {
	for list, taken := range map[string]bool{
		"[0,255,31]": true, "[ 1 , 2,3]": true, "[1, 2, 3]": true, "[1,2,3 ]": false,
		"[1,2]": false, "[1,2,3,4]": false, "[256,0,0]": false, "[01,0,0]": false, "[1.0,0,0]": false,
		"[-1,0,0]": false, "[1e2,0,0]": false, "[[1],2,3]": false, "[1,2,3]]": false,
		"[1,2,3] ": false, "[1 2,3]": false, "[,2,3]": false, "[1,2,": false, "[1,2,3": false,
		"": false, "[": false, "[]": false, "7": false, "[1234,0,0]": false, "[1,,3]": false,
		"[99999999999999999999,0,0]": false,
	} {
		if got := flatBytes(make([]uint8, 3), []byte(list)); got != taken {
			f.Errorf("%s: %v, want %v", list, got, taken)
		}
		f.Add([]byte(list))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		var got, want [3]uint8
		if !flatBytes(got[:], bytes.Clone(list)) {
			return
		}
		err := Each(list, tensor.Shape{3}, "numbers", func(at int, token []byte) error {
			want[at], _ = pixel(token)
			return nil
		})
		if err != nil || !slices.Equal(got[:], want[:]) || !json.Valid(list) {
			t.Errorf("%q: %v, want %v, %v", list, got, want, err)
		}
	})
}
