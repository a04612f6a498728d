package picture

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
)

// A pack is pixels one after the other, an index, and a footer.
//
//	of each picture in the index: key, offset (8 bytes), length, checksum (4 bytes each)
//	footer: number of pictures (8 bytes), checksum of index and number (4 bytes), magic
//
// Numbers are little-endian.
const (
	packMagic   = "pixels1\n"
	indexBytes  = len(key{}) + 8 + 4 + 4
	footerBytes = 8 + 4 + len(packMagic)
)

// errDamaged is the error of a pack that cannot be read.
var errDamaged = errors.New("the pack is damaged")

// index returns the index and the footer of a pack, in the order of the pixels.
func index(list map[key]entry) []byte {
	keys := make([]key, 0, len(list))
	for k := range list {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(list[a].offset, list[b].offset) })
	order := binary.LittleEndian
	content := make([]byte, 0, len(keys)*indexBytes+footerBytes)
	for _, k := range keys {
		e := list[k]
		content = append(content, k[:]...)
		content = order.AppendUint64(content, uint64(e.offset))
		content = order.AppendUint32(content, e.length)
		content = order.AppendUint32(content, e.sum)
	}
	content = order.AppendUint64(content, uint64(len(keys)))
	content = order.AppendUint32(content, checksum(content))
	return append(content, packMagic...)
}

// readIndex reads the index of a pack. The error is errDamaged if it is not complete.
func readIndex(path string) (map[key]entry, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	end := info.Size() - int64(footerBytes)
	if end < 0 {
		return nil, errDamaged
	}
	footer := make([]byte, footerBytes)
	if _, err := file.ReadAt(footer, end); err != nil && err != io.EOF {
		return nil, err
	}
	order := binary.LittleEndian
	count := order.Uint64(footer)
	if !bytes.HasSuffix(footer, []byte(packMagic)) || count > uint64(end)/uint64(indexBytes) {
		return nil, errDamaged
	}
	pixels := end - int64(count)*int64(indexBytes) // where they end
	content := make([]byte, end-pixels, end-pixels+8)
	if _, err := file.ReadAt(content, pixels); err != nil && err != io.EOF {
		return nil, err
	}
	if checksum(append(content, footer[:8]...)) != order.Uint32(footer[8:]) {
		return nil, errDamaged
	}
	list := make(map[key]entry, count)
	for ; len(content) > 0; content = content[indexBytes:] {
		at := content[len(key{}):]
		list[key(content)] = entry{
			path, int64(order.Uint64(at)), order.Uint32(at[8:]), order.Uint32(at[12:]),
		}
	}
	return list, nil
}
