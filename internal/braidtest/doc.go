// Package braidtest holds what tests share. Only tests import it.
package braidtest
