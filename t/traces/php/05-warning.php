<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

function total(array $order): int
{
    return $order["tea"] + $order["cake"];
}

echo total(["tea" => 3]), "\n";
