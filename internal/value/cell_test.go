package value

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"braid/data"
)

// A value stands for the cell that data.JSONLines reads.
func TestCell(t *testing.T) {
	for _, raw := range []string{
		`"a"`, `""`, `"a\n\"\u00e9"`, `1.50`, `-0`, `1e400`, `true`, `false`, `null`,
		`[]`, `["a"]`, `[1, 2.0]`, `[ "a" , true,3 ]`, `[""]`, `["",""]`, `["a;b"]`, `[null]`, `[[1]]`,
		`[{}]`, `{"a": 1}`, `[1, "\""]`,
	} {
		got, err := Cell([]byte(raw))
		s, e := data.NewJSONLines(strings.NewReader(`{"x": `+raw+`}`), "x", []string{"x"})
		var r data.Record
		if e == nil {
			e = s.Read(&r)
		}
		if (err == nil) != (e == nil) || err == nil && got != r.Cells[0] {
			t.Errorf("%s: got %q, %v, want %q, %v", raw, got, err, r.Cells, e)
		}
	}
	for raw, want := range map[string]string{
		`{"a": 1}`: `got {"a": 1}, want a text, a number, true, false, or a list of those`,
		`[1, [2]]`: "got a list with [2], want texts, numbers, true and false",
		`["a;b"]`:  `got a list with the value "a;b", want values without ;`,
	} {
		if _, err := Cell([]byte(raw)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got error %v, want %s", raw, err, want)
		}
	}
}

// The base64 of a picture, and what begins so, is no path.
func TestIsPath(t *testing.T) {
	magics := []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0", "GIF89a", "BM", "RIFF0000WEBPVP8 ",
		"II*\x00", "MM\x00*"}
	for _, magic := range magics {
		content := []byte(magic + strings.Repeat("\x07", 200))
		for _, text := range []string{
			base64.StdEncoding.EncodeToString(content), base64.RawURLEncoding.EncodeToString(content),
			" " + base64.StdEncoding.EncodeToString(content),
			base64.StdEncoding.EncodeToString(content)[:3] + " \r\n" + // 21 of the first 24 characters
				base64.StdEncoding.EncodeToString(content)[3:],
			"DATA:;base64," + base64.StdEncoding.EncodeToString(content),
		} {
			if isPath([]byte(text)) {
				t.Errorf("%q: %.40s is a path", magic, text)
			}
		}
	}
	for text, want := range map[string]bool{
		"a.png": true, "cats/17": true, "/tmp/a.jpg": true, "train.idx#17": true, "QkFpicture.bmp": true,
		"data/a.png": true, "": false, " ": false, "data:image/png,abc": false,
		strings.Repeat("x", mostPath+1): false, "iVBORw0KGgoAAAANSUhEUgAA?": false,
	} {
		if got := isPath([]byte(text)); got != want {
			t.Errorf("%.40s: %v, want %v", text, got, want)
		}
	}
}

// The names of members may come twice, but not those of Object.
func TestMembers(t *testing.T) {
	var got []string
	err := Members([]byte(`{"a": 1, "b": [2], "a": "c"}`), func(name, value []byte) error {
		got = append(got, fmt.Sprintf("%s=%s", name, value))
		return nil
	})
	if want := `a=1 b=[2] a="c"`; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%q, %v, want %s", got, err, want)
	}
}
