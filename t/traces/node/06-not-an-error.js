// What is thrown need not be an error.
function stop(reason) {
    throw reason;
}

stop('out of stock');
