<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

/* A library as Composer installs it, without a file of its own. */
class Library
{
    private int $at = 0;
    private string $code = '<?php
namespace Acme;

class Client
{
    public function get(callable $parse): mixed
    {
        return $parse("{");
    }
}
';

    public function stream_open(): bool
    {
        return true;
    }

    public function stream_read(int $count): string
    {
        $part = substr($this->code, $this->at, $count);
        $this->at += strlen($part);
        return $part;
    }

    public function stream_eof(): bool
    {
        return $this->at >= strlen($this->code);
    }

    public function stream_stat(): array
    {
        return [];
    }

    public function stream_set_option(): bool
    {
        return false;
    }
}

stream_wrapper_register("code", "Library");
require "code://vendor/acme/client.php";

(new Acme\Client())->get(fn (string $text) => json_decode($text, false, 8, JSON_THROW_ON_ERROR));
