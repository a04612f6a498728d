//go:build race

package digitqa

const raceDetector = true
