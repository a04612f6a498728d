package serve

import (
	"cmp"
	"encoding/binary"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-faster/jx"

	"braid/internal/kernel"
	"braid/predictor"
	"braid/tensor"
)

// This file has Triton's classification extension. An output of classes consists of texts, the most
// probable class first: PROBABILITY:INDEX:LABEL, or PROBABILITY:INDEX if the class has no label. A
// yes/no head, which has one number, has two classes.

// errNoOrder is the error of classes whose numbers are not finite.
var errNoOrder = problemf(http.StatusUnprocessableEntity, "",
	"the answer has a number that is not finite, so its classes have no order: "+
		"ask without classification")

// classes calls visit with the texts of each row's count most probable classes.
func classes(h *predictor.Head, t tensor.Tensor, count int, visit func(class []byte)) error {
	values := t.Float32s()
	if kernel.FirstNonFinite(values) >= 0 {
		return errNoOrder
	}
	order := make([]int, h.Classes())
	var class []byte
	for row := range slices.Chunk(values, h.Shape.Size()) {
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Compare(h.Probability(row, b), h.Probability(row, a))
		})
		for _, i := range order[:count] {
			class = strconv.AppendFloat(class[:0], float64(h.Probability(row, i)), 'g', -1, 32)
			class = strconv.AppendInt(append(class, ':'), int64(i), 10)
			if i < len(h.Labels) {
				class = append(append(class, ':'), h.Labels[i]...)
			}
			visit(class)
		}
	}
	return nil
}

// classSize returns the most bytes of a class in an answer. A byte of its label may take six in
// JSON.
func classSize(h *predictor.Head) int {
	longest := 0
	for _, label := range h.Labels {
		longest = max(longest, len(label))
	}
	return 2*numberSize + 6*longest + len(`"::",`)
}

// appendClasses appends an output of classes to the JSON in text, and its binary data to rest.
func appendClasses(
	text, rest []byte, h *predictor.Head, t tensor.Tensor, out wanted,
) (_, _ []byte, err error) {
	rows := t.Shape()[0]
	text = appendType(text, h.Name, "BYTES", tensor.Shape{rows, out.classes})
	size := rows * out.classes * classSize(h)
	if out.binary {
		rest = slices.Grow(rest, size)
		before := len(rest)
		err = classes(h, t, out.classes, func(class []byte) {
			rest = append(binary.LittleEndian.AppendUint32(rest, uint32(len(class))), class...)
		})
		return appendBinarySize(text, len(rest)-before), rest, err
	}
	w := jx.Writer{Buf: slices.Grow(append(text, `,"data":[`...), size)}
	err = classes(h, t, out.classes, func(class []byte) {
		w.ByteStr(class)
		w.Buf = append(w.Buf, ',')
	})
	return append(w.Buf[:len(w.Buf)-1], `]}`...), rest, err
}
