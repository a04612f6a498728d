package arm64

import (
	"strings"
	"testing"
)

// written returns what Write makes of the functions that define writes.
func written(t *testing.T, define func()) (assembly, stubs string, err error) {
	t.Helper()
	functions, tables = nil, nil
	t.Cleanup(func() { functions, tables = nil, nil })
	define()
	a, s, err := Write("go run ./test", "kernel")
	return string(a), string(s), err
}

func TestWrite(t *testing.T) {
	assembly, stubs, err := written(t, func() {
		Function("scaleNEON",
			"func(dst, x *float32, n uint64, factor float32) (last float32)", "scales 4n numbers.")
		dst, x, n := Arg("dst"), Arg("x"), Arg("n")
		factor := ArgVector("factor")
		Label("loop")
		v := NewV()
		LDRQ(v, x.Post(16))
		FMUL(v, v, factor)
		STRQ(v, dst.Post(16))
		SUBS(n, n, 1)
		BNE("loop")
		SetResult("last", v)
		RET()
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `
// func scaleNEON(dst, x *float32, n uint64, factor float32) (last float32)
TEXT ·scaleNEON(SB), NOSPLIT, $0-36
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R2
	MOVWU factor+24(FP), R3
	WORD $0x4e040c60 // dup v0.4s, w3

loop:
	WORD $0x3cc10421 // ldr q1, [x1], #16
	WORD $0x6e20dc21 // fmul v1.4s, v1.4s, v0.4s
	WORD $0x3c810401 // str q1, [x0], #16
	SUBS $1, R2, R2
	BNE loop
	FMOVS F1, last+32(FP)
	RET
`
	if _, body, _ := strings.Cut(assembly, "textflag.h\"\n"); body != want {
		t.Errorf("got%s\nwant%s", body, want)
	}
	const declared = "\n// scaleNEON scales 4n numbers.\n//\n//go:noescape\nfunc scaleNEON("
	if !strings.Contains(stubs, declared) {
		t.Errorf("got declarations\n%s", stubs)
	}
	loops := Loops()
	if len(loops) != 1 || loops[0] != (Loop{"scaleNEON", "loop", 5, 0, 0, 1}) {
		t.Errorf("got loops %v", loops)
	}
}

// TestRegisters checks that registers with values that are needed at the same time differ, around a
// loop and after a branch.
func TestRegisters(t *testing.T) {
	_, _, err := written(t, func() {
		Function("f", "func(x *float32, n uint64)", "is a test.")
		x, n := Arg("x"), Arg("n")
		kept, early := Zero(), Zero()
		CBZ(n, "skipped")
		LDRQ(early, x.At(0))
		Label("skipped")
		Label("loop")
		var list []V
		for i := range 29 {
			list = append(list, NewV())
			LDRQ(list[i], x.At(16*i))
		}
		for _, v := range list {
			FADD(list[0], list[0], v)
		}
		FADD(list[0], list[0], kept) // in the next round too
		STRQ(list[0], x.At(0))
		SUBS(n, n, 1)
		BNE("loop")
		STRQ(early, x.At(16))
		RET()
	})
	if err != nil {
		t.Fatal(err)
	}
	f := functions[0]
	a, err := f.assign()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, number := range a.v {
		if seen[number] {
			t.Errorf("vector register %d is given twice, of %d that are needed at once", number, len(a.v))
		}
		seen[number] = true
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		name, want string
		define     func()
	}{
		{"read first", "f reads vector register 0 before it is written", func() {
			v := NewV()
			FADD(v, v, v)
		}},
		{"written on one way", "f reads general register 1 before it is written", func() {
			n, m := Arg("n"), NewR()
			CBZ(n, "skipped")
			MOVI(m, 1)
			Label("skipped")
			ADD(n, n, m)
		}},
		{"too many", "f needs more than 32 vector registers", func() {
			var list []V
			for range 33 {
				list = append(list, Zero())
			}
			for _, v := range list {
				FADD(v, v, list[0])
			}
		}},
		{"no label", "f has no label gone", func() { B("gone") }},
		{"two labels", "f has label here twice", func() {
			Label("here")
			Label("here")
		}},
	} {
		_, _, err := written(t, func() {
			Function("f", "func(n uint64)", "is a test.")
			c.define()
			RET()
		})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestParameters(t *testing.T) {
	written(t, func() {
		Function("f", "func(c, a *float32, old uint32, n uint64, x, y float32) (sum float32)",
			"is a test.")
		got := ""
		for _, p := range current.parameters {
			got += " " + p.String()
		}
		const want = " c+0(FP) a+8(FP) old+16(FP) n+24(FP) x+32(FP) y+36(FP)"
		if !strings.HasPrefix(got, want) || current.arguments != 44 {
			t.Errorf("got%s, %d bytes, want%s, 44 bytes", got, current.arguments, want)
		}
	})
}
