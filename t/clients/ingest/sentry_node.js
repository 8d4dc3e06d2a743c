#!/usr/bin/env node
// Licensed under the Apache License, Version 2.0; see the file LICENSE.
//
// Reports with Sentry's own library: sentry_node.js DSN
// An exception with a cause, a message and a transaction with a span in it, with breadcrumbs, a
// user and tags. The tag request_id is REQUEST_ID of the environment. The ids of what was sent are
// the last line on stdout, as JSON; exit code 0 when all of it left in time.
'use strict';

const Sentry = require('@sentry/node');

const FLUSH_MS = 5000;
const dsn = process.argv[2];

function readStock(item) {
    throw new TypeError(`no stock of ${item}`);
}

function placeOrder(item) {
    try {
        readStock(item);
    } catch (cause) {
        throw new Error(`order of ${item} failed`, { cause });
    }
}

function captureOrder() {
    try {
        placeOrder('tea');
    } catch (error) {
        return Sentry.captureException(error);
    }
    return undefined;
}

async function main() {
    if (!dsn) {
        throw new Error('sentry_node.js DSN');
    }
    Sentry.init({ dsn, release: 'shop@1.2.3', environment: 'testing', serverName: 'web1.example',
        tracesSampleRate: 1, sendDefaultPii: true });
    Sentry.setUser({ id: '7', username: 'ada', ip_address: '192.0.2.7' });
    Sentry.setTag('request_id', process.env.REQUEST_ID || '01890a5d-ac96-774b-bcce-b302099a8057');
    Sentry.setTag('shop', 'main');
    Sentry.setContext('cart', { items: 3, total: 19.5 });
    Sentry.addBreadcrumb({ category: 'cart', message: 'tea was added', level: 'info' });
    Sentry.addBreadcrumb({ category: 'auth', message: 'login with password=hunter2',
        level: 'warning' });
    const exception = captureOrder();
    const message = Sentry.captureMessage('stock is low', 'warning');
    const transaction = await Sentry.startSpan({ name: 'GET /orders', op: 'http.server',
        attributes: { 'http.response.status_code': 200 } }, async (span) => {
        await Sentry.startSpan({ name: 'SELECT orders', op: 'db' },
            () => new Promise((resolve) => { setTimeout(resolve, 20); }));
        return span.spanContext().traceId;
    });
    const flushed = await Sentry.close(FLUSH_MS);
    console.log(JSON.stringify({ exception, message, trace: transaction, flushed }));
    process.exitCode = flushed ? 0 : 1;
}

main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
});
