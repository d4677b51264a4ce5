//go:build !linux

package privatepg

import "syscall"

// dieWithParent does nothing, because this system has no such signal: a killed owner leaves its server running. The
// next start then reports the folder as in use.
func dieWithParent(*syscall.SysProcAttr) {}
