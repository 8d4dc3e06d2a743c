<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

$error = null;
for ($i = 1; $i <= 11; $i++) {
    $error = new UnexpectedValueException("level $i", 0, $error);
}
throw $error;
