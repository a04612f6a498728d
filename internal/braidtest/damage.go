package braidtest

import (
	"bytes"
	"fmt"
)

// EachDamage calls test with content with one byte changed, for each byte in three ways, and with
// every truncation of content.
func EachDamage(content []byte, test func(what string, damaged []byte)) {
	damaged := bytes.Clone(content)
	for i, was := range content {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			damaged[i] = was ^ flip
			test(fmt.Sprintf("byte %d is %#02x, was %#02x", i, damaged[i], was), damaged)
		}
		damaged[i] = was
		test(fmt.Sprintf("cut short to %d of %d bytes", i, len(content)), content[:i:i])
	}
}
