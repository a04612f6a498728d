package arm64

import (
	"strings"
	"testing"
)

// TestConstants checks where a function finds its constants: those to overwrite, eight times each,
// are in front of those of lanes and of kept registers, and none is there twice.
func TestConstants(t *testing.T) {
	assembly, _, err := written(t, func() {
		Function("f", "func(x *float32)", "is a test.")
		x := Arg("x")
		for range 2 {
			sums := append(Copies(0x30, 3), Copies(0x31, 1)...)
			for _, v := range sums {
				FMLA(v, Kept(0x20), Constant(0x10))
				FMLA(v, Kept(0), Constant(0x11))
				STRQ(v, x.Post(16))
			}
		}
		RET()
	})
	if err != nil {
		t.Fatal(err)
	}
	const start = `$0-8
	MOVD $fConstants<>(SB), R0
	WORD $0x3dc01000 // ldr q0, [x0, #64]
	WORD $0x4e040401 // dup v1.4s, v0.s[0]
	WORD $0x4f000402 // movi v2.4s, #0
	MOVD x+0(FP), R1
	WORD $0xad401003 // ldp q3, q4, [x0, #0]
	WORD $0x3dc00005 // ldr q5, [x0, #0]
	WORD $0x3dc00806 // ldr q6, [x0, #32]
`
	if !strings.Contains(assembly, start) {
		t.Errorf("got%s\nwant%s", assembly, start)
	}
	data := strings.Repeat(" 30", 8) + strings.Repeat(" 31", 8) + " 20 10 11 00"
	got := ""
	for _, line := range strings.Split(assembly, "\n") {
		if strings.HasPrefix(line, "DATA fConstants") {
			got += " " + line[len(line)-2:]
		}
	}
	if got != data {
		t.Errorf("got the constants%s, want%s", got, data)
	}
}
