<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

function load(string $name): void
{
    require "/nowhere/$name.php";
}

set_include_path(".");
load("settings");
