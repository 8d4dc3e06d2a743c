// Errors that are caught and logged, as servers do.
function handler(request) {
    return JSON.parse(request.body);
}

try {
    handler({ body: '{"a":' });
} catch (error) {
    console.error('GET /cart failed:', error);
}
