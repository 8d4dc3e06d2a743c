<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

eval('
function made(int $depth): void
{
    throw new OutOfRangeException("too deep: $depth");
}
');

function each(int $count): Generator
{
    for ($i = 0; $i < $count; $i++) {
        yield $i;
    }
    made($i);
}

foreach (each(2) as $i) {
}
