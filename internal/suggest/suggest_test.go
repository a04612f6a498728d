package suggest

import "testing"

func TestUnknown(t *testing.T) {
	for _, c := range []struct {
		got  string
		have []string
		want string
	}{
		{
			"dgit", []string{"digit", "answer"},
			`unknown head "dgit", want one of "digit", "answer"; did you mean "digit"?`,
		},
		{
			"Answer", []string{"digit", "answer"},
			`unknown head "Answer", want one of "digit", "answer"; did you mean "answer"?`,
		},
		{
			"asnwer", []string{"digit", "answer"},
			`unknown head "asnwer", want one of "digit", "answer"; did you mean "answer"?`,
		},
		{"colour", []string{"digit"}, `unknown head "colour", want one of "digit"`},
		{"7", []string{"1", "2"}, `unknown head "7", want one of "1", "2"`},
		{"ox", []string{"on"}, `unknown head "ox", want one of "on"; did you mean "on"?`},
		{"x", nil, `unknown head "x": there are none`},
	} {
		if got := Unknown("head", c.got, c.have).Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
