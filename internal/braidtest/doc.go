// Package braidtest contains test helpers. Only tests import it.
package braidtest
