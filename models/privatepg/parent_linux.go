package privatepg

import "syscall"

// dieWithParent has the kernel tell the child to quit when its parent is gone. SIGQUIT is PostgreSQL's immediate
// shutdown: its children end too, and the next start recovers as from a crash.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
