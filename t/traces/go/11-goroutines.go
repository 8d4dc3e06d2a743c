package main

import (
	"sync"
	"time"
)

type job struct {
	lock sync.Mutex
	done chan string
}

func (j *job) work(name string) {
	if name == "b" {
		time.Sleep(100 * time.Millisecond)
		close(j.done)
	}
	j.done <- name
}

func start(j *job, names ...string) {
	for _, name := range names {
		go j.work(name)
	}
}

func main() {
	j := &job{done: make(chan string)}
	start(j, "a", "b")
	j.lock.Lock()
	j.lock.Lock()
}
