<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

class Cart
{
    private array $items = [];

    public function add(string $item, int $count): void
    {
        if ($count < 1) {
            throw new InvalidArgumentException("No $item can be bought $count times");
        }
        $this->items[$item] = $count;
    }

    public static function from(array $wishes): self
    {
        $cart = new self();
        array_walk($wishes, function (int $count, string $item) use ($cart): void {
            $cart->add($item, $count);
        });
        return $cart;
    }
}

function order(): void
{
    Cart::from(["tea" => 2, "cake" => 0]);
}

order();
