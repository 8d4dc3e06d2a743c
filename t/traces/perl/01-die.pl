use strict;
use warnings;

sub price {
    my ($item) = @_;
    my %prices = (tea => 250);

    return $prices{$item} // die "no price for $item";
}

sub total {
    my $sum = 0;

    $sum += price($_) for @_;
    return $sum;
}

print total('tea', 'cake'), "\n";
