<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

ini_set("memory_limit", "4M");

function grow(): string
{
    return str_repeat("x", 16777216);
}

grow();
