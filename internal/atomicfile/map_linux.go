package atomicfile

import "golang.org/x/sys/unix"

// MAP_POPULATE reads all pages at once, which is faster than a page fault for each.
const mapFlags = unix.MAP_PRIVATE | unix.MAP_POPULATE
