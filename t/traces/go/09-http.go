package main

import (
	"net/http"
	"net/http/httptest"
)

type basket []string

func (b basket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(b) == 0 {
		panic("the basket is empty: " + r.URL.Path)
	}
}

func main() {
	server := httptest.NewServer(basket(nil))
	http.Get(server.URL + "/pay")
	server.Close()
}
