// A promise rejected with something that is no error.
Promise.reject({ status: 503 });
