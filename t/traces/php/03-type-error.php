<?php declare(strict_types=1);
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");


function price(int $cents): string
{
    return sprintf("%.2f", $cents / 100);
}

function show(array $prices): void
{
    foreach ($prices as $price) {
        echo price($price), "\n";
    }
}

show([1250, "1250"]);
