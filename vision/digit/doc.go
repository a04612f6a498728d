// Package digit finds the digit in a photograph, a scan or a drawing, and converts it to the form
// of MNIST's images, which networks are trained on:
//
//	the digit fits a box of 20 x 20 pixels, with its aspect ratio, its edges in greys;
//	its centre of mass is the middle of 28 x 28 pixels;
//	it is light, up to 255, on a background of 0.
//
// See Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits",
// http://yann.lecun.com/exdb/mnist/. In the published images, the middle is pixel 14 of 0 to 27.
//
// The steps are
//
//	specks, as of dithering, a halftone or grain, are reduced by halving      specks.go
//	the background is fitted and removed; strokes are dark or light           surface.go,
//	                                                                          foreground.go
//	if that leaves no strokes away from the border, a local background is
//	removed: the light may have steps, and the page may be on a desk          digit.go, local.go,
//	                                                                          background.go
//	shadows, desks, frames and ruled lines are dropped by their shape         shape.go
//	noise and dust are dropped                                                noise.go, component.go
//	among several objects on the page, the digit is chosen                    digit.go, choice.go
//	much thinner or thicker strokes than MNIST's get MNIST's width            width.go
//	the digit is scaled and centred                                           scale.go, mnist.go
//
// The digit is the largest component with the shape of strokes, with the components near it. A
// circle or a box around it, a line below it, blots, holes and weaker ink, such as a coffee ring,
// are dropped. If a second object, such as a tick, has the shape of a digit and is at least half as
// large, the error names the positions of both.
//
// If no strokes are left, the error describes what was found instead. Lines that touch the digit
// and are as dark are an error if they run from border to border; shorter ones count as its
// strokes. In an image with much noise, the edge of a deep shadow through the digit may be taken
// for it. Strokes that are thinner than the specks are lost.
//
// The local background is the closing of grey morphology, and strokes are the top-hat: J. Serra,
// "Image Analysis and Mathematical Morphology", 1982.
//
// An image that needs none of these steps is not changed by them: MNIST's images, enlarged and put
// anywhere on a page, give the same pixels, except that a peak of 254 becomes 255.
package digit
