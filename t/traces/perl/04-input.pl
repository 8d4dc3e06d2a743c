use strict;
use warnings;

while (my $line = <DATA>) {
    my ($item, $count) = $line =~ /^(\w+)=(\d+)$/ or die 'no order';
}

__DATA__
tea=2
cake
