// An uncaught error: what a CGI script leaves behind.
class Cart {
    constructor(items) {
        this.items = items;
        this.total = this.sum();
    }

    sum() {
        return this.items.reduce((total, item) => total + item.price.amount, 0);
    }
}

function load(id) {
    return new Cart([{ id, price: null }]);
}

load(7);
