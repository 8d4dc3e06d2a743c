package main

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

func ask(signal syscall.Signal) {
	runtime.LockOSThread()
	syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(os.Getpid()), uintptr(syscall.Gettid()),
		uintptr(signal))
	time.Sleep(time.Minute)
}

func main() {
	ask(syscall.SIGQUIT)
}
