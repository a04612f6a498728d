// Package digit finds the digit in a photograph, a scan or a drawing, and brings it to the form of
// MNIST, which networks that were trained on MNIST know:
//
//	the digit, its aspect ratio kept, fits a box of 20 x 20 pixels, its edges in greys;
//	its centre of mass is the middle of 28 x 28 pixels;
//	it is light, up to 255, on a background of 0.
//
// See Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits",
// http://yann.lecun.com/exdb/mnist/. In the published images, the middle is pixel 14 of 0 to 27.
//
// NIST's digits are black on white, and what people send is not. On the way to that
//
//	a page in specks, of a dither, a halftone, pepper or grain, is halved
//	until they are faint                                                    specks.go
//	light that falls off is taken off, and dark told from light strokes     surface.go, stroke.go
//	where that leaves no strokes with room around them, the page is found
//	part by part: the light may have steps, and the page lie on a desk      digit.go, local.go, background.go
//	shadows, desks, frames and ruled lines are dropped by their shape       shape.go
//	noise and dust are dropped                                              noise.go, part.go
//	of several things on the page, the digit is chosen                      digit.go, thing.go
//	strokes that are much thinner or thicker than MNIST's are drawn anew    width.go
//	what is left is scaled and centred                                      scale.go, mnist.go
//
// The digit is the largest thing that has the shape of strokes, and what is near to it. A circle or
// box around it, a line below it, blots, holes and weaker ink, as of a coffee ring, are dropped. A
// second thing of a digit's shape that is half as large or more, a tick too, makes an error that
// says where both are.
//
// What is left must be strokes: else an error says what was seen, and nothing is guessed. Lines
// as dark as the digit that touch it are an error where they run from border to border, and are
// taken for strokes of it where they do not; the edge of a deep shadow through a digit, in a picture
// with much noise, may be taken for the digit; and strokes thinner than the specks are lost.
//
// The page that is found part by part is the closing of grey morphology, and strokes are what it fills in,
// the top-hat: J. Serra, "Image Analysis and Mathematical Morphology", 1982.
//
// None of these changes an image that needs none: MNIST's own, enlarged and put anywhere on a page, come
// back as they are, but for a brightest value of 254, which becomes 255.
package digit
