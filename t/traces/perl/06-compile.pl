use strict;
use warnings;

my $count = 2;
$total = $count * 3;
my @items = (1, 2;
print "$totl\n";
