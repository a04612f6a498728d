//go:build !race

package digitqa

const raceDetector = false
