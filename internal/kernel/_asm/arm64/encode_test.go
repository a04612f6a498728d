package arm64

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// examples returns operands of an instruction: each number that the test has for a field, with
// registers that differ.
func (i *instruction) examples() [][]int {
	letters := operandPattern.FindAllStringSubmatch(i.form, -1)
	var list [][]int
	for k := range 12 {
		var operands []int
		for p, letter := range letters {
			f := fields[letter[1]]
			v := []int{0, 31, 1, 16, 15, 30, 8, 23, 2, 4, 27, 21}[(k+5*p)%12]
			switch {
			case f.values != nil:
				v = f.values[(k+p)%len(f.values)]
			case f.register != "v": // number 31 has other meanings
				v %= 31
			}
			operands = append(operands, v)
		}
		list = append(list, operands)
	}
	return list
}

// TestEncodings compares each line of the table with GNU's assembler.
func TestEncodings(t *testing.T) {
	const assembler = "aarch64-linux-gnu-as"
	if _, err := exec.LookPath(assembler); err != nil {
		if os.Getenv("BRAID_REQUIRE_BINUTILS") != "" {
			t.Fatal(err)
		}
		t.Skipf("skipped: %v; Debian's package binutils-aarch64-linux-gnu has it", err)
	}
	var source bytes.Buffer
	var words []uint32
	var texts []string
	for _, i := range instructions {
		for _, operands := range i.examples() {
			word, text := i.encoded(operands)
			words, texts = append(words, word), append(texts, text)
			source.WriteString(text + "\n")
		}
	}
	object, raw := filepath.Join(t.TempDir(), "o"), filepath.Join(t.TempDir(), "raw")
	run(t, &source, assembler, "-o", object, "-")
	run(t, nil, "aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", object, raw)
	code, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(code) != 4*len(words) {
		t.Fatalf("GNU's assembler wrote %d bytes for %d instructions", len(code), len(words))
	}
	for i, word := range words {
		if want := binary.LittleEndian.Uint32(code[4*i:]); word != want {
			t.Errorf("%s is %#08x, want %#08x", texts[i], word, want)
		}
	}
	t.Logf("compared %d instructions, in %d encodings", len(instructions), len(words))
}

func run(t *testing.T, in *bytes.Buffer, name string, arguments ...string) {
	t.Helper()
	c := exec.Command(name, arguments...)
	if in != nil {
		c.Stdin = in
	}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
