use strict;
use warnings;

package Shop::Price {
    use Carp qw(croak);

    sub of {
        my ($item) = @_;

        croak("no price for $item");
    }
}

sub show {
    return Shop::Price::of('cake');
}

show();
