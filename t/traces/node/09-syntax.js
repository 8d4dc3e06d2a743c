// A mistake of syntax: no frame of the site's own.
function f() {
    return [1, 2;
}
