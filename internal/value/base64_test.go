package value

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
)

// Base64 reads what programs write, of every length around the size of a chunk.
func TestBase64(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 1600 {
		if n > 20 && n < 740 {
			continue
		}
		want := make([]byte, n)
		for i := range want {
			want[i] = byte(random.Uint32())
		}
		text := base64.StdEncoding.EncodeToString(want)
		lines := func(end string) string {
			var b strings.Builder
			for i, c := range text {
				if b.WriteRune(c); i%76 == 75 {
					b.WriteString(end)
				}
			}
			return b.String() + end
		}
		for _, each := range []string{
			text, strings.TrimRight(text, "="),
			base64.URLEncoding.EncodeToString(want), base64.RawURLEncoding.EncodeToString(want),
			lines("\n"), lines("\r\n"), lines("\r"), lines(" "),
			" \t" + text + " \n\n", strings.ReplaceAll(text, "=", " = "),
			"data:image/png;base64," + text, "data:;base64," + text,
			"DATA:image/jpeg;charset=x;BASE64, " + lines("\n"),
		} {
			got, err := Base64([]byte("kept"), []byte(each))
			if err != nil || !bytes.Equal(got, append([]byte("kept"), want...)) {
				t.Fatalf("%d bytes as %.60q: %d bytes, %v", n, each, len(got), err)
			}
		}
	}
}

func TestBadBase64(t *testing.T) {
	long := strings.Repeat("AAAA", 1000)
	for text, want := range map[string]string{
		"A":                     "the last character stands for less than a byte",
		"AAAAA":                 "the last character stands for less than a byte",
		long[:1024] + "A":       "the last character stands for less than a byte",
		"AA=A":                  `got "=A" at byte 2`,
		"AAAA=\n\nA":            `got "=??A" at byte 4`,
		"AA*A":                  `got "*A" at byte 2`,
		"seven.png":             `got ".png" at byte 5`,
		"AAAA\x00":              `got "?" at byte 4`,
		"AA%3D":                 `got "%3D" at byte 2`,
		"\ufeffAAAA":            "at byte 0",
		long + "\"" + long:      "at byte 4000",
		"+A_A":                  "it mixes two alphabets",
		"data:":                 "a data URL without base64",
		"data:,AAAA":            "a data URL without base64",
		"data:base64,AAAA":      "a data URL without base64",
		"data:image/png;base64": "a data URL without base64",
	} {
		got, err := Base64(nil, []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 120 {
			t.Errorf("%.60q: %q, %v, want %q", text, got, err, want)
		}
	}
}

// What encoding/base64 reads is read alike, and nothing takes more memory than it may.
func FuzzBase64(f *testing.F) {
	for _, seed := range []string{
		"", "AAAA", "AA==", "AA=", "A-_=", "+/+/", "A A\nA A=\n", "data:;base64,AAA", "AAA\r\n=",
		strings.Repeat("ABC+", 300),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Base64(make([]byte, 0, base64Size(len(text))), text)
		if cap(got) > max(base64Size(len(text)), 0) {
			t.Errorf("%d characters take %d bytes", len(text), cap(got))
		}
		for _, encoding := range []*base64.Encoding{
			base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
		} {
			want, wanted := encoding.DecodeString(string(text))
			if wanted == nil && (err != nil || !bytes.Equal(got, want)) {
				t.Errorf("%q: %q, %v, want %q", text, got, err, want)
			}
		}
	})
}
