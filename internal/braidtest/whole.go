package braidtest

import "os"

// Whole reports whether tests run all of their cases, which takes minutes: BRAID_TEST_WHOLE is set,
// as by .ci/run.
func Whole() bool { return os.Getenv("BRAID_TEST_WHOLE") != "" }

// Cases returns whole if tests run all of their cases, and otherwise few.
func Cases[T any](few, whole T) T {
	if Whole() {
		return whole
	}
	return few
}
