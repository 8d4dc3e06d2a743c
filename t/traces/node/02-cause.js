// Causes by { cause }, with properties, and one that is no error.
function connect(host) {
    const error = new TypeError(`cannot reach ${host}`, { cause: 'timed out after 30 s' });
    error.code = 'E_HOST';
    throw error;
}

function query(sql) {
    try {
        connect('db1');
    } catch (error) {
        throw new RangeError(`no answer to ${sql}`, { cause: error });
    }
}

function page() {
    try {
        query('SELECT 1');
    } catch (error) {
        const failure = new Error('page failed', { cause: error });
        failure.status = 503;
        throw failure;
    }
}

page();
