// A message of several lines.
const assert = require('node:assert');

function check(order) {
    assert.deepStrictEqual(order, { id: 7, items: ['a', 'b'] });
}

check({ id: 7, items: ['a', 'c'] });
