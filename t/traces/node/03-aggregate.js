// Promise.any: an AggregateError with its errors, through async frames.
const fs = require('node:fs/promises');

async function first(name) {
    await null;
    throw new Error(`first: no ${name}`);
}

async function second(name) {
    return fs.readFile(`/srv/app/${name}`);
}

async function main() {
    return await Promise.any([first('a.txt'), second('b.txt')]);
}

main();
