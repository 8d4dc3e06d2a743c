package main

func wait(done chan bool) {
	<-done
}

func main() {
	done := make(chan bool)
	go wait(done)
	wait(done)
}
