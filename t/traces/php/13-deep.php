<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

function descend(int $depth): int
{
    return $depth ? descend($depth - 1) : throw new OverflowException("at the bottom");
}

descend(150);
