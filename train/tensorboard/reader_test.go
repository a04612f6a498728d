package tensorboard_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// schema has the fields of TensorBoard's event.proto, summary.proto, histogram.proto, graph.proto,
// node_def.proto, attr_value.proto and tensor_shape.proto that these tests read: message, field,
// number and type. A * marks a list.
const schema = `
Event wall_time 1 double
Event step 2 int64
Event file_version 3 string
Event graph_def 4 GraphDef
Event summary 5 Summary
Event session_log 7 SessionLog
Event source_metadata 10 SourceMetadata
SourceMetadata writer 1 string
SessionLog status 1 int32
Summary value 1 *Value
Value tag 1 string
Value simple_value 2 float
Value image 4 Image
Value histo 5 HistogramProto
Image height 1 int32
Image width 2 int32
Image colorspace 3 int32
Image encoded_image_string 4 bytes
HistogramProto min 1 double
HistogramProto max 2 double
HistogramProto num 3 double
HistogramProto sum 4 double
HistogramProto sum_squares 5 double
HistogramProto bucket_limit 6 *double
HistogramProto bucket 7 *double
GraphDef node 1 *NodeDef
GraphDef versions 4 VersionDef
VersionDef producer 1 int32
NodeDef name 1 string
NodeDef op 2 string
NodeDef input 3 *string
NodeDef attr 5 *AttrEntry
AttrEntry key 1 string
AttrEntry value 2 AttrValue
AttrValue list 1 ListValue
AttrValue s 2 bytes
ListValue shape 7 *TensorShapeProto
TensorShapeProto dim 2 *Dim
Dim size 1 int64
`

// eventType is the message Event of the schema, for Google's decoder.
var eventType = func() protoreflect.MessageDescriptor {
	file := &descriptorpb.FileDescriptorProto{
		Name: proto.String("event.proto"), Package: proto.String("t"), Syntax: proto.String("proto2"),
	}
	types := map[string]descriptorpb.FieldDescriptorProto_Type{
		"double": descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
		"float":  descriptorpb.FieldDescriptorProto_TYPE_FLOAT,
		"int64":  descriptorpb.FieldDescriptorProto_TYPE_INT64,
		"int32":  descriptorpb.FieldDescriptorProto_TYPE_INT32,
		"string": descriptorpb.FieldDescriptorProto_TYPE_STRING,
		"bytes":  descriptorpb.FieldDescriptorProto_TYPE_BYTES,
	}
	for _, line := range strings.Split(strings.TrimSpace(schema), "\n") {
		var message, name, kind string
		var number int32
		if _, err := fmt.Sscan(line, &message, &name, &number, &kind); err != nil {
			panic(err)
		}
		at := slices.IndexFunc(file.MessageType, func(m *descriptorpb.DescriptorProto) bool {
			return m.GetName() == message
		})
		if at < 0 {
			at = len(file.MessageType)
			m := &descriptorpb.DescriptorProto{Name: proto.String(message)}
			file.MessageType = append(file.MessageType, m)
		}
		f := &descriptorpb.FieldDescriptorProto{
			Name: proto.String(name), Number: proto.Int32(number),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
		kind, list := strings.CutPrefix(kind, "*")
		if list {
			f.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		}
		if t, ok := types[kind]; ok {
			f.Type = t.Enum()
		} else {
			f.Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
			f.TypeName = proto.String(".t." + kind)
		}
		file.MessageType[at].Field = append(file.MessageType[at].Field, f)
	}
	d, err := protodesc.NewFile(file, nil)
	if err != nil {
		panic(err)
	}
	return d.Messages().ByName("Event")
}()

// node is a decoded message. Its methods return a field.
type node struct{ protoreflect.Message }

func (n node) field(name string) protoreflect.FieldDescriptor {
	return n.Descriptor().Fields().ByName(protoreflect.Name(name))
}

func (n node) has(name string) bool               { return n.Has(n.field(name)) }
func (n node) get(name string) protoreflect.Value { return n.Get(n.field(name)) }
func (n node) in(name string) node                { return node{n.get(name).Message()} }
func (n node) list(name string) (list []node) {
	for i := range n.get(name).List().Len() {
		list = append(list, node{n.get(name).List().Get(i).Message()})
	}
	return list
}

func (n node) doubles(name string) (list []float64) {
	for i := range n.get(name).List().Len() {
		list = append(list, n.get(name).List().Get(i).Float())
	}
	return list
}

// maskedCRC computes the checksum bit by bit.
func maskedCRC(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			crc = crc>>1 ^ 0x82f63b78*(crc&1)
		}
	}
	crc = ^crc
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// readFile returns the events of a file.
func readFile(t *testing.T, path string) (events []node) {
	t.Helper()
	rest, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for len(rest) > 0 {
		n := binary.LittleEndian.Uint64(rest)
		if got := binary.LittleEndian.Uint32(rest[8:]); got != maskedCRC(rest[:8]) {
			t.Fatalf("checksum of a length is %08x, want %08x", got, maskedCRC(rest[:8]))
		}
		data := rest[12:][:n]
		if got := binary.LittleEndian.Uint32(rest[12+n:]); got != maskedCRC(data) {
			t.Fatalf("checksum of data is %08x, want %08x", got, maskedCRC(data))
		}
		m := dynamicpb.NewMessage(eventType)
		if err := proto.Unmarshal(data, m); err != nil {
			t.Fatal(err)
		}
		checkKnown(t, m)
		events = append(events, node{m})
		rest = rest[12+n+4:]
	}
	return events
}

// checkKnown checks that a message has no field that the schema lacks, which a decoder skips.
func checkKnown(t *testing.T, m protoreflect.Message) {
	t.Helper()
	if len(m.GetUnknown()) > 0 {
		t.Fatalf("%s has unknown fields: %x", m.Descriptor().Name(), m.GetUnknown())
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Kind() != protoreflect.MessageKind:
		case f.IsList():
			for i := range v.List().Len() {
				checkKnown(t, v.List().Get(i).Message())
			}
		default:
			checkKnown(t, v.Message())
		}
		return true
	})
}

// readFolder returns the events of a run's files, in the order of their names, without the points
// that TensorBoard forgets at a restart: those of its step and later ones.
func readFolder(t *testing.T, folder string) (events []node) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "events.out.tfevents.*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in %s (%v)", len(files), folder, err)
	}
	slices.Sort(files)
	for _, path := range files {
		list := readFile(t, path)
		if got := list[0].get("file_version").String(); got != "brain.Event:2" {
			t.Errorf("%s: version %q", path, got)
		}
		for _, e := range list {
			if e.has("session_log") && e.in("session_log").get("status").Int() == 1 {
				events = slices.DeleteFunc(events, func(old node) bool {
					return old.has("summary") && old.get("step").Int() >= e.get("step").Int()
				})
			}
			events = append(events, e)
		}
	}
	return events
}
