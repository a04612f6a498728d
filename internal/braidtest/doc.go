// Package braidtest has helpers of tests. Only tests import it.
package braidtest
