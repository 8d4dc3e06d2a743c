<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

class PaymentRefused extends Exception
{
    public function __toString(): string
    {
        return "The card was refused,\nand the order waits";
    }
}

throw new PaymentRefused();
