//go:build unix && !linux

package atomicfile

import "golang.org/x/sys/unix"

const mapFlags = unix.MAP_PRIVATE
