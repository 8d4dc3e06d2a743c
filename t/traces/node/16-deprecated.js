// A warning with its stack.
process.traceDeprecation = true;
function old() {
    return new Buffer(10);
}
old();
