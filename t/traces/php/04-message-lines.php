<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

function inner(): void
{
    throw new DomainException("first line\nsecond line");
}

function outer(): void
{
    try {
        inner();
    } catch (DomainException $error) {
        throw new RuntimeException("it failed: " . $error);
    }
}

outer();
