package text

import "fmt"

// Padding configures PadSequences. The zero value does what Keras does: it pads and cuts at the
// start, to the length of the longest sequence.
type Padding struct {
	Length   int   `json:"length"`    // 0: the length of the longest sequence
	Value    int32 `json:"value"`     // the padding
	PadAfter bool  `json:"pad_after"` // pad at the end, not at the start
	CutAfter bool  `json:"cut_after"` // cut the end, not the start
}

// PadSequences pads or cuts sequences to one length, as Keras' pad_sequences does.
func PadSequences(sequences [][]int32, p Padding) ([][]int32, error) {
	length := p.Length
	if length < 0 {
		return nil, fmt.Errorf("text: Padding.Length = %d, want 1 or more, or 0 for the longest", length)
	}
	if length == 0 {
		for _, s := range sequences {
			length = max(length, len(s))
		}
	}
	list := make([][]int32, len(sequences))
	for i, s := range sequences {
		row := make([]int32, length)
		if over := len(s) - length; over > 0 && p.CutAfter {
			s = s[:length]
		} else if over > 0 {
			s = s[over:]
		}
		start := length - len(s)
		if p.PadAfter {
			start = 0
		}
		for j := range row {
			row[j] = p.Value
		}
		copy(row[start:], s)
		list[i] = row
	}
	return list, nil
}
