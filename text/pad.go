package text

import "fmt"

// Padding says how sequences are brought to one length. Its zero value is what Keras does: as long
// as the longest, zeros before, and cut before.
type Padding struct {
	Length   int   `json:"length"`    // 0: as long as the longest sequence
	Value    int32 `json:"value"`     // what is filled in
	PadAfter bool  `json:"pad_after"` // fill in after the sequence, not before
	CutAfter bool  `json:"cut_after"` // cut off a sequence's end, not its start
}

// PadSequences brings sequences to one length, as Keras' pad_sequences does.
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
