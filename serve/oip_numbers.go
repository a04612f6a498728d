package serve

import (
	"encoding/binary"
	"math"
	"strconv"

	"braid/internal/kernel"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
)

// This file has the outputs of heads that predict a number of a column. They are numbers in the
// column's unit, the same as in the reply to /ask: a client that has a model's metadata alone could
// do nothing with standardized ones. They have 64 bits, as a number far from 0 has more digits than
// 32 bits hold.

// unitDecoder returns the decoder of a head that predicts a number of a column.
func unitDecoder(h *predictor.Head) (d target.NumberDecoder, ok bool) {
	d, ok = h.Decoder().(target.NumberDecoder)
	return d, ok
}

// outputType returns the datatype of a head's output, the bytes of a value in binary data, and the
// most bytes of one in JSON.
func outputType(h *predictor.Head) (datatype string, size, text int) {
	if _, ok := unitDecoder(h); ok {
		return "FP64", 8, unitSize
	}
	return "FP32", 4, numberSize
}

// unitSize is the most bytes of a number of 64 bits in JSON, with its comma.
const unitSize = 26

// appendUnits appends an output of numbers in a column's unit to the JSON in text, and its binary
// data to rest, where a number that is not finite stays as it is.
func appendUnits(
	text, rest []byte, h *predictor.Head, d target.NumberDecoder, t tensor.Tensor, asBinary bool,
) (_, _ []byte, err error) {
	text = appendType(text, h.Name, "FP64", t.Shape())
	values := t.Float32s()
	if asBinary {
		for _, v := range values {
			unit := float64(v)
			if !math.IsNaN(unit) && !math.IsInf(unit, 0) {
				unit = d.Value(v)
			}
			rest = binary.LittleEndian.AppendUint64(rest, math.Float64bits(unit))
		}
		return appendBinarySize(text, 8*len(values)), rest, nil
	}
	if kernel.FirstNonFinite(values) >= 0 {
		return text, rest, errNotFinite
	}
	text = append(text, `,"data":[`...)
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, d.Value(v), 'g', -1, 64)
	}
	return append(text, `]}`...), rest, nil
}
