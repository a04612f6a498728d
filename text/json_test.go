package text

import (
	"encoding/json"
	"testing"
)

// Options and padding are read with both styles of names, and written in one.
func TestJSONNames(t *testing.T) {
	wantOptions := Options{NumWords: 7, Filters: "!", Lower: true, Split: "-", CharLevel: true,
		OOVToken: "?"}
	wantPadding := Padding{Length: 3, Value: 2, PadAfter: true, CutAfter: true}
	for i, c := range []struct{ options, padding string }{
		{
			`{"NumWords":7,"Filters":"!","Lower":true,"Split":"-","CharLevel":true,"OOVToken":"?"}`,
			`{"Length":3,"Value":2,"PadAfter":true,"CutAfter":true}`,
		},
		{
			`{"num_words":7,"filters":"!","lower":true,"split":"-","char_level":true,"oov_token":"?"}`,
			`{"length":3,"value":2,"pad_after":true,"cut_after":true}`,
		},
	} {
		var o Options
		if err := json.Unmarshal([]byte(c.options), &o); err != nil || o != wantOptions {
			t.Errorf("%s: got %+v, error %v", c.options, o, err)
		}
		var p Padding
		if err := json.Unmarshal([]byte(c.padding), &p); err != nil || p != wantPadding {
			t.Errorf("%s: got %+v, error %v", c.padding, p, err)
		}
		for want, value := range map[string]any{c.options: o, c.padding: p} {
			if got, err := json.Marshal(value); err != nil || i == 1 && string(got) != want {
				t.Errorf("%s is written as %s, error %v", want, got, err)
			}
		}
	}
}
