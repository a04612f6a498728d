package kinds_test

import (
	"strings"
	"testing"

	"braid/internal/kinds"
)

type side uint8

var sides = kinds.Names[side]{Noun: "side", List: []string{"left", "right"}}

func TestNames(t *testing.T) {
	for value, want := range []string{"left", "right", "side(2)"} {
		if got := sides.String(side(value)); got != want {
			t.Errorf("value %d is %s, want %s", value, got, want)
		}
	}
	if text, err := sides.Marshal(1); string(text) != "right" || err != nil {
		t.Errorf("1 is written as %s with error %v, want right", text, err)
	}
	if text, err := sides.Marshal(2); err == nil || err.Error() != "side(2) is no side" {
		t.Errorf("2 is written as %s with error %v", text, err)
	}
	var got side
	if err := sides.Unmarshal(&got, []byte("right")); got != 1 || err != nil {
		t.Errorf("right is read as %d with error %v, want 1", got, err)
	}
	err := sides.Unmarshal(&got, []byte("rigth"))
	if err == nil || !strings.Contains(err.Error(), `unknown side "rigth"`) || got != 1 {
		t.Errorf("rigth: value %d and error %v", got, err)
	}
}
