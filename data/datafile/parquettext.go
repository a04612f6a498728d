package datafile

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"braid/data"
)

// appendValue appends the cell of a value that is not null.
type appendValue func(to []byte, v parquet.Value) ([]byte, error)

// maxScale is the largest number of decimals of a decimal.
const maxScale = 1000

// textOf returns how values of a column become cells. kind is how the library reads them, element
// what the file says.
func textOf(kind parquet.Kind, element *format.SchemaElement) (appendValue, error) {
	mismatch := func() (appendValue, error) {
		return nil, fmt.Errorf("values of type %v, which does not go with the column's logical type",
			kind)
	}
	isInt := kind == parquet.Int32 || kind == parquet.Int64
	isBytes := kind == parquet.ByteArray || kind == parquet.FixedLenByteArray
	switch logical := element.LogicalType.Value.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		if !isBytes {
			return mismatch()
		}
		return appendText, nil
	case *format.DateType:
		if kind != parquet.Int32 {
			return mismatch()
		}
		return appendDate, nil
	case *format.TimeType:
		if !isInt {
			return mismatch()
		}
		return clock(unitOf(logical.Unit)), nil
	case *format.TimestampType:
		if kind != parquet.Int64 {
			return mismatch()
		}
		return timestamp(unitOf(logical.Unit), logical.IsAdjustedToUTC), nil
	case *format.DecimalType:
		return decimal(kind, logical.Scale)
	case *format.IntType:
		if !isInt {
			return mismatch()
		}
		return integer(kind, !logical.IsSigned), nil
	case *format.UUIDType:
		return appendUUID, nil
	case *format.Float16Type:
		return appendHalf, nil
	case *format.NullType:
		return func(to []byte, _ parquet.Value) ([]byte, error) { return to, nil }, nil
	case nil:
		if element.ConvertedType.Valid {
			return converted(kind, element)
		}
		return physical(kind)
	default:
		return nil, fmt.Errorf("values of the logical type %v, want texts, numbers, booleans, dates or "+
			"times", logical)
	}
}

// converted is textOf for files of older writers, which have no logical types.
func converted(kind parquet.Kind, element *format.SchemaElement) (appendValue, error) {
	isInt := kind == parquet.Int32 || kind == parquet.Int64
	switch c := element.ConvertedType.V; {
	case c == deprecated.Decimal:
		return decimal(kind, element.Scale.V)
	case c == deprecated.Date && kind == parquet.Int32:
		return appendDate, nil
	case c == deprecated.TimeMillis && isInt:
		return clock(time.Millisecond), nil
	case c == deprecated.TimeMicros && isInt:
		return clock(time.Microsecond), nil
	case c == deprecated.TimestampMillis && kind == parquet.Int64:
		return timestamp(time.Millisecond, true), nil
	case c == deprecated.TimestampMicros && kind == parquet.Int64:
		return timestamp(time.Microsecond, true), nil
	case c >= deprecated.Uint8 && c <= deprecated.Uint64 && isInt:
		return integer(kind, true), nil
	case c == deprecated.Bson || c == deprecated.Interval:
		return nil, fmt.Errorf("values of the type %v, want texts, numbers, booleans, dates or times", c)
	}
	return physical(kind)
}

// physical is textOf for columns without a logical type.
func physical(kind parquet.Kind) (appendValue, error) {
	switch kind {
	case parquet.Boolean:
		return func(to []byte, v parquet.Value) ([]byte, error) {
			return strconv.AppendBool(to, v.Boolean()), nil
		}, nil
	case parquet.Int32, parquet.Int64:
		return integer(kind, false), nil
	case parquet.Int96:
		return appendInt96, nil
	case parquet.Float:
		return func(to []byte, v parquet.Value) ([]byte, error) {
			return data.AppendFloat(to, float64(v.Float()), 32), nil
		}, nil
	case parquet.Double:
		return func(to []byte, v parquet.Value) ([]byte, error) {
			return data.AppendFloat(to, v.Double(), 64), nil
		}, nil
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return appendText, nil // many writers do not say that bytes are text
	}
	return nil, fmt.Errorf("values of an unknown type %v", kind)
}

func integer(kind parquet.Kind, isUnsigned bool) appendValue {
	return func(to []byte, v parquet.Value) ([]byte, error) {
		switch {
		case kind == parquet.Int32 && isUnsigned:
			return strconv.AppendUint(to, uint64(v.Uint32()), 10), nil
		case kind == parquet.Int32:
			return strconv.AppendInt(to, int64(v.Int32()), 10), nil
		case isUnsigned:
			return strconv.AppendUint(to, v.Uint64(), 10), nil
		}
		return strconv.AppendInt(to, v.Int64(), 10), nil
	}
}

func appendText(to []byte, v parquet.Value) ([]byte, error) {
	text := v.ByteArray()
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return to, errors.New("the bytes are not text in UTF-8 without NUL")
	}
	return append(to, text...), nil
}

func unitOf(unit format.TimeUnit) time.Duration {
	switch unit.Value.(type) {
	case *format.MilliSeconds:
		return time.Millisecond
	case *format.MicroSeconds:
		return time.Microsecond
	}
	return time.Nanosecond
}

func appendDate(to []byte, v parquet.Value) ([]byte, error) {
	return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(to, time.DateOnly), nil
}

// clock is the time of a day.
func clock(unit time.Duration) appendValue {
	return func(to []byte, v parquet.Value) ([]byte, error) {
		n := v.Int64()
		if v.Kind() == parquet.Int32 {
			n = int64(v.Int32())
		}
		if n < 0 || n >= int64(24*time.Hour/unit) {
			return to, fmt.Errorf("%d is not a time of a day", n)
		}
		return time.Unix(0, n*int64(unit)).UTC().AppendFormat(to, "15:04:05.999999999"), nil
	}
}

func timestamp(unit time.Duration, isUTC bool) appendValue {
	layout, perSecond := "2006-01-02T15:04:05.999999999", int64(time.Second/unit)
	if isUTC {
		layout += "Z"
	}
	return func(to []byte, v parquet.Value) ([]byte, error) {
		n := v.Int64()
		seconds, rest := n/perSecond, n%perSecond
		return time.Unix(seconds, rest*int64(unit)).UTC().AppendFormat(to, layout), nil
	}
}

// appendInt96 appends a timestamp of older writers: nanoseconds of a Julian day, without a zone.
func appendInt96(to []byte, v parquet.Value) ([]byte, error) {
	const epoch = 2440588 // the Julian day of 1 January 1970
	i := v.Int96()
	day, nanoseconds := int64(int32(i[2])), int64(i[1])<<32|int64(i[0])
	if nanoseconds < 0 || nanoseconds >= int64(24*time.Hour) {
		return to, fmt.Errorf("%d is not a nanosecond of a day", nanoseconds)
	}
	t := time.Unix((day-epoch)*86400, nanoseconds).UTC()
	return t.AppendFormat(to, "2006-01-02T15:04:05.999999999"), nil
}

func appendUUID(to []byte, v parquet.Value) ([]byte, error) {
	b := v.ByteArray()
	if len(b) != 16 {
		return to, fmt.Errorf("a UUID of %d bytes, want 16", len(b))
	}
	return fmt.Appendf(to, "%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

func appendHalf(to []byte, v parquet.Value) ([]byte, error) {
	b := v.ByteArray()
	if len(b) != 2 {
		return to, fmt.Errorf("a float of %d bytes, want 2", len(b))
	}
	return data.AppendFloat16(to, uint16(b[0])|uint16(b[1])<<8), nil
}

// decimal returns the text of an integer divided by 10 to the power of scale.
func decimal(kind parquet.Kind, scale int32) (appendValue, error) {
	if scale < 0 || scale > maxScale {
		return nil, fmt.Errorf("decimals with scale %d, want 0 to %d", scale, maxScale)
	}
	switch kind {
	case parquet.Int32, parquet.Int64:
		whole := integer(kind, false)
		return func(to []byte, v parquet.Value) ([]byte, error) {
			digits, err := whole(nil, v)
			return appendDecimal(to, string(digits), int(scale)), err
		}, nil
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(to []byte, v parquet.Value) ([]byte, error) {
			b := v.ByteArray()
			if len(b) > maxScale {
				return to, fmt.Errorf("a decimal of %d bytes, want %d at most", len(b), maxScale)
			}
			n := new(big.Int).SetBytes(b)
			if len(b) > 0 && b[0] >= 0x80 { // two's complement
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
			return appendDecimal(to, n.String(), int(scale)), nil
		}, nil
	}
	return nil, fmt.Errorf("decimals of type %v", kind)
}

func appendDecimal(to []byte, digits string, scale int) []byte {
	if digits[0] == '-' {
		to, digits = append(to, '-'), digits[1:]
	}
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - scale
	to = append(to, digits[:point]...)
	if scale == 0 {
		return to
	}
	return append(append(to, '.'), digits[point:]...)
}
