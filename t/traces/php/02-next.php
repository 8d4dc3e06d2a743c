<?php namespace Shop;
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

class StorageError extends \RuntimeException
{
}

function connect(): void
{
    throw new \ErrorException("connection refused");
}

function store(): void
{
    try {
        connect();
    } catch (\ErrorException $error) {
        throw new StorageError("order 17 is not stored", 3, $error);
    }
}

try {
    store();
} catch (StorageError $error) {
    throw new \LogicException("", 0, $error);
}
