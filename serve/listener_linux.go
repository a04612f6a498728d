package serve

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// takeLate accepts the connections that have arrived, without waiting, and lets no more arrive.
func takeLate(l net.Listener) []net.Conn {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	var files []*os.File
	if err := raw.Control(func(fd uintptr) { files = acceptAll(int(fd)) }); err != nil {
		return nil
	}
	var list []net.Conn
	for _, file := range files {
		if conn, err := net.FileConn(file); err == nil {
			list = append(list, conn)
		}
		file.Close() // the connection has a descriptor of its own
	}
	return list
}

func acceptAll(fd int) []*os.File {
	var files []*os.File
	for len(files) < backlog {
		conn, _, err := unix.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			files = append(files, os.NewFile(uintptr(conn), "connection"))
		case unix.EINTR, unix.ECONNABORTED, // and what accept(2) passes on of a connection that broke before it was accepted
			unix.ENETDOWN, unix.EPROTO, unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET, unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH:
		default:
			unix.Shutdown(fd, unix.SHUT_RD) // whoever comes from now on is refused
			return files
		}
	}
	return files
}
