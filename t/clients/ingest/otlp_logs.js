#!/usr/bin/env node
// Licensed under the Apache License, Version 2.0; see the file LICENSE.
//
// Sends logs with OpenTelemetry's own exporter: otlp_logs.js URL [gzip] [HEADER=VALUE ...]
// One request with five records, of one trace. From the environment: TRACE_ID, SPAN_ID,
// REQUEST_ID. What the exporter says of its request is the last line on stdout, as JSON; exit code
// 0 when it was taken. Its complaints (partial success, retries) go to stderr.
'use strict';

const { DiagConsoleLogger, DiagLogLevel, ROOT_CONTEXT, TraceFlags, diag, trace } =
    require('@opentelemetry/api');
const { OTLPLogExporter } = require('@opentelemetry/exporter-logs-otlp-http');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { BatchLogRecordProcessor, LoggerProvider } = require('@opentelemetry/sdk-logs');

const [url, ...options] = process.argv.slice(2);
const traceId = process.env.TRACE_ID || '5b8efff798038103d269b633813fc60c';
const spanId = process.env.SPAN_ID || 'eee19b7ec3c1b174';
const requestId = process.env.REQUEST_ID || '01890a5d-ac96-774b-bcce-b302099a8057';
const severity = { INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 };

function makeExporter() {
    const headers = Object.fromEntries(options.filter((option) => option.includes('='))
        .map((option) => [option.slice(0, option.indexOf('=')),
            option.slice(option.indexOf('=') + 1)]));
    const exporter = new OTLPLogExporter({
        url, headers, compression: options.includes('gzip') ? 'gzip' : 'none',
        timeoutMillis: 5000,
    });
    return {
        exporter,
        export(records, done) {
            exporter.export(records, (result) => {
                const { code, error } = result;
                console.log(JSON.stringify({ records: records.length, code,
                    error: error && error.message, status: error && error.code }));
                process.exitCode = code === 0 ? 0 : 1;
                done(result);
            });
        },
        shutdown() { return exporter.shutdown(); },
        forceFlush() { return exporter.forceFlush(); },
    };
}

function findCart(id) {
    throw new RangeError(`no cart ${id}`);
}

function thrown() {
    try {
        return findCart(42);
    } catch (error) {
        return error;
    }
}

function emitAll(logger) {
    const context = trace.setSpanContext(ROOT_CONTEXT,
        { traceId, spanId, traceFlags: TraceFlags.SAMPLED });
    const error = thrown();
    const emit = (severityText, record) => logger.emit(
        { context, severityText, severityNumber: severity[severityText], ...record });
    emit('INFO', {
        body: 'the shop is open',
        attributes: { 'cart.items': 3, 'cart.total': 19.5, 'cart.gift': true,
            'cart.codes': ['a', 'b'], 'cart.raw': new Uint8Array([0, 1, 2]),
            'user.password': 'hunter2' },
    });
    emit('WARN', { body: { step: 'pay', left: [1, 2.5, null], card: { kind: 'debit' } } });
    emit('ERROR', {
        body: 'the cart is gone',
        attributes: { 'exception.type': error.name, 'exception.message': error.message,
            'exception.stacktrace': error.stack, 'http.request.method': 'POST',
            'url.path': '/cart/42', 'http.response.status_code': 500,
            'client.address': '192.0.2.7',
            'http.request.header.x-request-id': [requestId] },
    });
    emit('FATAL', { body: 7, attributes: { 'code.function.name': 'pay', 'code.line.number': 12 } });
    logger.emit({ eventName: 'shop.closed' });
}

async function main() {
    if (!url) {
        throw new Error('otlp_logs.js URL [gzip] [HEADER=VALUE ...]');
    }
    diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
    const provider = new LoggerProvider({
        resource: resourceFromAttributes({ 'service.name': 'shop', 'service.version': '1.2.3',
            'deployment.environment.name': 'testing', 'host.name': 'web1.example',
            'service.instance.id': 'i-7', 'telemetry.sdk.language': 'nodejs' }),
        processors: [new BatchLogRecordProcessor({ exporter: makeExporter() })],
    });
    emitAll(provider.getLogger('shop.cart', '1.0'));
    await provider.forceFlush();
    await provider.shutdown();
}

main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
});
