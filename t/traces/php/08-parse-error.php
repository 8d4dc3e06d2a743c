<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

function calculate(string $formula): int
{
    return eval("return $formula;");
}

echo calculate("3 * 4"), "\n";
echo calculate("3 * * 4"), "\n";
