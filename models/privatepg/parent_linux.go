package privatepg

import "syscall"

// dieWithParent makes the kernel signal the child when its parent ends. SIGQUIT is PostgreSQL's immediate shutdown: its
// children end too, and the next start recovers as after a crash.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
