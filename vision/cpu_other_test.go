//go:build !linux

package vision_test

import "time"

// cpu returns 0: nothing is said about CPU time here.
func cpu() time.Duration { return 0 }
