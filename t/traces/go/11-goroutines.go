package main

import "sync"

type job struct {
	lock sync.Mutex
	done chan string
}

func (j *job) finish(name string) {
	if name == "b" {
		close(j.done)
	}
	close(j.done)
}

func start(j *job, names ...string) {
	for _, name := range names {
		go j.finish(name)
	}
}

func main() {
	j := &job{done: make(chan string)}
	start(j, "b")
	j.lock.Lock()
	j.lock.Lock()
}
