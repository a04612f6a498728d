// Package tfjs has no code but a test, which compares Braid with TensorFlow.js: an independent
// implementation of Keras' layers, losses and optimizers. Networks with the same weights must give
// the same outputs, and the same losses and weights as they are trained on the same batch.
//
// TensorFlow.js departs from Keras in places. The test undoes that of Adam, which adds epsilon
// after the second bias correction, and of loss weights, which are missing. It leaves out hard
// sigmoid (the formula of Keras 2), centered RMSprop, Adadelta, the gradients of average pooling
// with padding, of upsampling and of dilated convolutions, and masked bidirectional sequences.
package tfjs
