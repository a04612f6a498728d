package disk

import "golang.org/x/sys/unix"

// All pages are wanted, so they are asked for at once, where a fault for each would cost more.
const mapFlags = unix.MAP_PRIVATE | unix.MAP_POPULATE
