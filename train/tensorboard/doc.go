// Package tensorboard writes event files, which TensorBoard shows: scalars, histograms, images and
// the graph of a model. It needs neither TensorFlow nor a library for protocol buffers.
//
// Log is a callback for training. A Writer writes whatever a program wants to see beside it.
//
// An event file is a sequence of records. A record is the length of its data as 64 bits, a checksum
// of the length, the data, and a checksum of the data, all little-endian. The data is a message
// tensorflow.Event in the encoding of protocol buffers; the numbers of its fields are those of
// event.proto, summary.proto, histogram.proto and graph.proto.
package tensorboard
