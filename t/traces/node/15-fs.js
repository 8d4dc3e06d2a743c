// A system error with properties of its own.
const fs = require('node:fs');

function read(name) {
    return fs.readFileSync(`/srv/app/${name}`, 'utf8');
}

read('cart.json');
