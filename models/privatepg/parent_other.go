//go:build !linux

package privatepg

import "syscall"

// dieWithParent does nothing: no such promise is to be had here, and a killed owner leaves its server running. The
// next start then reports the folder as in use.
func dieWithParent(*syscall.SysProcAttr) {}
